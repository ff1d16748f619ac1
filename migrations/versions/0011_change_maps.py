"""What the change map of each result of a job says.

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


# The column is added and dropped in place, as in 0002.
def upgrade() -> None:
    op.add_column("jobs", sa.Column("changes", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("jobs", "changes")
