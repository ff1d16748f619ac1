"""Links that share a result: off unless a setting allows them, for one picture, until they end in one of many ways."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from accounts import data_export
from accounts.security import limits
from jobs import lifecycle, trash
from jobs.photos import shares
from models import Event, Job, Share, User, db, utc_now
from tests.accounts.people import JSON, Browser, sign_in_person
from tests.jobs.support import address, make_job, open_image, picture, run_job
from tests.support.engines import both_engines

SECRET_NAME = "Grandma Zhang, passport.jpg"


@pytest.fixture
def environment(environment):
    return environment | {"SHARE_DAYS": "30"}


@pytest.fixture
def done(owner_id) -> str:
    """A job with a result whose names and metadata say much."""
    return run_job(make_job(owner_id, picture(comment=b"taken at home"), SECRET_NAME)).id


@pytest.fixture
def share(owner, done) -> str:
    """The path of a link to that result."""
    return make_link(owner, done)


@pytest.fixture
def stranger(app) -> Browser:
    return Browser(app, "198.51.100.7")


def make_link(browser: Browser, job_id: str, days: str = "7") -> str:
    response = browser.post(address(job_id, "/shares"), {"days": days})
    assert response.status_code == 201, response.text
    return re.search(r'id="new-link" readonly value="http://localhost(/shared/[^"]+)"', response.text)[1]


def actions() -> list[str]:
    return list(db.session.scalars(select(Event.action).where(Event.action.startswith("share_")).order_by(Event.id)))


@both_engines
def test_whoever_has_the_link_sees_the_result_and_nothing_of_the_account(browser, app):
    with app.app_context():
        owner_id = db.session.scalar(select(User.id))
        done = run_job(make_job(owner_id, picture(), SECRET_NAME)).id
        number = db.session.get(Job, done).number
    link, stranger = make_link(browser, done), Browser(app, "198.51.100.7")
    page = stranger.get(link)
    assert page.status_code == 200 and "A shared picture" in page.text
    assert not [word for word in ("12345", "Grandma", done, f"{number:04}") if word in page.text]
    with app.app_context():
        ends = db.session.scalar(select(Share.expires_at)).strftime("%Y-%m-%dT%H:%M")
    assert f'This link ends <time datetime="{ends}' in page.text
    assert page.headers["X-Robots-Tag"].startswith("noindex") and 'name="robots" content="noindex' in page.text
    assert page.headers["Cache-Control"] == "private, no-store" and "same-origin" in page.headers["Referrer-Policy"]
    for place, format in (("/preview", "WEBP"), ("/picture", "JPEG")):
        response = stranger.get(link + place)
        image = open_image(response.data)
        assert (image.format, image.size) == (format, (60, 40)) and not image.getexif()
        assert "Grandma" not in str(response.headers) and response.headers["X-Robots-Tag"].startswith("noindex")
    assert "filename=revive-picture.jpg" in response.headers["Content-Disposition"].replace('"', "")
    for place in ("/original", "/mask", "/result"):
        assert stranger.get(link + place).status_code == 404
    with app.app_context():
        assert db.session.scalar(select(Share.views)) == 1
        assert actions() == ["share_created", "share_opened"]
        seen = db.session.scalar(select(Event).where(Event.action == "share_opened"))
        assert (seen.actor, seen.target, seen.address) == ("", "12345", "198.51.100.7")


def test_the_token_is_long_random_and_stored_nowhere(owner, done, share, app):
    token = share.rpartition("/")[2]
    assert len(token) >= 32 and make_link(owner, done) != share
    rows = [str(row) for table in (Share, Event) for row in db.session.execute(select(*table.__table__.columns))]
    assert not [row for row in rows if token in row]
    assert token not in owner.get(address(done)).text, "it is shown once"


def test_the_page_shows_a_new_link_once_and_revokes_it(owner, done, stranger):
    link = make_link(owner, done, "1")
    assert stranger.get(link).status_code == 200
    page = owner.get(address(done)).text
    assert "opened once" in page
    revocation = re.search(r'action="(/12345/shares/\d+/revocation)"', page)[1]
    assert owner.post(revocation, {"next": address(done)}).location == address(done)
    assert stranger.get(link).status_code == 404
    assert actions()[-1] == "share_revoked"
    assert owner.post(revocation).status_code == 303, "what is gone already is no error"


def expire(app, owner_id, job_id):
    db.session.execute(update(Share).values(expires_at=utc_now() - timedelta(seconds=1)))
    db.session.commit()


def switch_off(app, owner_id, job_id):
    app.config["SHARE_DAYS"] = 0


def delete_job(app, owner_id, job_id):
    lifecycle.delete(owner_id, job_id)


def erase_job(app, owner_id, job_id):
    lifecycle.erase(job_id)


def disable_account(app, owner_id, job_id):
    db.session.execute(update(User).where(User.id == owner_id).values(disabled_at=utc_now()))
    db.session.commit()


def lose_result(app, owner_id, job_id):
    db.session.execute(update(Job).values(result_file=""))
    db.session.commit()


ENDS = [expire, switch_off, delete_job, erase_job, disable_account, lose_result]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_a_link_that_has_ended_looks_like_one_that_never_was(app, owner_id, done, share, stranger, end):
    end(app, owner_id, done)
    never = stranger.get("/shared/" + "x" * 32)
    assert never.status_code == 404
    for place in ("", "/preview", "/picture"):
        response = stranger.get(share + place)
        assert (response.status_code, response.headers["X-Robots-Tag"][:7]) == (404, "noindex")
    mask = re.compile(r'(csrf_token" value|name="next" value)="[^"]+"')
    assert mask.sub("", stranger.get(share).text) == mask.sub("", never.text)


def test_a_deletion_that_is_taken_back_brings_the_link_back(owner_id, done, share, stranger):
    lifecycle.delete(owner_id, done)
    trash.take_back(owner_id, [done])
    assert stranger.get(share).status_code == 200


def test_nothing_is_offered_or_made_where_the_site_allows_no_links(app, owner, done):
    app.config["SHARE_DAYS"] = 0
    assert "/shares" not in owner.get(address(done)).text and "shares" not in owner.get("/12345/account").text
    assert owner.post(address(done, "/shares"), {"days": "7"}, headers=JSON).status_code == 404


@pytest.mark.parametrize("days", ["", "0", "-1", "31", "365", "7.0", "seven"])
def test_only_the_offered_times_are_taken(owner, done, days):
    response = owner.post(address(done, "/shares"), {"days": days}, headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (400, "wrong_days")
    assert not db.session.scalar(select(func.count()).select_from(Share))


def test_the_setting_bounds_the_offered_times(app, in_app):
    offered = {}
    for longest in (0, 1, 5, 30, 365):
        app.config["SHARE_DAYS"] = longest
        offered[longest] = shares.list_lifetimes_days()
    assert offered == {0: [], 1: [1], 5: [1, 5], 30: [1, 7, 30], 365: [1, 7, 30, 90, 365]}


def test_nobody_shares_or_revokes_what_is_another_s(app, owner, done, share, stranger):
    other = sign_in_person(app, "67890")
    share_id = db.session.scalar(select(Share.id))
    for base in ("/12345", "/67890"):
        other.post(f"{base}/jobs/{done}/shares", {"days": "7"}, headers=JSON)
        other.post(f"{base}/shares/{share_id}/revocation", headers=JSON)
    assert db.session.scalar(select(func.count()).select_from(Share)) == 1
    assert stranger.get(share).status_code == 200


def test_a_job_without_a_result_is_not_shared(owner, owner_id):
    waiting = make_job(owner_id)
    assert owner.post(address(waiting, "/shares"), {"days": "7"}, headers=JSON).status_code == 404
    assert "/shares" not in owner.get(address(waiting)).text


def test_an_account_has_so_many_links_and_no_more(owner, done, share, monkeypatch):
    monkeypatch.setattr(shares, "MAX_SHARES", 1)
    response = owner.post(address(done, "/shares"), {"days": "7"}, headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (400, "too_many_shares")


def test_one_address_opens_and_tries_links_so_often_and_no_more(share, app, monkeypatch):
    monkeypatch.setattr(shares, "OPENED", limits.Limit("opened-shares", address="3/5 minutes"))
    guesser = Browser(app, "198.51.100.9")
    statuses = [guesser.get(f"/shared/{'x' * number}").status_code for number in range(1, 5)]
    assert statuses == [404, 404, 404, 429] and guesser.get(share).status_code == 429
    assert Browser(app, "198.51.100.10").get(share).status_code == 200


def test_the_administrator_sees_and_revokes_links(app, owner_id, share, stranger):
    chief = sign_in_person(app, "54321")
    db.session.execute(update(User).where(User.name == "54321").values(is_admin=True))
    db.session.commit()
    page = chief.get(f"/admin/users/{owner_id}").text
    path = re.search(r'action="(/admin/users/\d+/shares/\d+/revocation)"', page)[1]
    assert chief.post(path).status_code == 303
    assert stranger.get(share).status_code == 404
    line = db.session.scalar(select(Event).where(Event.action == "share_revoked"))
    assert (line.actor, line.target) == ("54321", "12345")


def test_the_account_page_lists_all_links(owner, done, share):
    page = owner.get("/12345/account").text
    assert SECRET_NAME in page and re.search(r'action="/12345/shares/\d+/revocation"', page)


def test_the_owner_s_data_tell_of_links_but_not_who_opened_them(app, owner_id, share, stranger):
    stranger.get(share)
    (told,) = data_export.export_shares(owner_id)
    assert told["views"] == 1 and not [word for word in told.values() if share.rpartition("/")[2] in str(word)]
    lines = [line for _, line in data_export.export_events_after("12345", datetime.min, 0)]
    (opened,) = [line for line in lines if line["action"] == "share_opened"]
    assert (opened["actor"], opened["address"]) == ("another person", "")


def test_ended_links_are_thrown_away(app, owner_id, done, share):
    shares.remove_expired()
    assert db.session.scalar(select(func.count()).select_from(Share)) == 1
    expire(app, owner_id, done)
    shares.remove_expired()
    assert db.session.scalar(select(func.count()).select_from(Share)) == 0
