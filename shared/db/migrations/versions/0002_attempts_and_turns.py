"""attempts and turns."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "attempts",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("job_id", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(collation="C"), nullable=False),
        sa.Column("route_model", sa.Text(collation="C"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ticket", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("ticket_id", sa.Text(collation="C"), nullable=True),
        sa.Column("outcome", sa.Text(collation="C"), nullable=True),
        sa.Column("error_code", sa.Text(collation="C"), nullable=True),
        sa.Column("error_message", sa.Text(collation="C"), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(outcome IS NULL) = (ended_at IS NULL)", name=op.f("ck_attempts_ended_has_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_attempts_job_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("provider", "ticket_id", name=op.f("uq_attempts_provider_ticket_id")),
    )
    op.create_index(
        op.f("ix_attempts_job_id_number"), "attempts", ["job_id", "number"], unique=False
    )
    op.add_column(
        "accounts", sa.Column("concurrency", sa.Integer(), server_default="1000", nullable=False)
    )
    op.add_column("accounts", sa.Column("active", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "accounts",
        sa.Column(
            "turn", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
    )
    op.add_column(
        "accounts",
        sa.Column("was_full", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("jobs", sa.Column("start_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column("jobs", sa.Column("finish_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column("jobs", sa.Column("is_ready", sa.Boolean(), nullable=True))
    op.add_column("jobs", sa.Column("urgency", sa.DateTime(timezone=True), nullable=True))
    op.add_column("jobs", sa.Column("deadline", sa.DateTime(timezone=True), nullable=True))
    op.add_column("jobs", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("losses", sa.Integer(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("attempt_id", sa.Text(collation="C"), nullable=True))
    # Every job that there is has its place; from here on places are counted.
    op.execute(
        "UPDATE jobs SET is_ready = true, urgency = created_at - priority * interval '1 minute'"
    )
    op.execute(
        "UPDATE accounts SET active = (SELECT count(*) FROM jobs"
        " WHERE jobs.account_id = accounts.id AND jobs.finished_at IS NULL)"
    )
    op.alter_column("jobs", "is_ready", nullable=False)
    op.alter_column("jobs", "urgency", nullable=False)
    op.drop_index("ix_jobs_due", table_name="jobs")
    op.drop_index("ix_jobs_claim", table_name="jobs")
    op.create_index(
        "ix_jobs_claim",
        "jobs",
        ["kind", "rank"],
        unique=False,
        postgresql_where=sa.text("status = 'queued' AND is_ready"),
    )
    op.create_index(
        "ix_jobs_deadline",
        "jobs",
        ["deadline"],
        unique=False,
        postgresql_where=sa.text("deadline IS NOT NULL"),
    )
    op.create_index(
        "ix_jobs_leased",
        "jobs",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'running' AND worker IS NOT NULL"),
    )
    op.create_index(
        "ix_jobs_parked",
        "jobs",
        ["kind", "due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'running' AND worker IS NULL"),
    )
    op.create_index(
        "ix_jobs_ready",
        "jobs",
        ["account_id", "rank"],
        unique=False,
        postgresql_where=sa.text("status = 'queued' AND is_ready"),
    )
    op.create_index(
        "ix_jobs_waiting",
        "jobs",
        ["account_id", "urgency"],
        unique=False,
        postgresql_where=sa.text("status = 'queued' AND NOT is_ready"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(
        "ix_jobs_waiting",
        table_name="jobs",
        postgresql_where=sa.text("status = 'queued' AND NOT is_ready"),
    )
    op.drop_index(
        "ix_jobs_ready",
        table_name="jobs",
        postgresql_where=sa.text("status = 'queued' AND is_ready"),
    )
    op.drop_index(
        "ix_jobs_parked",
        table_name="jobs",
        postgresql_where=sa.text("status = 'running' AND worker IS NULL"),
    )
    op.drop_index(
        "ix_jobs_leased",
        table_name="jobs",
        postgresql_where=sa.text("status = 'running' AND worker IS NOT NULL"),
    )
    op.drop_index(
        "ix_jobs_deadline", table_name="jobs", postgresql_where=sa.text("deadline IS NOT NULL")
    )
    op.drop_index("ix_jobs_claim", table_name="jobs")
    op.create_index(
        "ix_jobs_claim",
        "jobs",
        ["kind", "rank"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index(
        "ix_jobs_due",
        "jobs",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_column("jobs", "attempt_id")
    op.drop_column("jobs", "losses")
    op.drop_column("jobs", "tries")
    op.drop_column("jobs", "deadline")
    op.drop_column("jobs", "urgency")
    op.drop_column("jobs", "is_ready")
    op.drop_column("jobs", "finish_by")
    op.drop_column("jobs", "start_by")
    op.drop_column("accounts", "was_full")
    op.drop_column("accounts", "turn")
    op.drop_column("accounts", "active")
    op.drop_column("accounts", "concurrency")
    op.drop_index(op.f("ix_attempts_job_id_number"), table_name="attempts")
    op.drop_table("attempts")
