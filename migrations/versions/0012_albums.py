"""Albums, and which photos are in them.

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


# Copies of the column types of `models.base` as they were: a migration must not change when the models do.
def build_ascii_type(length: int) -> sa.types.TypeEngine:
    exact = mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return sa.String(length).with_variant(exact, "mysql", "mariadb")


def build_time_type() -> sa.types.TypeEngine:
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "albums",
        sa.Column("id", build_ascii_type(32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("service", build_ascii_type(32), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("created_at", build_time_type(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_albums_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_albums"),
    )
    op.create_index("ix_albums_user_id_created_at", "albums", ["user_id", "created_at"])
    op.create_table(
        "album_photos",
        sa.Column("album_id", build_ascii_type(32), nullable=False),
        sa.Column("photo_id", build_ascii_type(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["album_id"], ["albums.id"], name="fk_album_photos_album_id_albums", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("album_id", "photo_id", name="pk_album_photos"),
    )
    op.create_index("ix_album_photos_album_id_position", "album_photos", ["album_id", "position"])
    op.create_index("ix_album_photos_photo_id", "album_photos", ["photo_id"])


def downgrade() -> None:
    op.drop_table("album_photos")
    op.drop_table("albums")
