"""A request whose body is held back acts for nobody whose session, account or rights have ended meanwhile."""

import pytest
from sqlalchemy import delete, select

from accounts import administration, password_change, sessions
from accounts.errors import FieldErrors, RightsEnded
from accounts.security import rights
from jobs import administration as job_administration
from models import (
    Event,
    Setting,
    User,
    UserSession,
    db,
)
from models.setting import PAUSED
from tests.accounts.people import NEW_PASSWORD, PASSWORD, sign_in_person
from tests.security.held_site import PRIVATE_POSTS, WITHOUT_EFFECT, Site, make_site, rows
from tests.support.engines import both_engines


@pytest.fixture(autouse=True)
def empty_weights(environment, tmp_path):
    environment["WEIGHTS_DIR"] = str(tmp_path / "weights")


@pytest.fixture
def site(app) -> Site:
    return make_site(app)


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
    site = make_site(app)
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
