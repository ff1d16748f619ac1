"""The checklist of a result.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


# The column is added and dropped in place, as in 0002.
def upgrade() -> None:
    op.add_column("jobs", sa.Column("checks", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("jobs", "checks")
