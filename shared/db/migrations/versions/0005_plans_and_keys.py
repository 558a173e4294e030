"""plans and keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column(
        "accounts",
        sa.Column("is_operator", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "accounts",
        sa.Column("plan", sa.Text(collation="C"), server_default="internal", nullable=False),
    )
    op.add_column(
        "accounts",
        sa.Column(
            "overrides",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.add_column("accounts", sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("accounts", sa.Column("counted_on", sa.Date(), nullable=True))
    op.add_column(
        "accounts", sa.Column("jobs_today", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "api_keys",
        sa.Column(
            "scopes",
            postgresql.ARRAY(sa.Text(collation="C")),
            # What every key could do until now.
            server_default=sa.text("'{submit,read,webhooks}'"),
            nullable=False,
        ),
    )
    op.add_column(
        "api_keys",
        sa.Column("is_test", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("api_keys", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "api_keys",
        sa.Column(
            "networks",
            postgresql.ARRAY(sa.Text(collation="C")),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.add_column("api_keys", sa.Column("spending_cap", sa.BigInteger(), nullable=True))
    op.add_column("api_keys", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "jobs",
        sa.Column("is_test", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    # Until now there were no plans: other places than the usual number were given by hand.
    op.execute(
        "UPDATE accounts SET overrides = jsonb_build_object('concurrency', concurrency)"
        " WHERE concurrency <> 1000"
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("jobs", "is_test")
    for column in ("last_used_at", "spending_cap", "networks", "expires_at", "is_test", "scopes"):
        op.drop_column("api_keys", column)
    op.drop_column("accounts", "jobs_today")
    op.drop_column("accounts", "counted_on")
    op.drop_column("accounts", "suspended_at")
    op.drop_column("accounts", "overrides")
    op.drop_column("accounts", "plan")
    op.drop_column("accounts", "is_operator")
