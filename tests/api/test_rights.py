"""A token, an account or its rights may end while a request is on its way: then nothing is written."""

import json

import pytest
from sqlalchemy import delete, select

from accounts import administration
from accounts.security import rights
from jobs import account_deletion, trash
from jobs.photos import albums
from models import AccessToken, ChangedSetting, Job, Setting, User, db, utc_now
from models.job import CANCELLED
from models.setting import PAUSED
from tests.accounts.people import make_user
from tests.api.support import API, Program
from tests.jobs.support import list_stored_files, make_job
from tests.security.held import HeldBody
from tests.security.held_site import CHANGEABLE_SETTING, add_invitation, have_cut_out_prints, rows
from views.api.operation import OPERATIONS
from views.http.guards import UNSAFE_METHODS

BY = administration.Administrator("54321", "10.0.0.1")
CHANGING = [said for said in OPERATIONS if said.method != "GET"]
BODIES = {
    "change_job": {"title": "Another name"},
    "change_album": {"name": "Another name"},
    "run_album": {"service": "adjust", "options": {"brightness": 3}},
    "admin_disable": {"reason": "Spam"},
    "admin_limits": {"jobs_per_day_limit": 1},
    "admin_create_invitation": {"note": "Mary"},
    "admin_change_setting": {"value": 5},
}


class Site:
    """An administrator 12345 whose program changes something, another administrator, and a person 67890."""

    def __init__(self, app):
        self.app = app
        make_user(app, "54321", is_admin=True)
        make_user(app, "67890")
        self.program = Program(app, scopes="read jobs admin", is_admin=True)
        with app.app_context():
            self.own_id, self.other_id = (
                db.session.scalar(select(User.id).where(User.name == name)) for name in ("12345", "67890")
            )
            self.job_id = make_job(self.own_id)
            self.album_id = albums.create(self.own_id, "Summer").id
            self.invitation = add_invitation()

    def prepare(self, endpoint: str) -> None:
        """Bring the rows into a state in which the request has an effect."""
        if endpoint in {"retry_job", "admin_retry_job"}:
            db.session.execute(db.update(Job).values(status=CANCELLED))
        elif endpoint == "restore_jobs":
            trash.put(self.own_id, [self.job_id])
        elif endpoint in {"remove_photos", "run_album"}:
            albums.add(self.own_id, self.album_id, [self.job_id])
        elif endpoint == "make_photos":
            have_cut_out_prints(self.job_id)
        elif endpoint == "admin_enable":
            db.session.execute(db.update(User).where(User.id == self.other_id).values(disabled_at=utc_now()))
        elif endpoint == "admin_resume_queue":
            db.session.add(Setting(key=PAUSED, number=1))
        elif endpoint == "admin_take_back_setting":
            db.session.add(ChangedSetting(name=CHANGEABLE_SETTING, value="5"))
        db.session.commit()

    def ask(self, said, end) -> tuple[int, tuple, tuple]:
        """Send the request; `end` happens while its body is held back. Return the status, what there was, and is."""
        seen = []

        def happen() -> None:
            with self.app.app_context():
                end(self)
                seen.append((rows(), list_stored_files(self.app)))

        with self.app.app_context():
            self.prepare(said.endpoint)
        body, kind = self.body(said.endpoint)
        environ = {"wsgi.input": HeldBody(body, happen), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": kind}
        number = self.invitation if "/invitations/" in said.path else self.other_id
        path = said.path.replace("<int(max=2147483647):id>", str(number)).replace("<name>", CHANGEABLE_SETTING)
        own_id = self.album_id if said.path.startswith("/albums/") else self.job_id
        path = path.replace("<id>", own_id).replace("<service>", "adjust")
        status = self.program.ask(said.method, path, environ_overrides=environ).status_code
        with self.app.app_context():
            return status, seen[0], (rows(), list_stored_files(self.app))

    def body(self, endpoint: str) -> tuple[bytes, str]:
        if endpoint == "create_job":
            return f"from_job={self.job_id}&brightness=3".encode(), "application/x-www-form-urlencoded"
        return json.dumps(BODIES.get(endpoint, {"ids": [self.job_id]})).encode(), "application/json"

    def revoke(self) -> None:
        db.session.execute(delete(AccessToken))
        db.session.commit()

    def expire(self) -> None:
        db.session.execute(db.update(AccessToken).values(expires_at=utc_now()))
        db.session.commit()

    def disable(self) -> None:
        administration.disable(BY, self.own_id, "Spam")

    def remove(self) -> None:
        account_deletion.remove(self.own_id, BY.name, BY.address)

    def demote(self) -> None:
        administration.demote(BY, self.own_id)


def named(said) -> str:
    return said.endpoint


@pytest.mark.parametrize("end", [Site.revoke, Site.disable], ids=lambda end: end.__name__)
@pytest.mark.parametrize("said", CHANGING, ids=named)
def test_a_held_request_has_no_effect_once_its_token_or_account_has_ended(app, said, end):
    status, before, later = Site(app).ask(said, end)
    assert (later, status) == (before, 401)


@pytest.mark.parametrize("said", [said for said in CHANGING if said.scope == "admin"], ids=named)
def test_a_held_request_of_the_administration_has_no_effect_once_its_sender_is_demoted(app, said):
    status, before, later = Site(app).ask(said, Site.demote)
    assert (later, status) == (before, 403)


@pytest.mark.parametrize("said", CHANGING, ids=named)
def test_the_same_request_has_its_effect_where_nothing_ends(app, said):
    status, before, later = Site(app).ask(said, lambda _site: None)
    assert later != before and status == said.status


@pytest.mark.parametrize("end", [Site.revoke, Site.expire, Site.disable, Site.remove], ids=lambda end: end.__name__)
@pytest.mark.parametrize("endpoint", ["change_job", "create_job", "delete_job", "admin_limits"])
def test_nothing_is_written_once_the_token_ended_between_check_and_write(app, monkeypatch, endpoint, end):
    site, verify, ended = Site(app), rights._verify, []

    def verify_late(session) -> None:
        if rights._CLAIM in session.info and not ended:
            ended.append(True)
            with app.app_context():
                end(site)
                ended.append((rows(), list_stored_files(app)))
        verify(session)

    monkeypatch.setattr(rights, "_verify", verify_late)
    (said,) = (each for each in OPERATIONS if each.endpoint == endpoint)
    status, _before, later = site.ask(said, lambda _site: None)
    assert status == 401 and later[0] == ended[1][0] and set(later[1]) <= set(ended[1][1])


def test_every_operation_that_changes_something_is_held_by_a_scope(app):
    assert all(said.scope in {"jobs", "admin"} for said in CHANGING)
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(API) and rule.methods & UNSAFE_METHODS]
    assert {rule.endpoint.removeprefix("api.") for rule in rules} <= {said.endpoint for said in CHANGING}
