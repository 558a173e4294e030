"""the library."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    text, moment = sa.Text(collation="C"), sa.DateTime(timezone=True)
    op.create_table(
        "library_images",
        sa.Column("id", text, nullable=False),
        sa.Column("account_id", text, nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("job_id", text, nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_library_images_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_library_images_job_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_images")),
        sa.UniqueConstraint("job_id", name=op.f("uq_library_images_job_id")),
    )
    op.create_index("ix_library_images_shelf", "library_images", ["account_id", "is_test", "id"])
    op.create_index(
        "ix_library_images_expires_at",
        "library_images",
        ["expires_at"],
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("library_images")
