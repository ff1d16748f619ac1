"""How a run can end besides with one picture: rightly without, with several to pick from, with files to download."""

from dataclasses import replace

import pytest

from jobs import quotas
from jobs.errors import StorageFull
from jobs.files import storage
from models import Job, db
from services import get, runtime
from tests.accounts.people import JSON, sign_in_person
from tests.jobs import sampler as sampled
from tests.jobs.support import (
    address,
    facts_of,
    list_stored_files,
    make_from,
    make_job,
    make_painted_sheet,
    open_image,
    picture,
    run_job,
)
from tests.support.engines import both_engines
from tests.support.stored import get_folder
from worker import recovery, runner

pytestmark = pytest.mark.usefixtures("sampler")


@both_engines
def test_a_run_may_rightly_end_without_a_picture(browser, in_app, owner_id):
    job = run_job(make_job(owner_id, service="sampler", way="decline"))
    assert (job.status, job.verdict, job.result_file, job.result_bytes) == ("done", "nothing_found", "", 0)
    facts = facts_of(browser, job.id)
    assert (facts["has_result"], facts["can_run_anyway"], facts["can_retry"]) == (False, True, False)
    assert facts["verdict_message"] == "Nothing was found in this picture."
    assert facts["thumbnail_url"].endswith("thumbnail?of=original")
    for name in ("result_url", "preview_result_url", "mask_url", "result_width", "choice_url", "result_again_url"):
        assert facts[name] is None
    assert (facts["formats"], facts["notice"], facts["error"]) == ([], "", None)


def test_without_a_picture_there_is_nothing_to_fetch_and_every_page_stands(app, owner, owner_id):
    job = run_job(make_job(owner_id, service="sampler", way="decline"))
    for place in ("/result", "/result?format=png", "/preview?of=result", "/mask", "/answers/0", "/files/sheet.pdf"):
        assert owner.get(address(job.id, place)).status_code == 404
    for page in ("/12345/", "/12345/history", "/12345/account", address(job.id)):
        assert owner.get(page).status_code == 200
    assert owner.get("/12345/account/data").status_code == 200
    assert app.test_cli_runner().invoke(args=["jobs", "check"]).exit_code == 0
    assert not [path for path in list_stored_files(app) if "result" in path]


def test_a_run_may_give_its_mask_alone_and_its_page_opens_the_brush_on_it(app, owner, owner_id):
    job = run_job(make_job(owner_id, service="sampler", way="look", look_only="1"))
    assert (job.status, job.verdict, job.result_file) == ("done", "look_first", "") and job.result_bytes > 0
    assert open_image(owner.get(facts_of(owner, job.id)["mask_url"]).data).size == (60, 40)
    page = owner.get(address(job.id)).text
    assert "What was found" in page and 'href="#drawn-seen"' in page
    drawn = page.split('id="drawn-seen"')[1].split("</div>")[0]
    assert "data-touches-up" in drawn and f'start="{address(job.id, "/mask")}"' in drawn
    switch = page.split('<input id="look_only"')[1].split(">")[0]
    assert "data-once" in switch and "checked" not in switch  # it counted for that run
    assert app.test_cli_runner().invoke(args=["jobs", "check"]).exit_code == 0


def test_run_anyway_is_the_same_job_again_with_the_switch(owner, owner_id):
    job = run_job(make_job(owner_id, service="sampler", way="decline", amount="2"))
    response = owner.post(facts_of(owner, job.id)["rerun_url"], {"anyway": "1"})
    assert (again := run_job(response.location.rsplit("/")[-1])).result_file
    facts = facts_of(owner, again.id)
    assert (facts["has_result"], facts["can_run_anyway"], facts["options"]["amount"]) == (True, False, 2.0)
    assert facts["notice"] == "Samples are samples."


def test_a_service_that_gives_nothing_and_says_nothing_has_failed(in_app, user_id, monkeypatch):
    monkeypatch.setitem(sampled.SERVICE.verdicts, "nothing_found", "")
    job = run_job(make_job(user_id, service="sampler", way="decline"))
    assert (job.status, job.error_key) == ("failed", "unexpected")


