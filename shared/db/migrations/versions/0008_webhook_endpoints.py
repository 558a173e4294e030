"""webhook endpoints."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_DUE = sa.text("due_at IS NOT NULL")
_OF_ENDPOINT = sa.text("endpoint_id IS NOT NULL")


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("account_id", sa.Text(collation="C"), nullable=False),
        sa.Column("url", sa.Text(collation="C"), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text(collation="C")), nullable=False),
        sa.Column("description", sa.Text(collation="C"), server_default="", nullable=False),
        sa.Column("contract", sa.Text(collation="C"), server_default="v1", nullable=False),
        sa.Column("secret", sa.Text(collation="C"), nullable=False),
        sa.Column("old_secret", sa.Text(collation="C"), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("disabled_reason", sa.Text(collation="C"), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_webhook_endpoints_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_index(
        op.f("ix_webhook_endpoints_account_id_id"), "webhook_endpoints", ["account_id", "id"]
    )
    op.alter_column("webhook_events", "job_id", nullable=True)
    op.add_column(
        "webhook_events",
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    _widen_deliveries()


def _widen_deliveries() -> None:
    for name in ("account_id", "endpoint_id", "destination"):
        op.add_column("webhook_deliveries", sa.Column(name, sa.Text(collation="C"), nullable=True))
    op.add_column(
        "webhook_deliveries",
        sa.Column("contract", sa.Text(collation="C"), server_default="v1", nullable=False),
    )
    op.add_column(
        "webhook_deliveries",
        sa.Column("tries_before", sa.Integer(), server_default="0", nullable=False),
    )
    # The host and its port, as near as makes no difference for what is still owed.
    op.execute(
        "UPDATE webhook_deliveries AS delivery SET account_id = event.account_id,"
        " destination = coalesce(lower(substring(url FROM '^[^:]+://(?:[^/?#]*@)?([^/?#]+)')), url)"
        " FROM webhook_events AS event WHERE event.id = delivery.event_id"
    )
    op.alter_column("webhook_deliveries", "account_id", nullable=False)
    op.alter_column("webhook_deliveries", "destination", nullable=False)
    op.create_foreign_key(
        op.f("fk_webhook_deliveries_account_id"),
        "webhook_deliveries",
        "accounts",
        ["account_id"],
        ["id"],
    )
    op.create_foreign_key(
        op.f("fk_webhook_deliveries_endpoint_id"),
        "webhook_deliveries",
        "webhook_endpoints",
        ["endpoint_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index(
        op.f("ix_webhook_deliveries_account_id_id"), "webhook_deliveries", ["account_id", "id"]
    )
    op.create_index(
        "ix_webhook_deliveries_endpoint",
        "webhook_deliveries",
        ["endpoint_id", "id"],
        postgresql_where=_OF_ENDPOINT,
    )
    op.create_index(
        "ix_webhook_deliveries_destination",
        "webhook_deliveries",
        ["destination", "due_at"],
        postgresql_where=_DUE,
    )


def downgrade() -> None:
    """Take the change back; what was told of more than jobs is lost."""
    op.drop_index("ix_webhook_deliveries_destination", "webhook_deliveries")
    op.drop_index("ix_webhook_deliveries_endpoint", "webhook_deliveries")
    op.drop_index(op.f("ix_webhook_deliveries_account_id_id"), "webhook_deliveries")
    for name in ("tries_before", "contract", "destination", "endpoint_id", "account_id"):
        op.drop_column("webhook_deliveries", name)
    op.execute("DELETE FROM webhook_events WHERE job_id IS NULL")
    op.drop_column("webhook_events", "data")
    op.alter_column("webhook_events", "job_id", nullable=False)
    op.drop_table("webhook_endpoints")
