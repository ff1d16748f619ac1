"""How many pictures the file of an original holds.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


# The column is added and dropped in place, as in 0002.
def upgrade() -> None:
    op.add_column("jobs", sa.Column("image_pages", sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    op.drop_column("jobs", "image_pages")
