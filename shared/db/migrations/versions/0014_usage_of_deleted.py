"""usage of deleted jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    text = sa.Text(collation="C")
    op.create_table(
        "usage_of_deleted",
        sa.Column("account_id", text, nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model", text, nullable=False),
        sa.Column("key_id", text, nullable=False),
        sa.Column("jobs", sa.BigInteger(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_usage_of_deleted_account_id")
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "hour", "model", "key_id", name=op.f("pk_usage_of_deleted")
        ),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("usage_of_deleted")
