"""A request whose body is held back acts for nobody whose session, account or rights have ended meanwhile."""

import io
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import delete, select

from accounts import administration, sessions
from app import create_app
from jobs import account_deletion
from models import Event, Job, User, UserSession, WeightsImport, db
from models.setting import PAUSED, Fact
from tests.accounts.people import NEW_PASSWORD, PASSWORD, Browser, make_user, signed_in
from tests.jobs.support import make_job
from tests.support.engines import both_engines

BY = administration.Administrator("54321", "10.0.0.1")
FORM = {
    "current": PASSWORD,
    "password": NEW_PASSWORD,
    "deletion_password": PASSWORD,
    "theme": "dark",
    "reason": "Spam",
    "title": "Another name",
    "username": "77777",
    "chosen": "0",
    "which": "original",
    "jobs_per_day_limit": "1",
    "brightness": "2",
}


class HeldBody(io.RawIOBase):
    """A body that arrives after something has happened."""

    def __init__(self, body: bytes, happen: Callable[[], None]):
        super().__init__()
        self.body, self.happen = io.BytesIO(body), happen

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        happen, self.happen = self.happen, None
        if happen:
            happen()
        return self.body.readinto(buffer)


def post_held(browser: Browser, path: str, fields: dict, happen: Callable[[], None]) -> int:
    """Send a form whose body is held back until `happen` has run; return the status of the answer."""
    body = urlencode(fields).encode()
    environ = {"wsgi.input": HeldBody(body, happen), "CONTENT_LENGTH": str(len(body)), **browser.environ}
    kind = "application/x-www-form-urlencoded"
    answer = browser.client.post(path, content_type=kind, environ_overrides=environ)
    return answer.status_code


def private_posts() -> list[str]:
    """The rules of all addresses that change something for a signed-in person or an administrator."""
    rules = create_app({**create_settings(), "TESTING": True}).url_map.iter_rules()
    return sorted(r.rule for r in rules if "POST" in r.methods and r.rule.startswith(("/<name:username>", "/admin")))


def create_settings() -> dict:
    import tempfile

    import config

    return config.load({"INSTANCE_DIR": tempfile.mkdtemp()})


PRIVATE_POSTS = private_posts()


@pytest.fixture(autouse=True)
def empty_weights(environment, tmp_path):
    environment["WEIGHTS_DIR"] = str(tmp_path / "weights")


def rows() -> dict[str, list]:
    """What people have, and who is signed in."""
    tables = (User, Job, UserSession, Fact, WeightsImport)
    return {
        table.__tablename__: [tuple(row) for row in db.session.execute(select(*table.__table__.columns)).all()]
        for table in tables
    }


def fill(rule: str, own_id: int, other_id: int, own_job: str, other_job: str) -> str:
    """Return the address of a rule: one's own pictures, and as an administrator somebody else's."""
    is_admin = rule.startswith("/admin")
    values = {
        "<name:username>": "12345",
        "<job_id>": other_job if is_admin else own_job,
        "<string:job_id>": other_job if is_admin else own_job,
        "<int(max=2147483647):user_id>": str(other_id),
        "<int(max=2147483647):id>": str(other_id if is_admin else 1),
        "<int:answer>": "0",
    }
    path = rule
    for part, value in values.items():
        path = path.replace(part, value)
    return path


class Site:
    """An administrator 12345 who holds back a request, another administrator 54321, and a person 67890."""

    def __init__(self, app: Flask):
        self.app = app
        make_user(app, "54321", is_admin=True)
        make_user(app, "67890")
        self.browser = signed_in(app)
        with app.app_context():
            self.own_id, self.other_id = (self.id_of(name) for name in ("12345", "67890"))
            db.session.execute(db.update(User).where(User.id == self.own_id).values(is_admin=True))
            db.session.commit()
            self.own_job, self.other_job = make_job(self.own_id), make_job(self.other_id)
        self.token = self.browser.token_of("/12345/account")

    def id_of(self, name: str) -> int:
        return db.session.scalar(select(User.id).where(User.name == name))

    def delete_and_register(self) -> None:
        """The account ends; the next person registers."""
        account_deletion.remove(self.own_id, BY.name, BY.address)
        make_user(self.app, "88888")
        assert self.id_of("88888") > self.own_id

    def disable(self) -> None:
        administration.disable(BY, self.own_id, "Spam")

    def demote(self) -> None:
        administration.demote(BY, self.own_id)

    def sign_out(self) -> None:
        db.session.execute(delete(UserSession).where(UserSession.user_id == self.own_id))
        db.session.commit()

    def hold(self, rule: str, end: Callable[["Site"], None]) -> tuple[int, dict, dict]:
        """Post to an address while the account ends; return the status, what there was just after that, and later."""
        path = fill(rule, self.own_id, self.other_id, self.own_job, self.other_job)
        confirm = NEW_PASSWORD if "password" in rule else "67890"
        after_end = {}

        def happen() -> None:
            with self.app.app_context():
                end(self)
                after_end.update(rows())

        status = post_held(self.browser, path, {**FORM, "confirm": confirm, "csrf_token": self.token}, happen)
        with self.app.app_context():
            return status, after_end, rows()


