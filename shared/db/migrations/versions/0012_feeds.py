"""feeds."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change; events that there are stay as they are, in no account's feed."""
    op.add_column("job_events", sa.Column("account_id", sa.Text(collation="C"), nullable=True))
    op.create_index(
        "ix_job_events_feed",
        "job_events",
        ["account_id", "id"],
        postgresql_where=sa.text("account_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_job_events_feed", table_name="job_events")
    op.drop_column("job_events", "account_id")