@both_engines
def test_of_several_alternatives_the_owner_picks_the_result(browser, in_app, owner_id):
    job = run_job(make_job(owner_id, picture(format="PNG"), service="sampler", way="alternatives"))
    facts = facts_of(browser, job.id)
    assert (job.alternatives, facts["chosen"]) == (3, None)
    assert [alternative["is_result"] for alternative in facts["answers"]] == [True, False, False]
    for alternative in facts["answers"]:
        assert open_image(browser.get(alternative["preview_url"]).data).size == (60, 40)
        assert open_image(browser.get(alternative["thumbnail_url"]).data).size == (60, 40)
    assert browser.post(facts["choice_url"], {"answer": "2"}).location == facts["url"]
    picked = facts_of(browser, job.id)
    assert (picked["chosen"], picked["answers"][2]["is_result"]) == (2, True)
    assert open_image(browser.get(picked["result_url"]).data).getpixel((0, 0)) == (20, 20, 20)
    assert picked["preview_result_url"] != facts["preview_result_url"], "else a browser might show the other one"
    assert open_image(browser.get(picked["thumbnail_url"]).data).convert("L").getpixel((0, 0)) in range(15, 26)


def test_what_was_not_picked_stays_and_may_be_picked_later(owner, owner_id):
    job_id = run_job(make_job(owner_id, picture(format="PNG"), service="sampler", way="alternatives")).id
    for number, grey in ((1, 10), (2, 20), (0, None)):
        assert owner.post(address(job_id, "/choice"), {"answer": str(number)}).location == address(job_id)
        pixel = open_image(owner.get(address(job_id, "/result")).data).getpixel((59, 39))
        assert grey is None or pixel == (grey,) * 3
    assert facts_of(owner, job_id)["chosen"] == 0


@pytest.mark.parametrize("number", ["3", "-1", "", "x", "1e9", "9" * 30])
def test_there_are_only_the_alternatives_that_there_are(owner, owner_id, number):
    job_id = run_job(make_job(owner_id, service="sampler", way="alternatives")).id
    assert owner.post(address(job_id, "/choice"), {"answer": number}).status_code == 404
    assert db.session.get(Job, job_id, populate_existing=True).chosen is None


def test_C03_nobody_else_picks_or_sees_an_alternative_or_a_file(app, owner, owner_id):
    job_id = run_job(make_job(owner_id, service="sampler", way="alternatives")).id
    other, stranger = sign_in_person(app, "67890"), app.test_client()
    assert other.post(f"/67890/jobs/{job_id}/choice", {"answer": "1"}).status_code == 404
    for place in ("/answers/1", "/files/sheet.pdf", "/preview?of=answer-1"):
        assert other.get(f"/67890/jobs/{job_id}{place}").status_code == 404
        assert other.get(address(job_id, place), headers=JSON).status_code == 404
        assert stranger.get(address(job_id, place), headers=JSON).status_code == 401


def test_an_alternative_is_picked_by_a_post_with_the_token_only(owner, owner_id):
    job_id = run_job(make_job(owner_id, service="sampler", way="alternatives")).id
    assert owner.get(address(job_id, "/choice")).status_code in (404, 405)
    assert owner.post(address(job_id, "/choice"), {"answer": "1"}, token="forged").status_code == 400
    assert db.session.get(Job, job_id, populate_existing=True).chosen is None


def test_finished_files_are_downloaded_as_they_are(owner, owner_id):
    job = run_job(make_job(owner_id, service="sampler", way="files", name="Oma.jpg"))
    (file,) = facts_of(owner, job.id)["files"]
    assert (file["name"], file["label"], file["bytes"]) == ("sheet.pdf", "A sheet to print", 14)
    sent = owner.get(file["url"])
    assert (sent.data, sent.mimetype) == (b"%PDF-1.4 sheet", "application/pdf")
    assert sent.headers["Content-Disposition"] == "attachment; filename=revive-sampler-sheet-Oma.pdf"
    assert sent.headers["Cache-Control"] == "private, no-store"
    for name in ("result.png", "original.jpg", "../result.png", "sheet", "SHEET.PDF", "kept-matte.bin"):
        assert owner.get(address(job.id, f"/files/{name}")).status_code == 404


def test_a_file_of_a_kind_that_is_not_on_the_list_is_never_stored(app, in_app, user_id):
    job = run_job(make_job(user_id, service="sampler", way="rogue"))
    assert (job.status, job.error_key, job.files) == ("failed", "unexpected", None)
    assert not [path for path in list_stored_files(app) if "page" in path]


def test_alternatives_files_and_the_cache_count_against_the_storage(in_app, user_id):
    for way in ("alternatives", "files", "plain"):
        job = run_job(make_job(user_id, service="sampler", way=way))
        folder = get_folder(job.id)
        counted = [path.stat().st_size for path in folder.iterdir() if path.suffix != ".webp"]
        assert job.original_bytes + job.result_bytes == sum(counted)
    used = next(use.used for use in quotas.measure_usage(user_id) if use.key == "storage_megabytes")
    stored = db.session.scalar(db.select(db.func.sum(Job.original_bytes + Job.result_bytes)))
    assert used * quotas.MEGABYTE == pytest.approx(int(stored))


