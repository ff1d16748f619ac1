"""A request whose body is held back acts for nobody whose session, account or rights have ended meanwhile."""

import io
import tempfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask, url_for
from sqlalchemy import delete, select, update
from werkzeug.datastructures import FileStorage

import config
from accounts import administration, password_change, sessions
from accounts.errors import FieldErrors, RightsEnded
from accounts.security import rights
from app import create_app
from jobs import account_deletion, trash
from jobs import administration as job_administration
from jobs.photos import albums
from models import (
    AccessToken,
    Album,
    AlbumPhoto,
    Event,
    Job,
    Setting,
    Share,
    User,
    UserSession,
    Webhook,
    WebhookDelivery,
    WeightsImport,
    db,
    utc_now,
)
from models.job import CANCELLED, DONE
from models.setting import PAUSED
from tests.accounts.people import NEW_PASSWORD, PASSWORD, make_user, sign_in_person
from tests.jobs.support import list_stored_files, make_job
from tests.security.held import post_held
from tests.support.engines import both_engines
from webhooks import registry

BY = administration.Administrator("54321", "10.0.0.1")
# Addresses that change no row and no picture: a ZIP has an address of its own, a preview is not kept, and weights that
# were never imported cannot be removed.
WITHOUT_EFFECT = {"history.download", "studio.preview", "admin.remove_weights"}


def list_private_posts() -> list[str]:
    """The endpoints of all addresses that change something for a signed-in person or an administrator."""
    with tempfile.TemporaryDirectory() as folder:
        rules = list(create_app(config.load({"INSTANCE_DIR": folder}) | {"TESTING": True}).url_map.iter_rules())
    private = (rule for rule in rules if rule.rule.startswith(("/<name:username>", "/admin")))
    return sorted(rule.endpoint for rule in private if "POST" in rule.methods)


PRIVATE_POSTS = list_private_posts()


@pytest.fixture(autouse=True)
def empty_weights(environment, tmp_path):
    environment["WEIGHTS_DIR"] = str(tmp_path / "weights")


def rows() -> dict[str, list]:
    """What people have, and who is signed in."""
    tables = (User, Job, UserSession, AccessToken, Setting, Share, WeightsImport, Webhook, WebhookDelivery)
    tables += (Album, AlbumPhoto)
    return {
        table.__tablename__: [tuple(row) for row in db.session.execute(select(*table.__table__.columns)).all()]
        for table in tables
    }


