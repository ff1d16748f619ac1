"""Personal access tokens, and the key by which a program may ask for the same job twice.

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


# Copies of the column types of `models.base` as they were: a migration must not change when the models do.
def ascii_text(length: int) -> sa.types.TypeEngine:
    exact = mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return sa.String(length).with_variant(exact, "mysql", "mariadb")


def moment() -> sa.types.TypeEngine:
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


# Columns are added and dropped in place, as in 0002.
def upgrade() -> None:
    op.create_table(
        "access_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", ascii_text(64), nullable=False),
        sa.Column("scopes", ascii_text(64), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("expires_at", moment(), nullable=False),
        sa.Column("seen_at", moment(), nullable=True),
        sa.Column("address", ascii_text(45), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_access_tokens_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_access_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_access_tokens_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_access_tokens_user_id", "access_tokens", ["user_id"])
    op.create_index("ix_access_tokens_expires_at", "access_tokens", ["expires_at"])
    op.add_column("jobs", sa.Column("request_key", ascii_text(64), nullable=True))
    op.add_column("jobs", sa.Column("request_hash", ascii_text(64), nullable=False, server_default=""))
    op.create_index("ix_jobs_user_id_request_key", "jobs", ["user_id", "request_key"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_jobs_user_id_request_key", "jobs")
    op.drop_column("jobs", "request_hash")
    op.drop_column("jobs", "request_key")
    op.drop_table("access_tokens")
