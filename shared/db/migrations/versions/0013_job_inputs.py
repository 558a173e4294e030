"""what jobs start from."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    text = sa.Text(collation="C")
    op.create_table(
        "job_inputs",
        sa.Column("job_id", text, nullable=False),
        sa.Column("path", text, nullable=False),
        sa.Column("url", text, nullable=True),
        sa.Column("upload_id", text, nullable=True),
        sa.Column("artifact_id", text, nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_job_inputs_job_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_job_inputs_upload_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["artifact_id"],
            ["artifacts.id"],
            name=op.f("fk_job_inputs_artifact_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("job_id", "path", name=op.f("pk_job_inputs")),
    )
    for column in ("upload_id", "artifact_id"):
        op.create_index(
            f"ix_job_inputs_{column}",
            "job_inputs",
            [column],
            unique=False,
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("job_inputs")
