"""uploads."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    text, moment = sa.Text(collation="C"), sa.DateTime(timezone=True)
    op.create_table(
        "uploads",
        sa.Column("id", text, nullable=False),
        sa.Column("account_id", text, nullable=False),
        sa.Column("filename", text, nullable=True),
        sa.Column("incoming", text, nullable=True),
        sa.Column("expires_at", moment, nullable=True),
        sa.Column("key", text, nullable=True),
        sa.Column("content_type", text, nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", text, nullable=True),
        sa.Column("completed_at", moment, nullable=True),
        sa.Column("used_at", moment, nullable=False),
        sa.Column("created_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(key IS NULL) = (completed_at IS NULL) AND (key IS NULL) = (expires_at IS NOT NULL)",
            name=op.f("ck_uploads_complete_has_key"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_uploads_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        sa.UniqueConstraint("key", name=op.f("uq_uploads_key")),
    )
    op.create_index(
        "ix_uploads_kept",
        "uploads",
        ["account_id", "used_at"],
        unique=False,
        postgresql_where=sa.text("completed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_uploads_pending",
        "uploads",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("completed_at IS NULL"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("uploads")
