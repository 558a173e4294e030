"""repetitions."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "answered_requests",
        sa.Column("account_id", sa.Text(collation="C"), nullable=False),
        sa.Column("realm", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("digest", sa.Text(collation="C"), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("location", sa.Text(collation="C"), nullable=True),
        sa.Column("job_id", sa.Text(collation="C"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_answered_requests_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "realm", "name", name=op.f("pk_answered_requests")),
    )
    op.create_index(
        op.f("ix_answered_requests_created_at"), "answered_requests", ["created_at"], unique=False
    )
    op.add_column("jobs", sa.Column("retry_of", sa.Text(collation="C"), nullable=True))
    op.create_foreign_key(
        op.f("fk_jobs_retry_of"), "jobs", "jobs", ["retry_of"], ["id"], ondelete="SET NULL"
    )
    op.create_index(
        "ix_jobs_retry_of",
        "jobs",
        ["retry_of"],
        unique=False,
        postgresql_where=sa.text("retry_of IS NOT NULL"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(
        "ix_jobs_retry_of", table_name="jobs", postgresql_where=sa.text("retry_of IS NOT NULL")
    )
    op.drop_constraint(op.f("fk_jobs_retry_of"), "jobs", type_="foreignkey")
    op.drop_column("jobs", "retry_of")
    op.drop_index(op.f("ix_answered_requests_created_at"), table_name="answered_requests")
    op.drop_table("answered_requests")
