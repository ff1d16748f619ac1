"""How `flask db` runs a migration: on an engine like the application's, but with all the time it needs, and alone."""

from alembic import context
from flask import current_app
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from migrations.steps import one_at_a_time

migrate = current_app.extensions["migrate"]


def run() -> None:
    """Run the migrations. A change of a large table may take minutes, far longer than a page may wait."""
    engine = migrate.db.engine
    if engine.dialect.name != "sqlite":
        engine = create_engine(engine.url, poolclass=NullPool)
    with one_at_a_time(engine), engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=migrate.db.metadata,
            **migrate.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Give a database: migrations here look at what they find in it.")
run()
