"""Which jobs are versions of one photo, and links by which a result is shared.

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0010"
down_revision = "0009"
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
    op.add_column("jobs", sa.Column("photo_id", ascii_text(32), server_default="", nullable=False))
    _find_photos()
    op.create_index("ix_jobs_user_id_photo_id_created_at", "jobs", ["user_id", "photo_id", "created_at"])
    op.create_table(
        "shares",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", ascii_text(32), nullable=False),
        sa.Column("token_hash", ascii_text(64), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("expires_at", moment(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_shares_job_id_jobs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_shares"),
        sa.UniqueConstraint("token_hash", name="uq_shares_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_shares_job_id", "shares", ["job_id"])
    op.create_index("ix_shares_expires_at", "shares", ["expires_at"])


def downgrade() -> None:
    op.drop_table("shares")
    op.drop_index("ix_jobs_user_id_photo_id_created_at", "jobs")
    op.drop_column("jobs", "photo_id")


def _find_photos() -> None:
    """Follow each job to the first one of its photo; where that is gone, to the last that is known of it."""
    jobs = sa.table("jobs", sa.column("id"), sa.column("parent_id"), sa.column("photo_id"))
    connection = op.get_bind()
    connection.execute(sa.update(jobs).values(photo_id=jobs.c.id))
    made_from = sa.select(jobs.c.id, jobs.c.parent_id).where(jobs.c.parent_id != "")
    parents = {job_id: parent_id for job_id, parent_id in connection.execute(made_from)}
    for job_id, photo_id in parents.items():
        while photo_id in parents:
            photo_id = parents[photo_id]
        connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(photo_id=photo_id))