@pytest.fixture
def site(app) -> Site:
    return Site(app)


@pytest.mark.parametrize("end", [Site.delete_and_register, Site.disable, Site.sign_out], ids=lambda end: end.__name__)
@pytest.mark.parametrize("rule", PRIVATE_POSTS)
def test_a_held_request_has_no_effect_once_the_session_or_the_account_has_ended(site, rule, end):
    status, after_end, later = site.hold(rule, end)
    assert later == after_end
    assert status in {303, 401, 404}


@pytest.mark.parametrize("rule", [rule for rule in PRIVATE_POSTS if rule.startswith("/admin")])
def test_a_held_request_of_the_administration_has_no_effect_once_its_sender_is_demoted(site, rule):
    status, after_end, later = site.hold(rule, Site.demote)
    assert later == after_end
    assert status == 404


def test_the_same_requests_have_an_effect_where_nothing_ends(site):
    effective = 0
    for rule in PRIVATE_POSTS:
        status, before, later = site.hold(rule, lambda _site: None)
        effective += later != before
    assert effective >= 8


@both_engines
@pytest.mark.parametrize(
    "verb", ["promote", "demote", "disable", "force_new_password", "set_quotas", "delete", "pause"]
)
def test_a_verb_of_the_administration_looks_at_the_rights_in_its_own_transaction(app, verb):
    from accounts.errors import NoSuchAccount
    from jobs import administration as job_administration

    site = Site(app)
    with app.app_context():
        by = administration.Administrator("12345", "10.0.0.1", site.own_id)
        site.demote()
        before = rows()
        calls = {
            "promote": lambda: administration.promote(by, site.other_id),
            "demote": lambda: administration.demote(by, site.id_of("54321")),
            "disable": lambda: administration.disable(by, site.other_id, "Spam"),
            "force_new_password": lambda: administration.force_new_password(by, site.other_id),
            "set_quotas": lambda: administration.set_quotas(by, site.other_id, {"jobs_per_day_limit": "1"}),
            "delete": lambda: job_administration.delete_account(by, site.other_id, "67890"),
            "pause": lambda: job_administration.pause(by),
        }
        with pytest.raises(NoSuchAccount):
            calls[verb]()
        db.session.rollback()
        assert rows() == before and db.session.get(Fact, PAUSED) is None


@both_engines
def test_S1_the_number_of_a_deleted_account_a_session_or_a_line_of_the_log_is_never_given_again(app):
    def last_ids() -> list[int]:
        return [db.session.scalar(db.func.max(table.id)) or 0 for table in (User, UserSession, Event)]

    signed_in(app)
    with app.app_context():
        before = last_ids()
        for table in (Event, UserSession, User):
            db.session.execute(delete(table))
        db.session.commit()
    signed_in(app, "67890")
    with app.app_context():
        assert all(new > old for new, old in zip(last_ids(), before, strict=True))


@both_engines
def test_a_password_is_not_changed_by_a_session_that_ended_meanwhile(app):
    from accounts import password_change
    from accounts.errors import FieldErrors

    signed_in(app)
    with app.app_context():
        user = db.session.scalar(select(User).where(User.name == "12345"))
        with pytest.raises(FieldErrors):
            password_change.change(user, PASSWORD, NEW_PASSWORD, NEW_PASSWORD, "no such session", None)
        assert sessions.sign_in("12345", PASSWORD, None)
