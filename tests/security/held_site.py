"""A site on which a request can be held back at every address that changes something."""

import atexit
import io
import shutil
import tempfile
from collections.abc import Callable
from copy import copy
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, url_for
from sqlalchemy import delete, select, update
from werkzeug.datastructures import FileStorage

import config
from accounts import administration
from app import create_app
from jobs import account_deletion, trash
from jobs.files import storage
from jobs.photos import albums
from models import (
    AccessToken,
    Album,
    AlbumPhoto,
    ChangedSetting,
    Invitation,
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
from services.base import CACHED_FRAME
from tests.accounts.people import NEW_PASSWORD, PASSWORD, Browser, make_user, sign_in_person
from tests.jobs.support import list_stored_files, make_job, picture
from tests.security.held import post_held
from views.admin.settings import WAS
from webhooks import registry

BY = administration.Administrator("54321", "10.0.0.1")
CHANGEABLE_SETTING = "MAX_ACTIVE_JOBS"
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


def rows() -> dict[str, list]:
    """What people have, and who is signed in."""
    tables = (User, Job, UserSession, AccessToken, Setting, Share, WeightsImport, Webhook, WebhookDelivery)
    tables += (Album, AlbumPhoto, ChangedSetting, Invitation)
    return {
        table.__tablename__: [tuple(row) for row in db.session.execute(select(*table.__table__.columns)).all()]
        for table in tables
    }


def store_pictures(job_id: str, count: int) -> None:
    """Store so many pictures to pick the result of a job from."""
    for number in range(count):
        storage.save(job_id, f"{storage.name_alternative(number)}.png", picture())


def have_cut_out_prints(job_id: str) -> None:
    """Make of a job one that has cut two prints out of its page."""
    store_pictures(job_id, 2)
    corners = "0,0,0.4,0,0.4,1,0,1,0.6,0,1,0,1,1,0.6,1"
    storage.save(job_id, storage.name_cache_file(CACHED_FRAME), corners.encode())
    done = {
        "status": DONE,
        "service": "scan",
        "options": {"upright": "keep"},
        "cache": [CACHED_FRAME],
        "result_file": "answer-1.png",
    }
    db.session.execute(update(Job).where(Job.id == job_id).values(**done))
    db.session.commit()


def add_invitation() -> int:
    """Make an invitation whose link nobody knows; return its id."""
    row = Invitation(token_hash="0" * 64, expires_at=utc_now() + timedelta(days=1))
    db.session.add(row)
    db.session.commit()
    return row.id


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
            self.invitation = add_invitation()
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
            store_pictures(self.own_job, 2)
        elif endpoint == "albums.separate":
            have_cut_out_prints(self.own_job)
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
        elif endpoint == "admin.take_back_setting":
            db.session.add(ChangedSetting(name=CHANGEABLE_SETTING, value="5"))
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
            "admin.settings": {CHANGEABLE_SETTING: "5", f"{WAS}{CHANGEABLE_SETTING}": "20"},
            "admin.invitations": {"note": "Mary", "days": "7", "uses": "1"},
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
        values |= {"webhook_id": self.webhook, "key": "adjust", "job_id": self.own_job}
        values |= {"setting": CHANGEABLE_SETTING, "invitation_id": self.invitation}
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


MADE: dict[str, Any] = {}


def make_site(app: Flask) -> Site:
    """Return a site as `Site(app)` makes it. On SQLite the first is made, and each later one is a copy of its files."""
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            return Site(app)
        instance = Path(db.engine.url.database).parent
        if not MADE:
            site = MADE["site"] = Site(app)
            MADE["cookies"] = dict(site.browser.client._cookies)
            MADE["files"] = Path(tempfile.mkdtemp())
            db.session.remove()
            db.engine.dispose()
            shutil.copytree(instance, MADE["files"], dirs_exist_ok=True)
            atexit.register(shutil.rmtree, MADE["files"])
            return site
        db.engine.dispose()
        shutil.copytree(MADE["files"], instance, dirs_exist_ok=True)
    app.config["SHARE_DAYS"] = MADE["site"].app.config["SHARE_DAYS"]
    site = copy(MADE["site"])
    site.app, site.browser = app, Browser(app)
    site.browser.client._cookies = dict(MADE["cookies"])
    return site