def test_the_check_of_the_storage_knows_every_kind_of_file(in_app, user_id):
    jobs = [
        run_job(make_job(user_id, service="sampler", way=way, mask=make_painted_sheet())).id
        for way in ("alternatives", "files")
    ]
    kept = run_job(make_job(user_id, service="sampler")).id
    assert recovery.list_missing_files() == []
    gone = {(jobs[0], "answer-2.png"), (jobs[0], "mask.png"), (jobs[1], "file-sheet.pdf"), (kept, "kept-matte.bin")}
    for job_id, name in gone:
        (get_folder(job_id) / name).unlink()
    assert set(recovery.list_missing_files()) == gone


def test_an_uploaded_mask_is_never_written_over_by_the_one_that_the_run_made(in_app, user_id):
    job = run_job(make_job(user_id, service="sampler", mask=make_painted_sheet()))
    assert storage.MASK != "mask"
    assert (get_folder(job.id) / "mask.png").read_bytes() == make_painted_sheet()


@pytest.mark.parametrize("field, value", [("mask", b"no picture"), ("hints", b""), ("mask", picture()[:500])])
def test_masks_and_hints_are_checked_like_pictures(app, owner, owner_id, field, value):
    with pytest.raises(Exception) as refused:
        make_job(owner_id, service="sampler", **{field: value})
    assert refused.value.field == field
    assert list_stored_files(app) == []


@pytest.mark.parametrize("frame", ["1,2,3", "0,0,2,1", "a,b,c,d", "0,0,0,0", "nan,0,1,1"])
def test_a_frame_lies_inside_the_picture(owner, owner_id, frame):
    response = owner.post(
        "/12345/sampler",
        {"frame": frame, "from_job": make_job(owner_id)},
        content_type="multipart/form-data",
        headers=JSON,
    )
    assert (response.status_code, response.json["error"]["key"]) == (400, "invalid_option")


def test_a_service_gets_its_uploads_and_its_places_as_it_declared_them(in_app, user_id):
    run_job(make_job(user_id, service="sampler", mask=make_painted_sheet(), frame="0.25,0,0.5,1", point="0.5,0.25"))
    options = sampled.seen[-1]
    assert options["frame"] == (0.25, 0.0, 0.5, 1.0) and options["point"] == (0.5, 0.25)
    assert options["mask"].pixels.shape == (40, 60, 4) and options["hints"] is None


def test_a_run_that_was_taken_over_leaves_nothing_of_its_own(app, in_app, user_id):
    from jobs.files import results
    from services.base import File, Result

    first = run_job(make_job(user_id, service="sampler"))
    job_id = make_from(user_id, first.id)
    job = db.session.get(Job, job_id)
    pixels = sampled.Picture(sampled.np.zeros((4, 4, 3), sampled.np.uint8))
    stored = Result(pixels, alternatives=(pixels,), files=(File("a.txt", "A", b"x"),), cache={"other": b"y"})
    results.store(job, sampled.SERVICE, stored)
    runner._finish(job_id, "nobody/0", {"status": "done"})
    assert any(job_id in path and "result.png" in path for path in list_stored_files(app)), "it may be another run's"
    db.session.get(Job, job_id, populate_existing=True).status = "cancelled"
    db.session.commit()
    runner._finish(job_id, "nobody/0", {"status": "done"})
    left = {path.split("/")[-1] for path in list_stored_files(app) if job_id in path}
    assert left == {"original.jpg", "original-preview.webp", "original-thumbnail.webp", "kept-matte.bin"}


def test_a_run_that_fails_while_it_saves_leaves_nothing_behind(app, in_app, user_id, monkeypatch):
    save, saved = storage.save, []

    def full(job_id, name, data):
        saved.append(name)
        if len(saved) == 3:
            raise StorageFull()
        return save(job_id, name, data)

    monkeypatch.setattr(storage, "save", full)
    job = run_job(make_job(user_id))
    assert (job.status, len(saved)) == ("failed", 3)
    assert not [path for path in list_stored_files(app) if "result" in path]


def test_a_mask_that_a_form_brings_is_painted_by(in_app, user_id):
    mask = picture(format="PNG")
    assert make_job(user_id, service="inpaint", what="painted", mask=mask)


def test_the_device_that_is_told_is_the_one_that_was_asked(in_app, user_id, monkeypatch):
    assert run_job(make_job(user_id)).device == "CPU"
    run = get("adjust").run

    def asking(*given):
        runtime.note_use("a card")
        return run(*given)

    monkeypatch.setattr(runner.services, "get", lambda key: replace(get(key), run=asking))
    assert run_job(make_job(user_id)).device == "a card"
