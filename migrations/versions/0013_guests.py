"""Visitors who try the tools without an account.

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


# A copy of the column type of `models.base` as it was: a migration must not change when the models do.
def build_time_type() -> sa.types.TypeEngine:
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


# The column is added and dropped in place, as in 0002.
def upgrade() -> None:
    op.add_column("users", sa.Column("guest_until", build_time_type()))
    op.create_index("ix_users_guest_until", "users", ["guest_until"])


def downgrade() -> None:
    """Guests go first: without the column they would look like accounts. Their folders go with the next purge."""
    users = sa.table("users", sa.column("guest_until"))
    if "guest_until" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("users")}:
        return  # a downgrade that was interrupted had come this far
    op.execute(sa.delete(users).where(users.c.guest_until.is_not(None)))
    op.drop_index("ix_users_guest_until", "users")
    op.drop_column("users", "guest_until")
