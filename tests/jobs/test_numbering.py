"""G06: jobs from before frames had numbers get them, each account by itself, in the order in which they were made."""

from datetime import timedelta

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import insert, inspect, select, table

import config
from app import create_app
from models import Job, User, db, utc_now
from tests.support.engines import both_engines

BEFORE = "0002"


@pytest.fixture
def old_site(request, engine, environment):
    """A site at the migration before, with the jobs of two accounts in it."""
    if engine == "mariadb":
        environment["DATABASE_URL"] = request.getfixturevalue("mariadb").new_database("revive_numbering")
    app = create_app(config.load(environment))
    with app.app_context():
        upgrade()
        db.session.add_all(User(id=n, name=f"{n}0000", password_hash="!") for n in (1, 2))
        db.session.commit()
        downgrade(revision=BEFORE)
        now = utc_now()
        for n in range(6):
            _add_old_job(f"{n:032x}", user_id=1 + n % 2, created_at=now - timedelta(minutes=n))
        db.session.commit()
        yield
        db.session.remove()
        db.engine.dispose()


def _add_old_job(job_id: str, **columns) -> None:
    """Insert a row with the columns of back then only."""
    known = {column["name"] for column in inspect(db.engine).get_columns("jobs")}
    defaults = {
        column.name: column.default.arg
        for column in Job.__table__.columns
        if column.name in known and column.default is not None and not callable(column.default.arg)
    }
    values = defaults | {"id": job_id, "service": "adjust", "options": {}, "original_file": "original.jpg"} | columns
    jobs = table("jobs", *(Job.__table__.columns[name]._copy() for name in known))
    db.session.execute(insert(jobs).values(**values))


@both_engines
def test_G06_jobs_that_were_there_are_numbered_and_nothing_else_is_made_up(old_site):
    for _ in range(2):
        upgrade()
        for user_id in (1, 2):
            jobs = list(db.session.scalars(select(Job).where(Job.user_id == user_id).order_by(Job.created_at)))
            assert [job.number for job in jobs] == [1, 2, 3]
            assert {
                (job.title, job.parent_id, job.alternatives, job.chosen, job.files, job.cache, job.deleted_at)
                for job in jobs
            } == {("", "", 0, None, None, None, None)}
        db.session.rollback()
        downgrade(revision=BEFORE)
