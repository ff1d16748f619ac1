"""G06: the migrations make exactly the models, and can be taken back."""

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade

import config
from app import create_app
from models import User, db
from tests.support.engines import both_engines


@pytest.fixture
def empty(request, engine, environment):
    """An application on a database without tables."""
    if engine == "mariadb":
        environment["DATABASE_URL"] = request.getfixturevalue("mariadb").new_database("revive_migrations")
    app = create_app(config.load(environment))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def tables() -> set[str]:
    return set(sqlalchemy.inspect(db.engine).get_table_names())


@both_engines
def test_G06_the_migrations_go_up_down_and_up_again(empty):
    models = set(db.metadata.tables)
    for _ in range(2):
        upgrade()
        assert tables() == models | {"alembic_version"}
        downgrade(revision="base")
        assert tables() == {"alembic_version"}


@both_engines
def test_G06_rows_outlive_a_second_upgrade(empty):
    upgrade()
    db.session.add(User(name="12345", password_hash="x"))
    db.session.commit()
    upgrade()
    assert db.session.query(User).count() == 1


@both_engines
def test_the_migrations_make_exactly_what_the_models_say(empty):
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_names_are_compared_byte_by_byte_on_mariadb(empty, mariadb, environment):
    environment["DATABASE_URL"] = mariadb.new_database("revive_collations")
    app = create_app(config.load(environment))
    with app.app_context():
        upgrade()
        columns = sqlalchemy.inspect(db.engine).get_columns("users")
        (name,) = (column["type"] for column in columns if column["name"] == "name")
        assert (name.charset, name.collation) == ("ascii", "ascii_bin")
        db.engine.dispose()
