"""C04, C06, G07, G08: ids that nobody guesses, no way past the views, a health page that tells no secrets, and
failures that tell a person a number and a stranger nothing."""

import re
from collections import Counter

import pytest

from jobs.files import storage
from models import Job, User, db
from tests.accounts.people import JSON, Browser, sign_in_person
from tests.jobs.support import make_job
from tests.support.stored import get_folder


@pytest.fixture(autouse=True)
def empty_weights(environment, tmp_path):
    environment["WEIGHTS_DIR"] = str(tmp_path / "weights")


def test_C04_job_ids_have_128_random_bits():
    ids = [storage.make_id() for _ in range(4000)]
    assert len(set(ids)) == len(ids) and all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)
    for place in range(32):
        counts = Counter(each[place] for each in ids)
        assert len(counts) == 16 and max(counts.values()) < 4000 / 16 * 1.5, "no digit is fixed, as in a UUID"


def test_C04_knowing_an_id_is_not_enough(app):
    sign_in_person(app)
    with app.app_context():
        job_id = make_job(db.session.scalar(db.select(User.id)))
    other = sign_in_person(app, "54321")
    foreign = other.get(f"/54321/jobs/{job_id}", headers=JSON)
    missing = other.get(f"/54321/jobs/{storage.make_id()}", headers=JSON)
    assert (foreign.status_code, foreign.data) == (missing.status_code, missing.data) == (404, missing.data)


def test_C06_no_address_leads_to_the_stored_files(app):
    owner = sign_in_person(app)
    with app.app_context():
        job_id = make_job(db.session.scalar(db.select(User.id)))
        job = db.session.get(Job, job_id)
        path = get_folder(job_id) / job.original_file
        data = path.read_bytes()
    assert not path.is_relative_to(app.static_folder)
    inside = f"{job_id[:2]}/{job_id}/{job.original_file}"
    for browser in (owner, Browser(app)):
        for place in (
            "storage",
            "instance/storage",
            "static/storage",
            "static/../instance/storage",
            "incoming",
            "static/%2e%2e/instance/storage",
            "12345/storage",
            "12345/jobs",
            "files",
        ):
            response = browser.get(f"/{place}/{inside}", follow_redirects=True)
            assert response.data != data and not (response.content_type or "").startswith("image/"), place
            assert response.request.path == "/12345/" or response.status_code in {200, 404}


def test_G07_the_health_page_is_cheap_and_tells_no_versions(app, client):
    response = client.get("/healthz")
    keys = {"status", "web", "database", "worker", "queue", "disk", "mail", "storage", "storage_kind"}
    assert set(response.json) == keys
    assert not re.search(r"\d", response.text), "no version, no number, no path"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "Set-Cookie" not in response.headers


@pytest.fixture
def broken(app):
    """A site with an address that fails in a way that nobody foresaw."""
    app.config["TESTING"] = app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/broken")
    def fail():
        raise RuntimeError("the password of the database is hunter2")

    return app


@pytest.mark.parametrize("headers", [{}, JSON], ids=["page", "json"])
def test_G08_an_unforeseen_failure_tells_its_number_and_nothing_else(broken, headers, caplog):
    response = Browser(broken).get("/broken", headers=headers)
    assert response.status_code == 500
    for secret in ("hunter2", "RuntimeError", "Traceback", "File "):
        assert secret not in response.text
    (reference,) = re.findall(r"Unexpected error ([0-9a-f]{8})", caplog.text)
    assert reference in response.text and "hunter2" in caplog.text


def test_G08_after_a_failure_the_next_request_is_served(broken):
    browser = sign_in_person(broken)
    for _ in range(3):
        assert browser.get("/broken").status_code == 500
        assert browser.get("/12345/").status_code == 200


def test_G08_when_who_it_is_cannot_be_told_nothing_is_shown(app, monkeypatch):
    """A guard that fails must shut the door, not leave it open."""
    browser = sign_in_person(app)
    app.config["TESTING"] = app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail(_token):
        raise RuntimeError("cannot tell")

    from views.http.guards import login_manager

    monkeypatch.setattr(login_manager, "_user_callback", fail)
    for path in ("/12345/", "/12345/account", "/12345/account/data", "/12345/history"):
        response = browser.get(path, headers=JSON)
        assert response.status_code in {401, 500} and "12345" not in response.text, path
