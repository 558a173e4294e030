"""uploads in order."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_index(op.f("ix_uploads_account_id_id"), "uploads", ["account_id", "id"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(op.f("ix_uploads_account_id_id"), table_name="uploads")
