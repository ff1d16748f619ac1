"""Administration: why an account is disabled, what each account may use, its theme; figures, switches and indexes.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LIMITS = ("storage_megabytes_limit", "active_jobs_limit", "jobs_per_day_limit", "megapixels_per_day_limit")
INDEXES = (
    ("users", "created_at"),
    ("users", "stored_bytes"),
    ("users", "disabled_at"),
    ("users", "is_admin", "disabled_at"),
    ("jobs", "created_at"),
    ("jobs", "service", "created_at"),
    ("jobs", "service", "status", "created_at"),
    ("jobs", "user_id", "original_bytes", "result_bytes"),
    ("events", "actor"),
    ("events", "target"),
    ("events", "address"),
)


# Copies of the column types of `models.base` as they were: a migration must not change when the models do.
def ascii_text(length: int) -> sa.types.TypeEngine:
    exact = mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return sa.String(length).with_variant(exact, "mysql", "mariadb")


def moment() -> sa.types.TypeEngine:
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


# Columns are added and dropped in place: a table made anew on SQLite would take its old one, and with it every row
# that hangs on it by a foreign key, away.
def upgrade() -> None:
    op.add_column("users", sa.Column("disabled_reason", sa.String(length=255), nullable=False, server_default=""))
    op.add_column("users", sa.Column("theme", ascii_text(8), nullable=True))
    op.add_column("users", sa.Column("stored_bytes", sa.BigInteger(), nullable=False, server_default="0"))
    for limit in LIMITS:
        op.add_column("users", sa.Column(limit, sa.Integer(), nullable=True))
    for table, *columns in INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)
    op.create_table(
        "facts",
        sa.Column("key", ascii_text(48), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_facts"),
    )
    op.create_table(
        "day_figures",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("service", ascii_text(32), nullable=False),
        sa.Column("status", ascii_text(16), nullable=False),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("day", "service", "status", name="pk_day_figures"),
    )


def downgrade() -> None:
    op.drop_table("day_figures")
    op.drop_table("facts")
    for table, *columns in reversed(INDEXES):
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
    for column in (*reversed(LIMITS), "stored_bytes", "theme", "disabled_reason"):
        op.drop_column("users", column)