class Site:
    """An administrator 12345 who holds back a request, another administrator 54321, and a person 67890."""

    def __init__(self, app: Flask):
        self.app = app
        app.config["SHARE_DAYS"] = 30
        make_user(app, "54321", is_admin=True)
        sign_in_person(app, "67890")
        self.browser, _other_browser = sign_in_person(app), sign_in_person(app)
        with app.app_context():
            self.own_id, self.other_id = (self.id_of(name) for name in ("12345", "67890"))
            self.set(User, self.own_id, is_admin=True)
            owner = registry.Owner(self.own_id, "12345", None)
            self.webhook = registry.add(owner, "https://example.com/", PASSWORD).id
            self.own_job, self.other_job = make_job(self.own_id), make_job(self.other_id)
            self.album = albums.create(self.own_id, "Summer", [self.own_job]).id
            mine = select(UserSession.id).where(UserSession.user_id == self.own_id)
            self.shares = {owner: self.add_share(job) for owner, job in self.list_jobs()}
            self.tokens = {owner: self.add_token(owner) for owner in (self.own_id, self.other_id)}
            self.other_session = db.session.scalar(mine.order_by(UserSession.id.desc()))
        self.token = self.browser.token_of("/12345/account")

    def id_of(self, name: str) -> int:
        return db.session.scalar(select(User.id).where(User.name == name))

    def list_jobs(self) -> list[tuple[int, str]]:
        return [(self.own_id, self.own_job), (self.other_id, self.other_job)]

    def add_share(self, job_id: str) -> int:
        row = Share(job_id=job_id, token_hash=job_id, expires_at=utc_now() + timedelta(days=1))
        db.session.add(row)
        db.session.commit()
        return row.id

    def add_token(self, owner: int) -> int:
        ends = utc_now() + timedelta(days=1)
        row = AccessToken(user_id=owner, name="a test", token_hash=str(owner), scopes="read", expires_at=ends)
        db.session.add(row)
        db.session.commit()
        return row.id

    def set(self, table: type, row_id: object, **columns: object) -> None:
        db.session.execute(update(table).where(table.id == row_id).values(**columns))
        db.session.commit()

    def prepare(self, endpoint: str) -> None:
        """Bring the rows into a state in which a post to this endpoint has an effect."""
        if endpoint in {"jobs.retry", "admin.retry_job"}:
            self.set(Job, self.other_job if endpoint.startswith("admin") else self.own_job, status=CANCELLED)
        elif endpoint == "jobs.choose":
            self.set(Job, self.own_job, status=DONE, alternatives=2, chosen=0, result_file="answer-1.png")
        elif endpoint == "shares.create":
            self.set(Job, self.own_job, status=DONE, result_file="result.png")
        elif endpoint in {"history.restore", "history.erase"}:
            trash.put(self.own_id, [self.own_job])
        elif endpoint == "admin.enable":
            self.set(User, self.other_id, disabled_at=utc_now())
        elif endpoint == "admin.demote":
            self.set(User, self.other_id, is_admin=True)
        elif endpoint == "admin.resume_queue":
            db.session.add(Setting(key=PAUSED, number=1))
            db.session.commit()

    def fields(self, endpoint: str) -> dict:
        """Return the form of an endpoint, filled in so that it has an effect."""
        forms = {
            "account.password": {"current": PASSWORD, "password": NEW_PASSWORD, "confirm": NEW_PASSWORD},
            "account.delete": {"deletion_password": PASSWORD},
            "account.theme": {"theme": "dark"},
            "account.create_token": {
                "token_name": "a program",
                "token_scopes": "read",
                "token_days": "30",
                "token_password": PASSWORD,
            },
            "webhooks.add": {"webhook_url": "https://hooks.example.com/", "webhook_password": PASSWORD},
            "webhooks.switch": {"active": "0"},
            "albums.rename": {"name": "Winter"},
            "albums.run": {"service": "adjust", "from_which": "original", "brightness": "3"},
            "jobs.choose": {"answer": "1"},
            "shares.create": {"days": "7"},
            "jobs.rename": {"title": "Another name"},
            "jobs.rerun": {"brightness": "3"},
            "studio.studio": {"from_job": self.own_job, "brightness": "3"},
            "admin.new_user": {"username": "77777"},
            "admin.disable": {"reason": "Spam"},
            "admin.quotas": {"jobs_per_day_limit": "1"},
            "admin.delete_user": {"confirm": "67890"},
            "admin.import_weights": {"name": "u2netp", "file": FileStorage(io.BytesIO(b"tensors"), "u2netp.pth")},
        }
        selects = endpoint.startswith("history.") or endpoint in {"albums.add", "albums.remove"}
        chosen = {"id": self.own_job} if selects else {}
        return {"csrf_token": self.token, **chosen, **forms.get(endpoint, {})}

    def path(self, endpoint: str) -> str:
        values = {"username": "12345", "service": "adjust", "user_id": self.other_id, "name": "u2netp"}
        values |= {"webhook_id": self.webhook, "key": "adjust"}
        values["share_id"] = self.shares[self.other_id if endpoint.startswith("admin.") else self.own_id]
        if endpoint == "account.end_session":
            values["id"] = self.other_session
        elif endpoint.startswith("albums."):
            values["id"] = self.album
        elif endpoint.endswith(".revoke_token"):
            values["id"] = self.tokens[self.other_id if endpoint.startswith("admin.") else self.own_id]
        else:
            values["id"] = self.other_job if endpoint.startswith("admin.") else self.own_job
        (rule,) = (r for r in self.app.url_map.iter_rules(endpoint) if "POST" in r.methods)
        with self.app.test_request_context():
            return url_for(endpoint, **{name: values[name] for name in rule.arguments})

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

    def hold(self, endpoint: str, end: Callable[["Site"], None]) -> tuple[int, tuple, tuple]:
        """Post to an address while the account ends; return the status, what there was just after that, and later."""
        after_end = []

        def happen() -> None:
            with self.app.app_context():
                end(self)
                after_end.append((rows(), list_stored_files(self.app)))

        with self.app.app_context():
            self.prepare(endpoint)
        status = post_held(self.browser, self.path(endpoint), self.fields(endpoint), happen)
        with self.app.app_context():
            return status, after_end[0], (rows(), list_stored_files(self.app))


