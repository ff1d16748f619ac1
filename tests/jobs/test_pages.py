"""The pages and pictures of a job: what their owner gets, and what nobody else gets."""

import io
import secrets

import pytest
from PIL import Image

from jobs import lifecycle, trash
from models import Job, User, db
from tests.accounts.people import JSON, sign_in_person
from tests.jobs.support import address, facts_of, list_stored_files, make_job, noise, open_image, picture, shown
from tests.support.engines import both_engines
from tests.support.stored import get_folder
from worker import runner

PLACES = ("", "/live/person", "/original", "/result", "/mask", "/preview", "/thumbnail")


@pytest.fixture
def done(owner_id) -> str:
    """A finished job; the test process itself is the worker."""
    job_id = make_job(owner_id, picture(90, 60), "Oma 1950.JPG", transform="90")
    assert runner.run(job_id, "a-test")
    return job_id


def test_the_page_of_a_job_shows_all_that_is_to_be_known(owner, done):
    facts = facts_of(owner, done)
    asked_for = {
        "id",
        "service",
        "status",
        "verdict",
        "progress",
        "stage",
        "position",
        "eta_seconds",
        "device",
        "error",
        "original_url",
        "result_url",
    }
    assert asked_for <= set(facts)
    assert (facts["status"], facts["progress"], facts["position"], facts["error"]) == ("done", 1.0, None, None)
    assert (facts["result_url"], facts["mask_url"], facts["device"]) == (address(done, "/result"), None, "CPU")
    page = owner.get(address(done)).text
    assert facts["preview_result_url"] in page and "Oma 1950.JPG" in page


def test_the_result_is_kept_without_loss_and_sent_in_each_format(owner, done):
    stored = owner.get(address(done, "/result"))
    assert (stored.mimetype, open_image(stored.data).size) == ("image/png", (60, 90))
    for format, suffix in (("png", "png"), ("jpeg", "jpg"), ("webp", "webp")):
        sent = owner.get(address(done, f"/result?download=1&format={format}"))
        assert sent.mimetype == f"image/{format}"
        assert open_image(sent.data).format == format.upper()
        assert sent.headers["Content-Disposition"] == f'attachment; filename="revive-adjust-Oma 1950.{suffix}"'


def test_a_result_with_transparency_is_not_offered_in_a_format_without_it(owner, owner_id):
    out = io.BytesIO()
    Image.new("RGBA", (40, 30), (200, 60, 40, 128)).save(out, "PNG")
    job_id = make_job(owner_id, out.getvalue(), "glass.png", transform="90")
    assert runner.run(job_id, "a-test")
    assert facts_of(owner, job_id)["formats"] == ["png", "webp"]
    assert b"format=jpeg" not in owner.get(address(job_id)).data


def test_the_original_s_own_format_is_offered_first(owner, done):
    assert facts_of(owner, done)["formats"] == ["jpeg", "png", "webp"]


def test_the_original_comes_back_byte_for_byte_or_in_another_format(owner, done):
    assert owner.get(address(done, "/original")).data == picture(90, 60)
    assert open_image(owner.get(address(done, "/original?format=png")).data).size == (90, 60)


def test_a_conversion_leaves_no_file_behind(app, owner, done):
    before = list_stored_files(app)
    owner.get(address(done, "/result?format=webp"))
    assert list_stored_files(app) == before


