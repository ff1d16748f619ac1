"""MySQL 8 and 9: where no server of theirs is at hand, a parser of its grammar reads what the site sends to MariaDB.

It finds what MySQL does not read at all, and names that are words of its own. That a statement means the same there, it
cannot show.
"""

import re

import pytest
import sqlalchemy
from flask_migrate import downgrade, upgrade
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.dialects.mysql.reserved_words import RESERVED_WORDS_MYSQL

import config
from accounts import maintenance
from app import create_app
from models import Worker, db, utc_now
from tests.accounts.people import Browser, code_in, deliver, make_user, sign_in_person
from tests.api.support import Program
from tests.jobs.support import run_job
from worker import recovery

sqlglot = pytest.importorskip("sqlglot")
# What MariaDB reads and MySQL does not; the parser is made for many dialects and takes most of it.
ONLY_MARIADB = re.compile(
    r"\bRETURNING\b|\bCREATE OR REPLACE TABLE\b|\b(ADD|DROP) COLUMN IF (NOT )?EXISTS\b"
    r"|\b(CREATE|DROP) INDEX IF (NOT )?EXISTS\b|\bINVISIBLE COLUMN\b|\bSEQUENCE\b|\bUUID\(\d|\bINET6\b|\bNOWAIT \d",
    re.I,
)
TEXT = re.compile(r"'(?:[^'\\]|\\.|'')*'")


def find_trouble(statement: str) -> str:
    """Return what MySQL would not take of a statement as PyMySQL is given it, "" for nothing."""
    plain = TEXT.sub("''", statement.replace("%%", "%"))
    plain = re.sub(r"%\(\w+\)s|%s", "1", plain)
    if found := ONLY_MARIADB.search(plain):
        return f"{found[0]} is MariaDB's"
    try:
        tree = sqlglot.parse_one(plain, read="mysql", error_level=sqlglot.ErrorLevel.RAISE)
    except sqlglot.errors.SqlglotError as error:
        return str(error)
    if isinstance(tree, sqlglot.exp.Command) and not plain.upper().startswith(("SHOW", "SET", "SELECT GET_LOCK")):
        return "the parser gave it up"
    names = (found for found in tree.find_all(sqlglot.exp.Identifier) if not found.quoted)
    return ", ".join(sorted({each.name for each in names if each.name.lower() in RESERVED_WORDS_MYSQL}))


@pytest.fixture
def statements(monkeypatch):
    """Every statement that this process sends to any database, written as for MySQL: without MariaDB's RETURNING."""
    initialize = MySQLDialect.initialize

    def initialize_as_mysql(dialect, connection):
        initialize(dialect, connection)
        dialect.insert_returning = dialect.delete_returning = False

    monkeypatch.setattr(MySQLDialect, "initialize", initialize_as_mysql)
    sent: set[str] = set()

    def note(_connection, _cursor, statement, *_rest):
        sent.add(statement)

    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", note)
    yield sent
    sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", note)


@pytest.fixture
def site(environment, mariadb, tmp_path, statements):
    environment |= {"DATABASE_URL": mariadb.new_database("revive_grammar"), "WEIGHTS_DIR": str(tmp_path / "weights")}
    app = create_app(config.load(environment | {"SHARE_DAYS": "30", "TRY_WITHOUT_ACCOUNT": "yes"}) | {"TESTING": True})
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO users (name) VALUES (%s) RETURNING id",
        "ALTER TABLE jobs ADD COLUMN IF NOT EXISTS trace VARCHAR(55)",
        "SELECT rank FROM jobs",
        "SELECT FROM WHERE",
    ],
)
def test_what_mysql_does_not_take_is_found(statement):
    assert find_trouble(statement)


def test_the_migrations_are_mysql_s_grammar_up_and_down(site, statements):
    with site.app_context():
        upgrade()
        downgrade(revision="base")
        upgrade()
    assert sum("CREATE TABLE" in statement for statement in statements) >= len(db.metadata.tables)
    assert {statement: trouble for statement in statements if (trouble := find_trouble(statement))} == {}


def test_a_day_of_the_site_is_mysql_s_grammar(site, statements):
    with site.app_context():
        upgrade()
        statements.clear()
    live_a_day(site)
    told = {statement: trouble for statement in statements if (trouble := find_trouble(statement))}
    assert told == {} and len(statements) > 120
    kinds = {statement.split()[0].upper() for statement in statements}
    assert {"SELECT", "INSERT", "UPDATE", "DELETE"} <= kinds


def live_a_day(site) -> None:
    """Register, run jobs, share, look at every page of an owner and an administrator, tidy up."""
    browser = Browser(site)
    browser.ask_for_code("mary@example.com")
    browser.register("mary@example.com", code_in(deliver(site)[0]))
    program = Program(site)
    jobs = [program.start_job(brightness="2") for _number in range(2)]
    with site.app_context():
        db.session.add(Worker(id="a:b:1:1", seen_at=utc_now()))
        db.session.commit()
        for job_id in jobs:
            run_job(job_id)
    owner = sign_in_person(site, "12345", "192.0.2.9")
    for path in ("", "account", "jobs", "albums", "jobs?q=a&service=adjust", f"jobs/{jobs[0]}", "account/data"):
        owner.get(f"/12345/{path}", follow_redirects=True)
    token = owner.token_of("/12345/account")
    owner.post(f"/12345/jobs/{jobs[0]}/shares", {"days": "7"}, token=token)
    owner.post("/12345/albums", {"name": "Garden", "photos": jobs}, token=token)
    owner.post(f"/12345/jobs/{jobs[1]}/deletion", token=token)
    Browser(site, "192.0.2.10").post("/guests")
    make_user(site, "10001", is_admin=True)
    chief = sign_in_person(site, "10001", "192.0.2.11")
    token = chief.token_of("/admin/")
    for path in ("", "users?q=1", "users?state=disabled&order=seen", "users/2", "jobs?user=12345", "queue", "weights"):
        chief.get(f"/admin/{path}")
    for path in ("storage", "audit?actor=10001", "settings", "invitations"):
        chief.get(f"/admin/{path}")
    chief.post("/admin/settings", {"was.SITE_TITLE": "", "SITE_TITLE": "Lab"}, token=token)
    chief.post("/admin/settings/SITE_TITLE/default", token=token)
    chief.post("/admin/invitations", {"days": "7", "uses": "1"}, token=token)
    for path, fields in (("disablement", {"reason": "x"}), ("enablement", {}), ("deletion", {"confirm": "12345"})):
        chief.post(f"/admin/users/2/{path}", fields, token=token)
    site.test_client().get("/healthz")
    with site.app_context():
        recovery.purge()
        maintenance.remove_expired()
