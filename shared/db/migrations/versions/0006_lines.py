"""lines before providers."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_index(
        "ix_jobs_in_line",
        "jobs",
        ["provider", "rank"],
        unique=False,
        postgresql_where=sa.text("status = 'queued' AND waiting_for = 'provider_capacity'"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_jobs_in_line", table_name="jobs")
