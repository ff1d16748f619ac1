"""G06: migrations go down and up with a used site in the tables, and nothing of it is lost, on both engines."""

import pytest
import sqlalchemy
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, select

import config
from accounts.security import audit, codes
from app import create_app
from models import Job, User, db
from tests.accounts.people import Browser, make_user
from tests.jobs.support import make_job, picture
from tests.support.engines import both_engines

CHINESE = "祖母的照片 👵🏽.jpg"


@pytest.fixture
def used(request, engine, environment, tmp_path):
    """A site of two accounts, each with sessions, jobs, codes, counters and audit lines, at the newest migration."""
    if engine == "mariadb":
        environment["DATABASE_URL"] = request.getfixturevalue("mariadb").new_database("revive_used")
    environment["WEIGHTS_DIR"] = str(tmp_path / "weights")
    app = create_app(config.load(environment) | {"TESTING": True})
    with app.app_context():
        upgrade()
    for name in ("12345", "ann@example.com"):
        make_user(app, name)
        Browser(app).sign_in(name)
        with app.app_context():
            user_id = db.session.scalar(select(User.id).where(User.name == name))
            for _ in range(2):
                make_job(user_id, picture(), CHINESE)
            codes.order_notice(codes.CHANGED, name, "zh")
            audit.record("user_disabled", actor="command line", target=name, detail="原因：测试 🙂")
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def rows() -> dict[str, list]:
    """Every row of the tables and columns that exist at this migration, as the database gives it."""
    inspector = sqlalchemy.inspect(db.engine)
    found = {}
    with db.engine.connect() as connection:
        for name in set(inspector.get_table_names()) - {"alembic_version"}:
            columns = sorted(column["name"] for column in inspector.get_columns(name))
            table = sqlalchemy.table(name, *(sqlalchemy.column(column) for column in columns))
            found[name] = sorted(
                (dict(zip(columns, row, strict=True)) for row in connection.execute(select(table))), key=str
            )
    return found


def has_same_rows(before: dict[str, list], after: dict[str, list]) -> bool:
    """Say whether all rows are there with the same values in the columns that both have."""
    for name in set(before) & set(after):
        if len(before[name]) != len(after[name]):
            return False
        common = set(before[name][0]) & set(after[name][0]) if before[name] else set()
        then, now = (
            sorted(str({key: row[key] for key in sorted(common)}) for row in each[name]) for each in (before, after)
        )
        if then != now:
            return False
    return True


@both_engines
def test_G06_a_used_site_goes_one_migration_down_and_up_twice_and_keeps_its_rows(used):
    with used.app_context():
        before = rows()
        counts = {name: len(each) for name, each in before.items()}
        assert counts["users"] == 2 and counts["jobs"] == 4 and counts["user_sessions"] == 2
        for _ in range(2):
            downgrade(revision="-1")
            assert has_same_rows(before, rows())
            upgrade()
            after = rows()
            assert has_same_rows(before, after)
            assert {name: len(each) for name, each in after.items() if name in before} == counts


@both_engines
def test_G06_after_that_the_site_works_and_deleting_an_account_takes_its_rows_along(used):
    with used.app_context():
        downgrade(revision="-1")
        upgrade()
        assert {job.original_name for job in db.session.query(Job)} == {CHINESE}
        db.session.execute(sqlalchemy.delete(User).where(User.name == "12345"))
        db.session.commit()
        assert db.session.scalar(select(func.count()).select_from(Job)) == 2
    browser = Browser(used)
    assert browser.sign_in("ann@example.com").status_code == 303
    assert CHINESE in browser.get("/ann@example.com/history").text


def test_times_texts_and_keys_are_of_the_right_kinds_on_mariadb(mariadb, environment):
    environment["DATABASE_URL"] = mariadb.new_database("revive_kinds")
    app = create_app(config.load(environment))
    with app.app_context():
        upgrade()
        inspector = sqlalchemy.inspect(db.engine)
        for table in set(inspector.get_table_names()) - {"alembic_version"}:
            for column in inspector.get_columns(table):
                kind = type(column["type"]).__name__
                if kind == "DATETIME":
                    assert column["type"].fsp == 6, (table, column["name"])
                if kind == "VARCHAR":
                    assert column["type"].charset in {"ascii", "utf8mb4", None}, (table, column["name"])
            engine = db.session.scalar(
                sqlalchemy.text(
                    "SELECT engine FROM information_schema.tables WHERE table_schema = DATABASE()"
                    " AND table_name = :name"
                ),
                {"name": table},
            )
            assert engine == "InnoDB"
        cascades = {
            (table, key["referred_table"], key["options"].get("ondelete"))
            for table in inspector.get_table_names()
            for key in inspector.get_foreign_keys(table)
        }
        tables = ("jobs", "user_sessions", "access_tokens", "webhooks", "albums")
        inner = {"webhook_deliveries": "webhooks", "shares": "jobs", "album_photos": "albums"}
        others = {(table, other, "CASCADE") for table, other in inner.items()}
        assert cascades == {(table, "users", "CASCADE") for table in tables} | others
        db.engine.dispose()
