"""retention."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    for column in ("expired_at", "deleted_at"):
        op.add_column("artifacts", sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_artifacts_kept",
        "artifacts",
        ["account_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("expired_at IS NULL AND deleted_at IS NULL"),
    )
    op.create_table(
        "unwanted_objects",
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_unwanted_objects")),
    )
    op.create_index(
        op.f("ix_unwanted_objects_due_at"), "unwanted_objects", ["due_at"], unique=False
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("unwanted_objects")
    op.drop_index("ix_artifacts_kept", table_name="artifacts")
    for column in ("deleted_at", "expired_at"):
        op.drop_column("artifacts", column)
