"""Settings that an administrator changed.

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


# Copies of the column types of `models.base` as they were: a migration must not change when the models do.
def build_time_type() -> sa.types.TypeEngine:
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def build_ascii_type(length: int) -> sa.types.TypeEngine:
    exact = mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return sa.String(length).with_variant(exact, "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "changed_settings",
        sa.Column("name", build_ascii_type(48), nullable=False),
        sa.Column("value", sa.String(600), nullable=False),
        sa.Column("changed_at", build_time_type(), nullable=False),
        sa.Column("changed_by", build_ascii_type(120), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_changed_settings"),
    )


def downgrade() -> None:
    op.drop_table("changed_settings")
