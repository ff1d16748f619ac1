"""The first tables: accounts, sessions, mailed codes, rate limits, the audit log, jobs and workers.

Revision: 0001, the first
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# Copies of the column types of `models.base` as they were: a migration must not change when the models do.
def ascii_text(length: int) -> sa.types.TypeEngine:
    exact = mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return sa.String(length).with_variant(exact, "mysql", "mariadb")


def moment() -> sa.types.TypeEngine:
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "email_codes",
        sa.Column("id", ascii_text(32), nullable=False),
        sa.Column("purpose", ascii_text(16), nullable=False),
        sa.Column("name", ascii_text(120), nullable=False),
        sa.Column("browser_hash", ascii_text(64), nullable=False),
        sa.Column("language", ascii_text(16), nullable=False),
        sa.Column("code_hash", ascii_text(64), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("mail_attempts", sa.Integer(), nullable=False),
        sa.Column("requested_at", moment(), nullable=False),
        sa.Column("expires_at", moment(), nullable=False),
        sa.Column("boot", ascii_text(36), nullable=False),
        sa.Column("steady_until", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", moment(), nullable=False),
        sa.Column("sent_at", moment(), nullable=True),
        sa.Column("ended_at", moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_email_codes"),
    )
    op.create_index("ix_email_codes_name_purpose", "email_codes", ["name", "purpose"])
    op.create_index("ix_email_codes_requested_at", "email_codes", ["requested_at"])
    op.create_index("ix_email_codes_sent_at_next_attempt_at", "email_codes", ["sent_at", "next_attempt_at"])

    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("action", ascii_text(48), nullable=False),
        sa.Column("actor", ascii_text(120), nullable=False),
        sa.Column("target", ascii_text(120), nullable=False),
        sa.Column("address", ascii_text(45), nullable=False),
        sa.Column("detail", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    op.create_index("ix_events_action", "events", ["action"])
    op.create_index("ix_events_at", "events", ["at"])

    op.create_table(
        "tallies",
        sa.Column("key", ascii_text(190), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_tallies"),
    )
    op.create_index("ix_tallies_expires_at", "tallies", ["expires_at"])

    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", ascii_text(120), nullable=False),
        sa.Column("password_hash", ascii_text(255), nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("language", ascii_text(16), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("signed_in_at", moment(), nullable=True),
        sa.Column("disabled_at", moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "workers",
        sa.Column("id", ascii_text(80), nullable=False),
        sa.Column("threads", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("started_at", moment(), nullable=False),
        sa.Column("seen_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", ascii_text(32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("service", ascii_text(32), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("status", ascii_text(16), nullable=False),
        sa.Column("verdict", ascii_text(48), nullable=False),
        sa.Column("stage", sa.String(length=80), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker", ascii_text(80), nullable=False),
        sa.Column("error_key", ascii_text(48), nullable=False),
        sa.Column("error_message", sa.String(length=255), nullable=False),
        sa.Column("original_name", sa.String(length=255), nullable=False),
        sa.Column("original_file", ascii_text(64), nullable=False),
        sa.Column("original_bytes", sa.Integer(), nullable=False),
        sa.Column("image_format", ascii_text(16), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("result_file", ascii_text(64), nullable=False),
        sa.Column("result_bytes", sa.Integer(), nullable=False),
        sa.Column("result_has_alpha", sa.Boolean(), nullable=False),
        sa.Column("mask_file", ascii_text(64), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("started_at", moment(), nullable=True),
        sa.Column("heartbeat_at", moment(), nullable=True),
        sa.Column("finished_at", moment(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_jobs_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_status_created_at", "jobs", ["status", "created_at"])
    op.create_index("ix_jobs_user_id_created_at", "jobs", ["user_id", "created_at"])

    op.create_table(
        "user_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", ascii_text(64), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("seen_at", moment(), nullable=False),
        sa.Column("address", ascii_text(45), nullable=False),
        sa.Column("agent", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_sessions_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_user_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_user_sessions_token_hash"),
    )
    op.create_index("ix_user_sessions_user_id", "user_sessions", ["user_id"])


def downgrade() -> None:
    op.drop_table("user_sessions")
    op.drop_table("jobs")
    op.drop_table("workers")
    op.drop_table("users")
    op.drop_table("tallies")
    op.drop_table("events")
    op.drop_table("email_codes")
