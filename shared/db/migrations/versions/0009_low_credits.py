"""low credits."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column(
        "accounts", sa.Column("low_credits", sa.BigInteger(), server_default="1000", nullable=False)
    )
    op.add_column("accounts", sa.Column("low_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("accounts", "low_since")
    op.drop_column("accounts", "low_credits")
