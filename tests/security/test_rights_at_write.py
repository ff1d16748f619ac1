"""Account, session and rights may end between the check of a request and its first write: then nothing is written."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

from accounts import appearance
from accounts.security import rights
from jobs import account_deletion, lifecycle
from models import Job, User, db
from tests.accounts.people import JSON
from tests.jobs.support import list_stored_files
from tests.security.held_site import BY, PRIVATE_POSTS, WITHOUT_EFFECT, Site, make_site, rows
from tests.support.engines import both_engines

WRITING = sorted(set(PRIVATE_POSTS) - WITHOUT_EFFECT)
WAIT_SECONDS = 0.5


@pytest.fixture(autouse=True)
def empty_weights(environment, tmp_path):
    environment["WEIGHTS_DIR"] = str(tmp_path / "weights")


@pytest.fixture
def before_write(monkeypatch):
    """Call it with what shall happen once, in a moment after the check: before the first write of a request."""
    listening = []

    def listen(happen: Callable[[], None], insert: bool = True) -> None:
        def once(*_arguments) -> None:
            if rights._CLAIM in db.session.info and not done:
                done.append(True)
                happen()

        def statement(state) -> None:
            if not state.is_select and (insert or rights.ONLY_LOCKS not in state.execution_options):
                once()

        done, verify = [], rights.verify
        if insert:
            monkeypatch.setattr(rights, "verify", lambda: (once(), verify()))
        for name, hook in (("before_flush", once), ("do_orm_execute", statement)):
            event.listen(db.session, name, hook, insert=insert)
            listening.append((name, hook))

    yield listen
    for name, hook in listening:
        event.remove(db.session, name, hook)


def post(site: Site, endpoint: str, **options):
    with site.app.app_context():
        site.prepare(endpoint)
    fields = {name: value for name, value in site.fields(endpoint).items() if name != "csrf_token"}
    return site.browser.post(site.path(endpoint), fields, token=site.token, **options)


def is_unchanged(after_end: tuple, later: tuple) -> bool:
    """Say whether no row changed since the account ended, and no file came; a picture that was coming in is gone."""
    return later[0] == after_end[0] and set(later[1]) <= set(after_end[1])


def end_before_write(site: Site, before_write, endpoint: str, end: Callable[[Site], None], **options):
    """Post while the account ends just before the first write; return the response, what there was then, and later."""
    after_end = []

    def happen() -> None:
        with site.app.app_context():
            end(site)
            after_end.append((rows(), list_stored_files(site.app)))

    before_write(happen)
    response = post(site, endpoint, **options)
    with site.app.app_context():
        return response, after_end[0], (rows(), list_stored_files(site.app))


ENDS = [Site.delete_and_register, Site.disable, Site.sign_out]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
@pytest.mark.parametrize("endpoint", WRITING)
def test_nothing_is_written_for_who_is_signed_out_between_check_and_write(app, before_write, endpoint, end):
    response, after_end, later = end_before_write(make_site(app), before_write, endpoint, end)
    assert is_unchanged(after_end, later)
    assert response.status_code in {303, 404}


@pytest.mark.parametrize("endpoint", [name for name in WRITING if name.startswith("admin.")])
def test_nothing_is_written_for_who_is_demoted_between_check_and_write(app, before_write, endpoint):
    response, after_end, later = end_before_write(make_site(app), before_write, endpoint, Site.demote)
    assert is_unchanged(after_end, later)
    assert response.status_code == 404


@both_engines
@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
@pytest.mark.parametrize("endpoint", ["account.theme", "jobs.rename", "studio.studio", "history.delete"])
def test_on_both_engines_a_program_is_told_that_it_is_signed_out(app, before_write, endpoint, end):
    response, after_end, later = end_before_write(make_site(app), before_write, endpoint, end, headers=JSON)
    assert is_unchanged(after_end, later)
    assert (response.status_code, response.json["error"]["key"]) == (401, "sign_in_needed")


@both_engines
@pytest.mark.parametrize("endpoint", ["account.theme", "studio.studio", "account.delete", "admin.promote"])
def test_who_ends_an_account_waits_until_what_it_is_writing_is_written(app, before_write, endpoint):
    """Two connections: the second ends the account between the check in the transaction and the end of it."""
    site, ended = make_site(app), threading.Event()

    def end() -> None:
        with site.app.app_context():
            account_deletion.remove(site.other_id if endpoint == "account.delete" else site.own_id, BY.name, BY.address)
        ended.set()

    other = threading.Thread(target=end)
    waited = []

    def happen() -> None:
        other.start()
        waited.append(not ended.wait(WAIT_SECONDS))

    before_write(happen, insert=False)
    response = post(site, endpoint)
    other.join(30)
    assert (waited, response.status_code, ended.is_set()) == ([True], 303, True)
    with site.app.app_context():
        assert db.session.get(User, site.own_id) is None
        assert db.session.scalar(select(func.count()).where(Job.user_id == site.own_id)) == 0
        if endpoint == "admin.promote":
            assert db.session.get(User, site.other_id).is_admin


@pytest.mark.parametrize("error", [ObjectDeletedError, StaleDataError])
@pytest.mark.parametrize("gone", [True, False])
def test_a_row_that_is_gone_in_this_very_moment_is_told_and_no_fault_of_the_site(app, monkeypatch, error, gone):
    site = make_site(app)

    def fail(*_arguments) -> None:
        if gone:
            with site.app.app_context():
                site.delete_and_register()
        raise error("UPDATE matched no row") if error is StaleDataError else error(None, "gone")

    monkeypatch.setattr(appearance, "choose_theme", fail)
    response = post(site, "account.theme", headers=JSON)
    expected = (401, "sign_in_needed") if gone else (404, "not_found")
    assert (response.status_code, response.json["error"]["key"]) == expected
    assert post(site, "account.theme").status_code == (303 if gone else 404)


@both_engines
def test_a_job_erased_while_it_is_renamed_is_not_found(app, before_write):
    site = make_site(app)

    def erase() -> None:
        with site.app.app_context():
            lifecycle.erase(site.own_job)

    before_write(erase)
    assert post(site, "jobs.rename", headers=JSON).status_code == 404
