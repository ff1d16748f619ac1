"""Uploads of official weights, how long an account keeps its pictures, accounts by their last sign-in, the disabled ones.

Revision: 0004, after 0003
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


INDEXES = (
    ("users", "retention_days"),
    ("users", "signed_in_at"),
    ("users", "is_disabled", "created_at"),
    ("users", "is_disabled", "name"),
    ("users", "is_disabled", "signed_in_at"),
    ("users", "is_disabled", "stored_bytes"),
    ("jobs", "finished_at"),
)


# Copies of the column types of `models.base` as they were: a migration must not change when the models do.
def ascii_text(length: int) -> sa.types.TypeEngine:
    exact = mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return sa.String(length).with_variant(exact, "mysql", "mariadb")


def moment() -> sa.types.TypeEngine:
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


# Columns are added and dropped in place, as in 0002.
def upgrade() -> None:
    op.add_column("users", sa.Column("retention_days", sa.Integer(), nullable=True))
    disabled = sa.Computed("disabled_at IS NOT NULL", persisted=False)
    op.add_column("users", sa.Column("is_disabled", sa.Boolean(), disabled))
    for table, *columns in INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)
    _bring_back_retention()
    op.create_table(
        "weights_imports",
        sa.Column("id", ascii_text(32), nullable=False),
        sa.Column("name", ascii_text(64), nullable=False),
        sa.Column("status", ascii_text(16), nullable=False),
        sa.Column("asked_by", ascii_text(120), nullable=False),
        sa.Column("address", ascii_text(45), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("worker", ascii_text(80), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error_message", sa.String(length=255), nullable=False),
        sa.Column("error_detail", sa.String(length=255), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("started_at", moment(), nullable=True),
        sa.Column("finished_at", moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_weights_imports"),
    )
    op.create_index("ix_weights_imports_status", "weights_imports", ["status"])
    op.create_index("ix_weights_imports_created_at", "weights_imports", ["created_at"])


def downgrade() -> None:
    _keep_retention()
    op.drop_table("weights_imports")
    for table, *columns in reversed(INDEXES):
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
    op.drop_column("users", "is_disabled")
    op.drop_column("users", "retention_days")


# An account whose pictures are kept longer than the site's must not lose them after a way back and forth.
FACTS = sa.table("facts", sa.column("key"), sa.column("number"), sa.column("changed_at"))
USERS = sa.table("users", sa.column("id"), sa.column("retention_days"))
KEPT = "retention_days:"


def _keep_retention() -> None:
    connection = op.get_bind()
    if "retention_days" not in {column["name"] for column in sa.inspect(connection).get_columns("users")}:
        return
    connection.execute(sa.delete(FACTS).where(FACTS.c.key.startswith(KEPT)))
    own = connection.execute(sa.select(USERS).where(USERS.c.retention_days.is_not(None))).all()
    for user_id, days in own:
        now = datetime.now(UTC).replace(tzinfo=None)
        connection.execute(sa.insert(FACTS).values(key=f"{KEPT}{user_id}", number=days, changed_at=now))


def _bring_back_retention() -> None:
    connection = op.get_bind()
    kept = connection.execute(sa.select(FACTS.c.key, FACTS.c.number).where(FACTS.c.key.startswith(KEPT))).all()
    for key, days in kept:
        user_id = int(key.removeprefix(KEPT))
        connection.execute(sa.update(USERS).where(USERS.c.id == user_id).values(retention_days=days))
    connection.execute(sa.delete(FACTS).where(FACTS.c.key.startswith(KEPT)))
