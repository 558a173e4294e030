"""what providers say that attempts cost."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("attempts", sa.Column("cost", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("attempts", "cost")
