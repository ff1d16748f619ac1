"""A person with a browser, and jobs of theirs that no worker has ever seen."""

import secrets

import pytest

from models import Job, User, db
from tests.accounts.people import sign_in_person

NAME = "12345"


@pytest.fixture
def browser(app):
    return sign_in_person(app, NAME)


@pytest.fixture
def made(app, browser):
    """Put a job of the person into the database; return its id."""

    def make(**columns) -> str:
        job_id = secrets.token_hex(16)
        settings = {"service": "adjust", "original_file": "original.jpg", "width": 600, "height": 400, "number": 7}
        with app.app_context():
            user = User.query.filter_by(name=NAME).one()
            db.session.add(Job(id=job_id, user_id=user.id, **settings | columns))
            db.session.commit()
        return job_id

    return make
