"""Ids that are never given again: on SQLite, which fills the gap at the end otherwise.

Revision: 0005, after 0004
"""

import re

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("users", "user_sessions", "events")


# MariaDB (since 10.2.4) and MySQL (since 8.0) keep the highest number over a restart, so only SQLite has to change.
def upgrade() -> None:
    for table in TABLES:
        of_table, of_column = f",[ \\n\\t]*{_primary(table)} \\(id\\)", f"id INTEGER NOT NULL {_primary(table)} AUTOINCREMENT"
        _rebuild(table, (of_table, ""), ("id INTEGER NOT NULL", of_column))


def downgrade() -> None:
    for table in TABLES:
        of_column = f"id INTEGER NOT NULL {_primary(table)} AUTOINCREMENT"
        _rebuild(table, (of_column, "id INTEGER NOT NULL"), (r"\)\s*$", f", {_primary(table)} (id))"))


def _primary(table: str) -> str:
    return f"CONSTRAINT pk_{table} PRIMARY KEY"


def _rebuild(table: str, *changes: tuple[str, str]) -> None:
    """Make the table anew, its statement changed by these patterns, as SQLite's documentation of ALTER TABLE says.

    Foreign keys are off meanwhile: the rows that hang on the old table would go with it.
    """
    if op.get_bind().dialect.name != "sqlite":
        return
    with op.get_context().autocommit_block():
        connection = op.get_bind()

        def run(statement: str):
            return connection.exec_driver_sql(statement)

        run("PRAGMA foreign_keys = OFF")
        run("BEGIN IMMEDIATE")
        try:
            made = run(f"SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '{table}'").scalar()
            indexes = run(f"SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = '{table}'").scalars().all()
            for old, new in ((table, f"{table}_new"), *changes):
                made, found = re.subn(old, new, made, count=1)
                if not found:
                    raise RuntimeError(f"the table {table} is not as the migrations before this one made it")
            columns = [row.name for row in run(f"PRAGMA table_xinfo({table})") if row.hidden == 0]
            listed = ", ".join(columns)
            run(made)
            run(f"INSERT INTO {table}_new ({listed}) SELECT {listed} FROM {table}")
            run(f"DROP TABLE {table}")
            run(f"ALTER TABLE {table}_new RENAME TO {table}")
            for index in filter(None, indexes):
                run(index)
            run("COMMIT")
        except BaseException:
            run("ROLLBACK")
            raise
        finally:
            run("PRAGMA foreign_keys = ON")
