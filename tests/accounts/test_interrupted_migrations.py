"""Migrations: interrupted ones go on, one runs at a time, and nobody's pictures lose their time."""

import threading

import pytest
import sqlalchemy
from flask_migrate import downgrade, upgrade

import config
from app import create_app
from migrations import steps
from models import User, db
from tests.support.engines import both_engines


@pytest.fixture
def empty(request, engine, environment):
    if engine == "mariadb":
        environment["DATABASE_URL"] = request.getfixturevalue("mariadb").new_database("revive_interrupted")
    app = create_app(config.load(environment))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@both_engines
def test_a_migration_that_was_killed_half_way_goes_on(empty):
    upgrade(revision="0008")
    with db.engine.begin() as connection:  # as if 0009 and 0010 had been killed before their numbers were written
        version = connection.scalar(sqlalchemy.text("SELECT version_num FROM alembic_version"))
    upgrade(revision="0010")
    with db.engine.begin() as connection:
        connection.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = :old"), {"old": version})
    upgrade()
    downgrade(revision="0012")
    upgrade()
    assert db.session.query(User).count() == 0


@both_engines
def test_an_account_keeps_its_retention_over_a_way_back_and_forth(empty):
    upgrade()
    db.session.add_all([User(name="12345", password_hash="!", retention_days=0), User(name="67890", password_hash="!")])
    db.session.commit()
    db.session.remove()
    downgrade(revision="0003")
    upgrade()
    assert dict(db.session.execute(db.select(User.name, User.retention_days)).all()) == {"12345": 0, "67890": None}


@both_engines
def test_one_migration_runs_at_a_time(empty):
    upgrade(revision="0001")
    order = []

    def run_second(engine) -> None:
        with steps.one_at_a_time(engine):
            order.append("second")

    with steps.one_at_a_time(db.engine):
        other = threading.Thread(target=run_second, args=(db.engine,))
        other.start()
        other.join(0.3)
        order.append("first")
    other.join(30)
    assert order == ["first", "second"]
