"""Where a job's trace goes on.

Revision: 0018, after 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


# A copy of the column type of `models.base` as it was: a migration must not change when the models do.
def build_ascii_type(length: int) -> sa.types.TypeEngine:
    exact = mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return sa.String(length).with_variant(exact, "mysql", "mariadb")


# The column is added and dropped in place, as in 0002.
def upgrade() -> None:
    op.add_column("jobs", sa.Column("trace", build_ascii_type(55), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("jobs", "trace")
