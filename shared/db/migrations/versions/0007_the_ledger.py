"""the ledger."""

import sqlalchemy as sa
from alembic import op

from shared import clock, ids

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Accounts that there are go on as before; whoever sells credits takes them back.
_OPENING_CREDITS = 1_000_000

_ENTRIES = sa.table(
    "ledger_entries",
    *(sa.column(name) for name in ("id", "account_id", "verb", "balance", "held", "at", "note")),
)


_ACCOUNTS = sa.table("accounts", sa.column("balance"))


def upgrade() -> None:
    """Make the change."""
    text = sa.Text(collation="C")
    op.create_table(
        "ledger_entries",
        sa.Column("id", text, nullable=False),
        sa.Column("account_id", text, nullable=False),
        sa.Column("job_id", text, nullable=True),
        sa.Column("key_id", text, nullable=True),
        sa.Column("verb", text, nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", text, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_ledger_entries_account_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entries"),
    )
    op.create_index("ix_ledger_entries_account_id_id", "ledger_entries", ["account_id", "id"])
    op.create_index(
        "ix_ledger_entries_end",
        "ledger_entries",
        ["job_id"],
        unique=True,
        postgresql_where=sa.text("verb IN ('settle', 'release')"),
    )
    _forbid_changes()
    for column in ("balance", "held"):
        op.add_column(
            "accounts", sa.Column(column, sa.BigInteger(), server_default="0", nullable=False)
        )
    op.add_column(
        "api_keys", sa.Column("spent", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("jobs", sa.Column("key_id", text, nullable=True))
    op.add_column("jobs", sa.Column("price", sa.BigInteger(), server_default="0", nullable=False))
    # The jobs that are over have cost nothing, as a default that goes again: no row is written.
    op.add_column("jobs", sa.Column("cost", sa.BigInteger(), server_default="0", nullable=True))
    op.alter_column("jobs", "cost", server_default=None)
    op.execute("UPDATE jobs SET cost = NULL WHERE finished_at IS NULL")
    _open()


def downgrade() -> None:
    """Take the change back."""
    for column in ("cost", "price", "key_id"):
        op.drop_column("jobs", column)
    op.drop_column("api_keys", "spent")
    for column in ("held", "balance"):
        op.drop_column("accounts", column)
    op.drop_table("ledger_entries")
    op.execute("DROP FUNCTION refuse_change()")


def _forbid_changes() -> None:
    """Let the database itself see to it that entries are only appended."""
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_entries"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _open() -> None:
    connection = op.get_bind()
    entries = [
        {
            "id": ids.new("led"),
            "account_id": account_id,
            "verb": "top_up",
            "balance": _OPENING_CREDITS,
            "held": 0,
            "at": clock.now(),
            "note": "opening credits",
        }
        for account_id in connection.scalars(sa.text("SELECT id FROM accounts"))
    ]
    if entries:
        connection.execute(_ENTRIES.insert(), entries)
        connection.execute(sa.update(_ACCOUNTS).values(balance=_OPENING_CREDITS))