@pytest.fixture
def site(app) -> Site:
    return Site(app)


@pytest.mark.parametrize("end", [Site.delete_and_register, Site.disable, Site.sign_out], ids=lambda end: end.__name__)
@pytest.mark.parametrize("endpoint", PRIVATE_POSTS)
def test_a_held_request_has_no_effect_once_the_session_or_the_account_has_ended(site, endpoint, end):
    status, after_end, later = site.hold(endpoint, end)
    assert later == after_end
    assert status in {303, 401, 404}


@pytest.mark.parametrize("endpoint", [endpoint for endpoint in PRIVATE_POSTS if endpoint.startswith("admin.")])
def test_a_held_request_of_the_administration_has_no_effect_once_its_sender_is_demoted(site, endpoint):
    status, after_end, later = site.hold(endpoint, Site.demote)
    assert later == after_end
    assert status == 404


@pytest.mark.parametrize("endpoint", PRIVATE_POSTS)
def test_the_same_request_has_its_effect_where_nothing_ends(site, endpoint):
    _status, before, later = site.hold(endpoint, lambda _site: None)
    assert (later != before) == (endpoint not in WITHOUT_EFFECT)


@both_engines
@pytest.mark.parametrize(
    "verb", ["promote", "demote", "disable", "force_new_password", "set_quotas", "delete", "pause"]
)
def test_a_verb_of_the_administration_looks_at_the_rights_in_its_own_transaction(app, verb):
    site = Site(app)
    with app.app_context():
        by = administration.Administrator("12345", "10.0.0.1")
        _user, token = sessions.sign_in("12345", PASSWORD, None)
        rights.remember(site.own_id, sessions.hash_token(token), is_administration=True)
        with app.app_context():  # this context may have read what was before that
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
        with pytest.raises(RightsEnded):
            calls[verb]()
        db.session.rollback()
        assert rows() == before and db.session.get(Setting, PAUSED) is None


@both_engines
def test_S1_the_number_of_a_deleted_account_a_session_or_a_line_of_the_log_is_never_given_again(app):
    def last_ids() -> list[int]:
        return [db.session.scalar(db.func.max(table.id)) or 0 for table in (User, UserSession, Event)]

    sign_in_person(app)
    with app.app_context():
        before = last_ids()
        for table in (Event, UserSession, User):
            db.session.execute(delete(table))
        db.session.commit()
    sign_in_person(app, "67890")
    with app.app_context():
        assert all(new > old for new, old in zip(last_ids(), before, strict=True))


@both_engines
def test_a_password_is_not_changed_by_a_session_that_ended_meanwhile(app):
    sign_in_person(app)
    with app.app_context():
        user = db.session.scalar(select(User).where(User.name == "12345"))
        with pytest.raises(FieldErrors):
            password_change.change(user, PASSWORD, NEW_PASSWORD, NEW_PASSWORD, "no such session", None)
        assert sessions.sign_in("12345", PASSWORD, None)
