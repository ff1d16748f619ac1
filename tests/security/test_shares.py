"""Threads of the web server: shared among accounts, and none of those for pages is taken by pictures."""

import threading

import pytest

from jobs.quotas import MEGABYTE
from server import ARCHIVE, PAGE, WAIT, WORK
from server.channel import Pace
from server.dispatcher import Turn, Turns, WorkThreads
from tests.accounts.people import make_user, sign_in_person
from tests.api.support import make_token
from views.http.admission import FORM_BYTES


def turns(most: int, *accounts: str) -> Turns:
    queue = Turns(most)
    for account in accounts:
        queue.append(Turn(None, account, None))
    return queue


def test_accounts_take_turns_however_much_one_of_them_sends():
    queue = turns(9, "anna", "anna", "anna", "ben", "cleo")
    assert [queue.popleft().account for _ in range(5)] == ["anna", "ben", "cleo", "anna", "anna"]
    assert not queue


def test_an_account_with_its_share_waits_and_others_go_on():
    queue = turns(2, "anna", "anna", "anna", "ben")
    taken = [queue.popleft() for _ in range(3)]
    assert sorted(turn.account for turn in taken) == ["anna", "anna", "ben"]
    assert len(queue) == 0
    queue.end(next(turn for turn in taken if turn.account == "anna"))
    assert (len(queue), queue.popleft().account) == (1, "anna")


class Task:
    """A request that is served until it is let go."""

    def __init__(self, let_go: threading.Event | None = None):
        self.begun, self._let_go = threading.Event(), let_go

    def service(self) -> None:
        self.begun.set()
        if self._let_go:
            self._let_go.wait(60)

    def cancel(self) -> None:
        """Nothing to give back."""


def test_others_are_served_at_once_while_every_request_of_one_account_takes_long():
    threads, let_go = WorkThreads(4), threading.Event()
    long, quick = [Task(let_go) for _ in range(8)], Task()
    try:
        for task in long:
            threads.add_task(Turn(task, "anna", threads))
        threads.add_task(Turn(quick, "ben", threads))
        assert quick.begun.wait(2)
        assert sum(task.begun.is_set() for task in long) <= 2
    finally:
        let_go.set()
        threads.shutdown(timeout=10)


def test_what_goes_on_is_not_too_slow_and_what_drips_is():
    pace = Pace(10)
    assert not pace.is_too_slow(0, 0) and not pace.is_too_slow(9, 0)
    assert not pace.is_too_slow(11, 20_000)
    assert not pace.is_too_slow(20, 20_011)
    assert pace.is_too_slow(22, 20_011)
    pace.reset()
    assert not pace.is_too_slow(100, 0)


@pytest.fixture
def admitted(app):
    browser = sign_in_person(app, "12345")
    cookie = browser.client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    cookies = f"{cookie.key}={cookie.value}"

    def ask(method: str, path: str, query: str = "", cookies: str = cookies, authorization: str = ""):
        return app.extensions["admission"](method, path, query, cookies, authorization)

    return ask


def test_pictures_are_work_and_pages_are_not(admitted):
    for path in ("/12345/adjust", "/12345/preview"):
        admission = admitted("POST", path)
        assert (admission.pool, admission.account) == (WORK, "12345")
        assert admission.max_body_bytes > 32 * MEGABYTE
    assert admitted("GET", "/12345/jobs/abc/result", "format=jpeg").pool == WORK
    for path in ("/12345/adjust", "/12345/jobs/abc/result", "/12345/", "/static/css/base.css", "//", "/nothing"):
        assert admitted("GET", path).pool == PAGE
    for path in ("/12345/account/password", "/12345/sharpen", "/12345//adjust", "/nothing"):
        assert admitted("POST", path).max_body_bytes == FORM_BYTES
    assert admitted("GET", "/12345/history/pictures.zip").pool == ARCHIVE


def test_the_script_of_a_page_is_admitted_to_the_api_like_its_form_and_takes_the_same_share(admitted):
    form, script = admitted("POST", "/12345/adjust"), admitted("POST", "/api/v1/tools/adjust/jobs")
    assert script == form and script.account == "12345"
    assert admitted("GET", "/api/v1/jobs/abc", "wait=20").account == "12345"
    assert admitted("POST", "/23456/adjust").account == "12345", "it is the session that tells whose share it is"


def test_all_who_have_links_get_no_more_threads_for_pictures_than_one_account(admitted):
    for cookies in ({}, {"cookies": ""}):
        admission = admitted("GET", "/shared/abc/picture", **cookies)
        assert (admission.pool, admission.account) == (WORK, "shared") and admission.max_body_bytes == FORM_BYTES
        assert admitted("GET", "/shared/abc", **cookies).pool == PAGE


@pytest.mark.parametrize("cookies", ["", "revive=forged", "revive=", "a=b; revive=eyJ9.x.y"])
def test_strangers_send_small_forms_only(admitted, cookies):
    for path in ("/12345/adjust", "/12345/preview", "/api/v1/tools/adjust/jobs", "/admin/weights", "/login"):
        admission = admitted("POST", path, "", cookies)
        assert (admission.max_body_bytes, admission.pool) == (FORM_BYTES, PAGE)


def test_a_token_of_this_site_admits_what_a_session_does_and_no_other_token(app, admitted):
    token = make_token(app)
    bearer = f"Bearer {token}"

    def ask(method: str, path: str, query: str = "", authorization: str = bearer):
        return app.extensions["admission"](method, f"/api/v1{path}", query, "", authorization)

    admission = ask("POST", "/tools/adjust/jobs")
    assert (admission.pool, admission.account) == (WORK, "12345") and admission.max_body_bytes > 32 * MEGABYTE
    assert ask("GET", "/jobs/abc", "wait=20").pool == WAIT and ask("GET", "/jobs/abc").pool == PAGE
    assert ask("GET", "/jobs/abc/result", "format=jpeg").pool == WORK and ask("GET", "/results.zip").pool == ARCHIVE
    assert ask("POST", "/deletions").max_body_bytes == FORM_BYTES
    for wrong in ("", "Bearer", f"Bearer {token}x", f"Basic {token}", "Bearer revive_W10.x"):
        admission = ask("POST", "/tools/adjust/jobs", "", wrong)
        assert (admission.max_body_bytes, admission.pool) == (FORM_BYTES, PAGE)
    assert admitted("POST", "/api/v1/tools/adjust/jobs", authorization="Bearer x").max_body_bytes == FORM_BYTES


def test_weights_are_sent_by_administrators_only(app, admitted):
    assert admitted("POST", "/admin/weights").max_body_bytes == FORM_BYTES
    make_user(app, "54321", is_admin=True)
    chief = sign_in_person(app, "54321")
    cookie = chief.client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    admission = admitted("POST", "/admin/weights", "", f"{cookie.key}={cookie.value}")
    assert admission.max_body_bytes > 1024 * MEGABYTE and admission.pool == WORK
