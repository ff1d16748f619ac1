"""Webhooks, what was sent to them, and which ended jobs they have not been told of.

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


# Copies of the column types of `models.base` as they were: a migration must not change when the models do.
def ascii_text(length: int) -> sa.types.TypeEngine:
    exact = mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return sa.String(length).with_variant(exact, "mysql", "mariadb")


def moment() -> sa.types.TypeEngine:
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


# The column of jobs is added and dropped in place, as in 0002.
def upgrade() -> None:
    op.add_column("jobs", sa.Column("webhooks_due", sa.Boolean(), server_default="0", nullable=False))
    op.create_index("ix_jobs_webhooks_due", "jobs", ["webhooks_due"])
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("url", ascii_text(500), nullable=False),
        sa.Column("secret", ascii_text(255), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_webhooks_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhooks_user_id", "webhooks", ["user_id"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", ascii_text(32), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("event", ascii_text(32), nullable=False),
        sa.Column("job_id", ascii_text(32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", ascii_text(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("error", ascii_text(32), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("next_attempt_at", moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhooks.id"],
            name="fk_webhook_deliveries_webhook_id_webhooks",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
    )
    for columns in (["status", "next_attempt_at"], ["webhook_id", "created_at"], ["created_at"]):
        op.create_index(f"ix_webhook_deliveries_{'_'.join(columns)}", "webhook_deliveries", columns)


def downgrade() -> None:
    op.drop_table("webhook_deliveries")
    op.drop_table("webhooks")
    op.drop_index("ix_jobs_webhooks_due", "jobs")
    op.drop_column("jobs", "webhooks_due")
