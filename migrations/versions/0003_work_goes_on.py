"""Jobs made from jobs: parents, answers to pick from, finished files, kept work; names, frame numbers, undo of deletion.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEXES = (("user_id", "service", "created_at"), ("user_id", "number"), ("deleted_at",))
RANKS = "SELECT id, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY created_at, id) AS place FROM jobs"


# Copies of the column types of `models.base` as they were: a migration must not change when the models do.
def ascii_text(length: int) -> sa.types.TypeEngine:
    exact = mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return sa.String(length).with_variant(exact, "mysql", "mariadb")


def moment() -> sa.types.TypeEngine:
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column("number", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("title", sa.String(length=255), nullable=False, server_default=""),
        sa.Column("parent_id", ascii_text(32), nullable=False, server_default=""),
        sa.Column("parent_which", ascii_text(16), nullable=False, server_default=""),
        sa.Column("result_width", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("result_height", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("answers", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("chosen", sa.Integer(), nullable=True),
        sa.Column("files", sa.JSON(), nullable=True),
        sa.Column("kept", sa.JSON(), nullable=True),
        sa.Column("deleted_at", moment(), nullable=True),
    )


# Columns are added and dropped in place, as in 0002.
def upgrade() -> None:
    for column in columns():
        op.add_column("jobs", column)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"UPDATE jobs SET number = ranks.place FROM ({RANKS}) AS ranks WHERE ranks.id = jobs.id")
    else:
        op.execute(f"UPDATE jobs JOIN ({RANKS}) AS ranks ON ranks.id = jobs.id SET jobs.number = ranks.place")
    for index in INDEXES:
        op.create_index(f"ix_jobs_{'_'.join(index)}", "jobs", index)


def downgrade() -> None:
    for index in reversed(INDEXES):
        op.drop_index(f"ix_jobs_{'_'.join(index)}", "jobs")
    for column in reversed(columns()):
        op.drop_column("jobs", column.name)