def test_an_unknown_format_is_refused_in_words(owner, done):
    response = owner.get(address(done, "/result?format=exe"), headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (400, "unknown_format")


def test_E01_E02_pictures_are_private_and_may_do_nothing(owner, done):
    for place, kept in {"/original": "no-store", "/result": "no-store", "/preview": "no-cache"}.items():
        headers = owner.get(address(done, place)).headers
        assert headers["Cache-Control"] == f"private, {kept}"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "sandbox" in headers["Content-Security-Policy"]
        assert headers["Content-Disposition"].startswith("inline; filename=")
        assert "ETag" in headers and "Last-Modified" not in headers  # asked again each time, sent again only if changed


def test_small_copies_exist_of_both_sides(owner, done):
    assert open_image(owner.get(address(done, "/preview?of=result")).data).size == (60, 90)
    assert open_image(owner.get(address(done, "/thumbnail?of=original")).data).size == (90, 60)
    assert owner.get(address(done, "/preview?of=../original")).status_code == 404


def test_a_job_without_a_mask_or_result_has_no_such_picture(owner, owner_id, done):
    assert owner.get(address(done, "/mask")).status_code == 404
    waiting = make_job(owner_id)
    assert owner.get(address(waiting, "/result")).status_code == 404


def test_the_live_copies_that_a_tool_declares_are_served_and_nothing_else_that_is_cached(
    owner, owner_id, sampler, done
):
    job = make_job(owner_id, service="sampler")
    assert runner.run(job, "a-test")
    response = owner.get(address(job, "/live/matte"))
    assert (response.status_code, response.mimetype, response.data) == (200, "image/webp", b"0" * 1000)
    page = owner.get(address(job)).text
    assert f'data-copy-matte="{address(job, "/live/matte")}"' in page and "data-copy-other" not in page
    for place in (address(job, "/live/other"), address(job, "/live/frame"), address(done, "/live/matte")):
        assert owner.get(place).status_code == 404
    assert sign_in_person(owner.app, "67890").get(f"/67890/jobs/{job}/live/matte").status_code == 404


@pytest.mark.parametrize("headers", [None, JSON], ids=["page", "json"])
def test_C03_a_foreign_job_looks_like_a_missing_one(app, done, headers):
    other = sign_in_person(app, "67890")
    for place in PLACES:
        foreign = other.get(f"/67890/jobs/{done}{place}", headers=headers)
        missing = other.get(f"/67890/jobs/{secrets.token_hex(16)}{place}", headers=headers)
        assert foreign.status_code == missing.status_code == 404
        assert foreign.mimetype == missing.mimetype
    for verb in ("cancellation", "deletion", "retry"):
        assert other.post(f"/67890/jobs/{done}/{verb}", headers=headers).status_code == 404
    assert db.session.get(Job, done) is not None


def test_C01_strangers_and_other_users_get_no_picture_under_a_foreign_prefix(app, done):
    stranger, other = app.test_client(), sign_in_person(app, "67890")
    for place in PLACES:
        assert stranger.get(address(done, place)).location == "/"
        assert stranger.get(address(done, place), headers=JSON).status_code == 401
        assert other.get(address(done, place)).location == "/67890/"
        assert other.get(address(done, place), headers=JSON | {"Range": "bytes=0-9"}).status_code == 404


def test_a_waiting_job_can_be_cancelled_tried_again_and_deleted(app, owner, owner_id):
    job_id = make_job(owner_id)
    assert owner.post(address(job_id, "/cancellation")).location == address(job_id)
    assert facts_of(owner, job_id)["status"] == "cancelled"
    assert owner.post(address(job_id, "/retry")).location == address(job_id)
    assert facts_of(owner, job_id)["status"] == "queued"
    assert owner.post(address(job_id, "/deletion")).location == "/12345/history"
    assert owner.get(address(job_id)).status_code == 404
    assert trash.erase(owner_id, [job_id]) == 1
    assert list_stored_files(app) == []


def test_only_what_did_not_work_can_be_tried_again(owner, done):
    response = owner.post(address(done, "/retry"), headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (409, "not_failed")


def test_B03_a_get_changes_nothing(owner, done):
    for verb in ("cancellation", "deletion", "retry"):
        assert owner.get(address(done, f"/{verb}")).status_code in (404, 405)
    assert owner.get(address(done)).status_code == 200


def test_an_unexpected_error_is_told_by_its_number_in_the_log(owner, owner_id, caplog, monkeypatch):
    from PIL import Image

    job_id = make_job(owner_id)
    monkeypatch.setattr(Image, "fromarray", lambda *_: 1 / 0)
    runner.run(job_id, "a-test")
    monkeypatch.undo()
    error = facts_of(owner, job_id)["error"]
    reference = db.session.get(Job, job_id, populate_existing=True).error_message
    assert error["key"] == "unexpected" and reference in error["message"]
    assert reference in caplog.text and "ZeroDivisionError" in caplog.text
    assert "division" not in error["message"]


def test_a_picture_that_was_damaged_on_the_disk_fails_with_a_sentence(owner, owner_id):
    job_id = make_job(owner_id)
    path = get_folder(job_id) / "original.jpg"
    path.write_bytes(path.read_bytes()[:500])
    runner.run(job_id, "a-test")
    facts = facts_of(owner, job_id)
    assert (facts["status"], facts["error"]["key"], facts["result_url"]) == ("failed", "broken_picture", None)


@both_engines
def test_the_history_is_read_in_pages_newest_first(browser, in_app, monkeypatch):
    owner_id = db.session.scalar(db.select(User.id).where(User.name == "12345"))
    monkeypatch.setattr("views.jobs.job_pages.HISTORY_PAGE", 2)
    made = [make_job(owner_id) for _ in range(5)]
    seen, url = [], "/12345/history"
    while url:
        seen += [job["id"] for job in shown(browser, url, "jobs")]
        url = shown(browser, url, "older_url")
    assert seen == made[::-1]
    assert browser.get("/12345/history?before=nonsense").status_code == 404
    assert made[-1] in browser.get("/12345/history").text


def test_the_home_of_a_user_shows_the_latest_jobs(owner, done):
    page = owner.get("/12345/")
    assert page.status_code == 200 and done in page.text
    assert owner.get("/").location == "/12345/"


def test_the_front_page_needs_no_account(app):
    assert app.test_client().get("/").status_code == 200


def test_a_job_that_runs_too_long_is_stopped_with_a_reason(in_app, owner_id, monkeypatch):
    in_app.config["JOB_MINUTES"] = 0
    job_id = make_job(owner_id, noise(1))
    runner.run(job_id, "a-test")
    job = db.session.get(Job, job_id, populate_existing=True)
    assert (job.status, job.error_key, job.result_file) == ("failed", "too_long", "")


def test_deleting_an_account_makes_its_jobs_unreachable(owner, owner_id, done):
    db.session.execute(db.delete(User).where(User.id == owner_id))
    db.session.commit()
    with pytest.raises(lifecycle.NotFound):
        lifecycle.find(owner_id, done)
