"""What a guest may see and do, how one begins, and how one becomes a user."""

import re

import pytest

from accounts.security import limits
from models import User, db
from tests.accounts.people import JSON, PASSWORD, Browser, code_in, deliver, make_user, sign_in_person
from tests.guests.support import Guest, list_rows, set_clock
from tests.jobs.support import picture
from views.http.guest_pages import is_for_guests

FORBIDDEN = [
    ("get", "account"),
    ("get", "account/data"),
    ("post", "account/password"),
    ("post", "account/deletion"),
    ("post", "account/tokens"),
    ("post", "account/webhooks"),
    ("post", "account/sessions/end/all"),
    ("post", "account/theme"),
    ("post", "jobs/{job}/shares"),
    ("post", "shares/1/revocation"),
    ("get", "albums"),
    ("post", "albums"),
    ("post", "albums/photos"),
]


def test_where_it_is_off_nobody_becomes_a_guest_and_no_page_speaks_of_it(app):
    app.config["TRY_WITHOUT_ACCOUNT"] = False
    browser = Browser(app)
    assert browser.post("/guests").status_code == 404
    assert browser.post("/guests", headers=JSON).json["error"]["key"] == "not_found"
    for path in ("/", "/tools/adjust", "/login"):
        assert "Try it now" not in browser.get(path).text
    assert list_rows(app) == ([], [])


def test_one_press_leads_to_the_tool_that_was_looked_at(app):
    browser = Browser(app)
    page = browser.get("/tools/adjust").text
    onward = re.search(r'action="/guests">.*?name="next" value="([^"]*)"', page, re.DOTALL)[1]
    response = browser.post("/guests", {"next": onward})
    assert (response.status_code, response.location) == (303, "/tools/adjust")
    studio = browser.get(response.location, follow_redirects=True).text
    assert 'id="tool"' in studio and "You have no account here" in studio and "up to 32 MB and 2 megapixels" in studio


def test_a_guest_is_led_nowhere_else(app):
    assert Browser(app).post("/guests", {"next": "https://evil.example/"}).location.startswith("/guest-")


def test_who_is_signed_in_stays_who_they_are(app):
    browser = sign_in_person(app)
    assert browser.post("/guests").location == "/12345/"
    assert list_rows(app)[0] == ["12345"]


def test_a_guest_who_presses_again_stays_the_same(guest):
    assert guest.start().location == guest.home
    assert len(list_rows(guest.app)[0]) == 1


def test_a_guest_does_all_that_one_does_with_a_picture(guest):
    job = f"{guest.home}jobs/{guest.make_job()}"
    shown = guest.get(job)
    assert shown.status_code == 200 and "Share by a link" not in shown.text
    assert guest.get(f"{job}/original").status_code == guest.get(f"{guest.home}history").status_code == 200
    assert guest.ask_api("get", f"/jobs/{job.rpartition('/')[2]}").json["status"] == "queued"
    assert guest.post(f"{job}/deletion").status_code == 303
    assert guest.get(job).status_code == 404


def test_a_guest_s_pages_speak_of_no_albums(app, guest):
    """Nor do they load what makes an album of a batch: its address is closed to guests."""
    guest.make_job()
    for path in ("", "adjust", "history"):
        page = guest.get(guest.home + path)
        assert page.status_code == 200 and "album" not in re.sub(r"/static/css/albums.css", "", page.text).lower(), path
    person = sign_in_person(app)
    assert "batch-album" in person.get("/12345/adjust").text


def test_C07_another_guest_s_jobs_look_like_missing_ones(app, guest):
    job, other = guest.make_job(), Guest(app, "10.0.0.2")
    for place in ("", "/original", "/thumbnail", "/preview", "/mask"):
        missing = other.get(f"{other.home}jobs/{'0' * 32}{place}", headers=JSON)
        foreign = other.get(f"{other.home}jobs/{job}{place}", headers=JSON)
        assert (foreign.status_code, foreign.json) == (404, missing.json)
    for act in ("deletion", "cancellation", "title", "rerun"):
        assert other.post(f"{other.home}jobs/{job}/{act}").status_code == 404
    assert other.ask_api("get", f"/jobs/{job}").status_code == 404
    assert other.get(f"{guest.home}jobs/{job}").location == other.home
    assert other.post(f"{other.home}adjust", {"from_job": job}).status_code == 404


@pytest.mark.parametrize("method, path", FORBIDDEN)
def test_C07_what_only_accounts_have_leads_to_the_form_that_makes_one(app, guest, method, path):
    app.config["SHARE_DAYS"] = 7
    address = guest.home + path.format(job=guest.make_job() if "{job}" in path else "")
    response = getattr(guest, method)(address)
    assert (response.status_code, response.location) == (303, "/register")
    refused = getattr(guest, method)(address, headers=JSON)
    assert (refused.status_code, refused.json["error"]["key"]) == (403, "account_needed")


