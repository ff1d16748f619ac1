"""What the steps of a run did, where it has several.

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


# The column is added and dropped in place, as in 0002.
def upgrade() -> None:
    op.add_column("jobs", sa.Column("steps", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("jobs", "steps")
