"""roles and durations."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column(
        "artifacts",
        sa.Column("role", sa.Text(collation="C"), server_default="result", nullable=False),
    )
    op.add_column("artifacts", sa.Column("of_id", sa.Text(collation="C"), nullable=True))
    op.add_column("artifacts", sa.Column("duration", sa.Float(), nullable=True))
    op.add_column("artifacts", sa.Column("frame_rate", sa.Float(), nullable=True))
    op.create_foreign_key(
        op.f("fk_artifacts_of_id"),
        "artifacts",
        "artifacts",
        ["of_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index(
        op.f("ix_artifacts_of_id"),
        "artifacts",
        ["of_id"],
        postgresql_where=sa.text("of_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Take the change back."""
    # Only what they belong to is known by then.
    op.execute("DELETE FROM artifacts WHERE role <> 'result'")
    op.drop_index(op.f("ix_artifacts_of_id"), table_name="artifacts")
    op.drop_constraint(op.f("fk_artifacts_of_id"), "artifacts", type_="foreignkey")
    for name in ("frame_rate", "duration", "of_id", "role"):
        op.drop_column("artifacts", name)
