"""What a worker shows of itself, the lane of a job, and texts that the whole installation knows.

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


# A copy of the column type of `models.base` as it was: a migration must not change when the models do.
def ascii_text(length: int) -> sa.types.TypeEngine:
    exact = mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return sa.String(length).with_variant(exact, "mysql", "mariadb")


TEXTS = {"version": 32, "weights": 16, "problems": 80, "unable": 255}


# Columns are added and dropped in place, as in 0002.
def upgrade() -> None:
    for name, length in TEXTS.items():
        op.add_column("workers", sa.Column(name, ascii_text(length), nullable=False, server_default=""))
    for name in ("quick_threads", "memory_megabytes"):
        op.add_column("workers", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("lane", ascii_text(8), nullable=False, server_default=""))
    op.add_column("facts", sa.Column("text", ascii_text(80), nullable=False, server_default=""))


def downgrade() -> None:
    """The columns stay: an older Revive leaves them alone, and what they hold is there when the newer one is back."""
