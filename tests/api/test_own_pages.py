"""The pages of the site use the API as well: with the session of their person, and the token of the page."""

import pytest
from sqlalchemy import delete, select

from accounts.security import rights
from models import Job, User, UserSession, db
from tests.accounts.people import Browser, make_user, sign_in_person
from tests.api.support import API, make_token, refusal
from tests.jobs.support import make_job, picture, upload_by_script
from tests.security.held import HeldBody
from tests.support.engines import both_engines

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def browser(app) -> Browser:
    return sign_in_person(app)


@pytest.fixture
def job_id(app, browser) -> str:
    with app.app_context():
        return make_job(db.session.scalar(select(User.id).where(User.name == "12345")))


def title_of(app, job_id: str) -> str:
    with app.app_context():
        return db.session.scalar(select(Job.title).where(Job.id == job_id))


@both_engines
def test_a_page_does_what_its_person_may(browser):
    account = browser.ask_api("GET", "/account").json
    assert (account["name"], account["token"]) == ("12345", None)
    made = upload_by_script(browser, picture())
    assert made.status_code == 201 and "Set-Cookie" not in made.headers
    ended = browser.ask_api("POST", f"/jobs/{made.json['id']}/cancellation").json
    assert (ended["status"], ended["page_url"]) == ("cancelled", f"/12345/jobs/{made.json['id']}")


@pytest.mark.parametrize("brought", ["", "forged", "of another session"])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_session_without_the_token_of_its_page_is_refused(app, browser, job_id, caplog, method, brought):
    token = sign_in_person(app).token() if brought == "of another session" else brought
    response = browser.ask_api(method, f"/jobs/{job_id}", headers={"X-CSRFToken": token}, json={"title": "Mine"})
    assert refusal(response) == (400, "form_expired", None)
    assert title_of(app, job_id) == "" and "forged_request" in caplog.text


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://example.com"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_site_changes_nothing_even_with_the_token(app, browser, job_id, headers):
    response = browser.ask_api("PATCH", f"/jobs/{job_id}", headers=headers, json={"title": "Theirs"})
    assert refusal(response) == (400, "cross_site_request", None)
    assert title_of(app, job_id) == ""


@pytest.mark.parametrize("brought", ["Bearer", "Bearer x", "Basic MTIzNDU6eA=="])
def test_who_brings_an_access_token_is_judged_by_that_alone(browser, brought):
    assert refusal(browser.ask_api("GET", "/account", headers={"Authorization": brought})) == (
        401,
        "token_needed",
        None,
    )


def test_the_scopes_of_a_token_are_not_widened_by_a_cookie(app, browser, job_id):
    headers = {"Authorization": f"Bearer {make_token(app, scopes='read')}"}
    assert refusal(browser.ask_api("DELETE", f"/jobs/{job_id}", headers=headers)) == (403, "scope_needed", None)


def test_whose_session_has_ended_is_asked_to_sign_in(app, browser):
    token = browser.token()
    with app.app_context():
        db.session.execute(delete(UserSession))
        db.session.commit()
    response = browser.ask_api("GET", "/account", headers={"X-CSRFToken": token})
    assert refusal(response) == (401, "sign_in_needed", None) and "WWW-Authenticate" not in response.headers


def test_a_page_is_spoken_to_in_the_language_of_its_account(app, browser):
    with app.app_context():
        db.session.execute(db.update(User).values(language="zh"))
        db.session.commit()
    headers = {"Accept-Language": "en"}
    assert browser.ask_api("GET", "/tools/adjust", headers=headers).json["title"] == "调整"
    assert browser.client.get(f"{API}/tools/adjust", headers=headers).json["title"] == "Adjust"


def test_the_administration_is_for_sessions_of_administrators(app, browser):
    assert refusal(browser.ask_api("GET", "/admin/queue")) == (403, "forbidden", None)
    make_user(app, "54321", is_admin=True)
    assert sign_in_person(app, "54321").ask_api("GET", "/admin/queue").status_code == 200


@pytest.mark.parametrize("moment", ["while the body comes", "before the write"])
def test_nothing_is_written_once_the_session_has_ended(app, browser, job_id, monkeypatch, moment):
    def end() -> None:
        with app.app_context():
            db.session.execute(delete(UserSession))
            db.session.commit()

    def verify_late(session, ended=[]) -> None:  # noqa: B006  # once
        if rights._CLAIM in session.info and not ended:
            ended.append(True)
            end()
        verify(session)

    verify, body = rights._verify, b'{"title": "Too late"}'
    if moment == "before the write":
        monkeypatch.setattr(rights, "_verify", verify_late)
    held = HeldBody(body, end if moment == "while the body comes" else lambda: None)
    environ = {"wsgi.input": held, "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"}
    headers = {"X-CSRFToken": browser.token()}
    response = browser.client.patch(f"{API}/jobs/{job_id}", environ_overrides=environ, headers=headers)
    assert refusal(response) == (401, "sign_in_needed", None)
    assert title_of(app, job_id) == ""