def test_a_guest_has_these_addresses_and_no_others(app):
    """Whoever adds an address says here that guests have it too, or leaves it to accounts."""
    blueprints = {"home", "auth", "languages", "guests", "ops", "studio", "jobs", "history"}
    others = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.partition(".")[0] not in blueprints}
    public = {"static", "shares.show", "shares.preview", "shares.picture"}
    scripts = {"api.job", "api.create_job", "api.cancel_job", "api.docs", "api.openapi", "api.tools", "api.tool"}
    assert {endpoint for endpoint in others if is_for_guests(endpoint)} == public | scripts


def test_the_api_and_the_administration_are_closed_to_guests(guest):
    assert guest.get("/admin/").status_code == 404
    for method, path in (("get", "/account"), ("get", "/jobs"), ("post", "/deletions"), ("get", "/results.zip")):
        assert guest.ask_api(method, path).status_code == 403, path
    assert guest.get(f"/api/v1/jobs/{guest.make_job()}").status_code == 401  # the cookie alone opens nothing


def test_nobody_signs_in_to_a_guest_nor_registers_its_name(app, guest):
    stranger = Browser(app, "10.0.0.9")
    for password in ("", PASSWORD):
        assert stranger.sign_in(guest.name, password).status_code == 400
    for name in (guest.name, "somebody@guests.invalid", "x@GUESTS.invalid"):
        assert stranger.ask_for_code(name).status_code == 400
        assert stranger.ask_for_code(name, "reset").status_code == 400
    assert deliver(app) == []


def test_C07_a_guest_s_session_is_new_whatever_the_browser_brought(app):
    """Fixation: a cookie that somebody else set before is worth nothing afterwards."""
    attacker, victim = Guest(app, "10.0.0.3"), Browser(app, "10.0.0.4")
    planted = attacker.client.get_cookie("revive").value
    victim.client.set_cookie("revive", planted)
    make_user(app)
    assert victim.sign_in("12345").status_code == 303
    assert victim.client.get_cookie("revive").value != planted
    assert Browser.get(attacker, attacker.home).location == "/"  # who was a guest here is gone
    assert victim.get("/").location == "/12345/"


@pytest.mark.parametrize("keep", [True, False])
def test_who_signs_in_takes_the_pictures_along_or_leaves_them(app, guest, keep):
    make_user(app)
    job = guest.make_job()
    assert "Keep the picture that I tried" in guest.get("/login").text
    assert guest.sign_in("12345").status_code == 303 if not keep else take_along(guest).status_code == 303
    assert list_rows(app) == (["12345"], [(job, "12345")] if keep else [])
    assert guest.get(f"/12345/jobs/{job}/original").status_code == (200 if keep else 404)
    assert guest.get(guest.home).location == "/12345/"


def take_along(guest):
    return guest.post("/login", {"username": "12345", "password": PASSWORD, "keep_pictures": "1"})


def test_who_registers_takes_the_pictures_along(app, guest):
    job = guest.make_job()
    guest.ask_for_code("12345")
    fields = {"username": "12345", "password": PASSWORD, "confirm": PASSWORD, "code": code_in(deliver(app)[0])}
    assert guest.post("/register", fields | {"keep_pictures": "1"}).location == "/12345/"
    assert list_rows(app) == (["12345"], [(job, "12345")])


def test_a_wrong_password_takes_nothing(app, guest):
    make_user(app)
    job = guest.make_job()
    assert guest.sign_in("12345", "wrong-Password1").status_code == 400
    assert list_rows(app)[1] == [(job, guest.name)]


def test_leaving_deletes_all_at_once(app, guest):
    job = guest.make_job()
    assert guest.post("/logout").location == "/"
    assert list_rows(app) == ([], []) and not (app.config["STORAGE_DIR"] / job[:2] / job).exists()


def test_after_an_hour_the_session_is_over_and_the_front_page_says_so(app, guest, monkeypatch):
    with app.app_context():
        until = db.session.scalar(db.select(User.guest_until))
    set_clock(monkeypatch, until)
    assert guest.get(guest.home).location == "/"
    assert "your pictures are deleted" in guest.get("/").text
    assert "your pictures are deleted" not in guest.get("/").text
    assert guest.start().status_code == 303


def test_a_picture_that_is_too_large_is_refused_in_words(guest):
    refused = guest.upload(picture(2000, 1001))
    assert refused.status_code == 400 and "may have 2 megapixels" in refused.text
    assert guest.upload(picture(2000, 1000)).status_code == 303


def test_one_address_begins_five_times_in_an_hour_and_so_does_an_ipv6_network(app):
    for network in ("10.0.0.7", "2001:db8::{}"):
        browsers = [Browser(app, network.format(number)) for number in range(1, 7)]
        responses = [browser.post("/guests") for browser in browsers]
        assert [response.status_code for response in responses] == [303] * 5 + [429]
        assert "create an account" in responses[-1].text and int(responses[-1].headers["Retry-After"]) > 60


def test_C08_a_flood_from_many_addresses_ends_at_the_number_for_everybody(app, monkeypatch):
    monkeypatch.setattr(limits, "GUESTS", limits.Limit("guests", address="5/hour", everybody="3/hour"))
    responses = [Browser(app, f"10.1.{number}.1").post("/guests").status_code for number in range(5)]
    assert responses == [303] * 3 + [429] * 2 and len(list_rows(app)[0]) == 3
