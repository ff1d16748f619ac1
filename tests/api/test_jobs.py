"""Jobs through the API: made, listed, waited for, changed, deleted."""

import io
import threading
import time

import pytest
from sqlalchemy import update

import services
from models import Job, db
from tests.accounts.people import at_once
from tests.api.support import API, Program, refusal
from tests.jobs.support import picture, run_job
from tests.jobs.test_onlyhere import paint_left
from tests.support.engines import both_engines


@both_engines
def test_a_picture_becomes_a_job_and_the_job_a_result(app, program):
    response = program.start(brightness="1.5")
    job = response.json
    assert (response.status_code, response.headers["Location"]) == (201, job["url"])
    assert (job["status"], job["service"], job["options"]["brightness"]) == ("queued", "adjust", 1.5)
    with app.app_context():
        run_job(job["id"])
    job = program.get(job["url"]).json
    assert (job["status"], job["progress"], job["has_result"]) == ("done", 1.0, True)
    result = program.get(job["result_url"])
    assert result.mimetype == "image/png" and int(result.headers["Content-Length"]) == len(result.data)


@pytest.mark.parametrize("variant", ["original", "result"])
def test_a_job_starts_from_an_earlier_one(program, done_job, variant):
    response = program.post("/tools/adjust/jobs", data={"from_job": done_job, "from_which": variant, "transform": "90"})
    assert response.json["parent"] == {"id": done_job, "which": variant}


@pytest.mark.parametrize("site", ["", "http://localhost"])
def test_an_earlier_job_may_be_named_by_its_address(program, done_job, site):
    form = {"from_job": f"{site}/api/v1/jobs/{done_job}", "transform": "90"}
    assert program.post("/tools/adjust/jobs", data=form).json["parent"]["id"] == done_job
    elsewhere = program.post("/tools/adjust/jobs", data=form | {"from_job": f"http://a.example/api/v1/jobs/{done_job}"})
    assert elsewhere.status_code == 404


def test_an_earlier_job_is_named_once_and_rightly_even_beside_an_upload(program, done_job):
    form = {"image": (io.BytesIO(picture()), "a.jpg"), "from_job": "7", "transform": "90"}
    assert program.post("/tools/adjust/jobs", data=form).status_code == 404
    twice = program.post("/tools/adjust/jobs", data={"from_job": [done_job, "{}"], "transform": "90"})
    assert twice.status_code == 400 and twice.json["error"]["field"] == "from_job"


def test_a_result_of_an_earlier_job_counts_only_where_a_mask_is_white(app, program, done_job):
    mask = io.BytesIO(paint_left())
    form = {"from_job": done_job, "edited_from": done_job, "elsewhere_from": "original", "mask": (mask, "mask.jpg")}
    job = program.post("/tools/onlyhere/jobs", data=form).json
    assert job["options"] == {"edited": True, "mask": True, "feather": 1.0, "elsewhere": False}
    with app.app_context():
        assert run_job(job["id"]).status == "done"
    assert "onlyhere" in [tool["key"] for tool in program.get("/tools").json["tools"]]


@pytest.mark.parametrize(
    ("fields", "field", "allowed"),
    [
        ({"brightness": "900"}, "brightness", ["0.2-100"]),
        ({"brightness": "much"}, "brightness", []),
        ({"transform": "45"}, "transform", ["none", "90", "180", "270", "mirror_horizontal", "mirror_vertical"]),
        (
            {"bright": "2"},
            "bright",
            [option.name for option in services.get("adjust").options] + ["from_job", "from_which"],
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_would_do(program, fields, field, allowed):
    response = program.start(**fields)
    assert refusal(response)[::2] == (400, field)
    error = response.json["error"]
    assert error["allowed"] == allowed and error["fields"][field] == error["message"]
    assert program.client.get(error["documentation"].partition("#")[0]).status_code == 200


@pytest.mark.parametrize("name", ['; name=""', ""], ids=["empty", "none"])
def test_a_field_with_an_empty_name_or_none_is_unknown(program, name):
    parts = ['; name="brightness"', name]
    body = "".join(f"--b\r\nContent-Disposition: form-data{each}\r\n\r\n2\r\n" for each in parts) + "--b--\r\n"
    headers = {"Idempotency-Key": "1", "Content-Type": "multipart/form-data; boundary=b"}
    assert refusal(program.post("/tools/adjust/jobs", data=body, headers=headers))[:2] == (400, "invalid_request")


def test_what_is_no_picture_is_refused_at_its_field(program):
    assert refusal(program.start(data=b"no picture", brightness="2")) == (400, "foreign_format", "image")
    assert refusal(program.post("/tools/adjust/jobs", data={"brightness": "2"})) == (400, "no_picture", "image")
    assert refusal(program.post("/tools/sharpen/jobs"))[:2] == (404, "not_found")


@both_engines
def test_the_same_key_makes_one_job_also_at_the_same_moment(app, program):
    def start(_place: int):
        other = app.test_client(use_cookies=False)
        form = {"brightness": "1.5", "image": (io.BytesIO(picture()), "photo.jpg")}
        headers = {"Authorization": f"Bearer {program.token}", "Idempotency-Key": "monday-1"}
        return other.post(f"{API}/tools/adjust/jobs", data=form, headers=headers)

    responses = [*at_once(3, start), start(0)]
    assert {response.status_code for response in responses} == {201}
    assert len({response.json["id"] for response in responses}) == 1
    with app.app_context():
        assert db.session.query(Job).count() == 1


def test_a_key_is_for_one_request_of_one_account(app, program):
    key = {"Idempotency-Key": "monday-1"}
    first = program.start(headers=key, brightness="1.5").json["id"]
    for other in ({"brightness": "2"}, {"brightness": "1.5", "data": picture(30, 20)}):
        assert refusal(program.start(headers=key, **other)) == (409, "idempotency_key_used", "Idempotency-Key")
    assert Program(app, "67890").start(headers=key, brightness="1.5").json["id"] != first
    program.ask("DELETE", f"/jobs/{first}")
    assert refusal(program.start(headers=key, brightness="1.5"))[:2] == (409, "job_deleted")
    for bad in ("x" * 201, "schlüssel"):
        headers = {"Idempotency-Key": bad.encode().decode("latin-1")}
        assert refusal(program.start(headers=headers))[:2] == (400, "bad_idempotency_key")


def test_the_list_goes_on_from_page_to_page(program):
    made = [program.start_job(brightness=str(number)) for number in (2, 3, 4)]
    first = program.get("/jobs?limit=2").json
    rest = program.get(f"/jobs?limit=2&before={first['next']}").json
    assert [job["id"] for job in first["jobs"] + rest["jobs"]] == made[::-1] and rest["next"] is None
    assert program.get("/jobs?service=deblur").json["jobs"] == []
    assert refusal(program.get("/jobs?limit=0")) == (400, "invalid_request", "limit")
    assert program.get("/jobs?limit=0").json["error"]["allowed"] == ["1-100"]
    assert refusal(program.get("/jobs?limit=1_0")) == (400, "invalid_request", "limit")
    assert refusal(program.get("/jobs?tool=deblur")) == (400, "invalid_request", "tool")
    assert refusal(program.get("/jobs?before=nothing"))[:2] == (404, "not_found")


def test_a_program_waits_for_the_end_of_a_job(app, program):
    job_id = program.start_job(brightness="1.5")
    assert program.get(f"/jobs/{job_id}?wait=0").json["status"] == "queued"

    def run() -> None:
        with app.app_context():
            run_job(job_id)

    worker = threading.Timer(0.2, run)
    worker.start()
    assert program.get(f"/jobs/{job_id}?wait=20").json["status"] == "done"
    worker.join()
    assert refusal(program.get(f"/jobs/{job_id}?wait=21")) == (400, "invalid_request", "wait")


def test_a_tool_that_does_not_exist_is_told_so_however_large_the_picture(program):
    large = b"x" * 300_000
    assert refusal(program.start(service="nothing", data=large)) == (404, "not_found", None)


@pytest.mark.parametrize(("known", "told"), [(0.0, 0.4), (0.9, 0.4)])
def test_a_program_waits_for_another_progress(app, program, known, told):
    """Also for less than it knows: a job that a worker lost begins anew."""
    job_id = program.start_job(brightness="1.5")
    with app.app_context():
        set_progress(job_id, known)

    def get_on() -> None:
        with app.app_context():
            set_progress(job_id, told)

    worker = threading.Timer(0.2, get_on)
    worker.start()
    started = time.monotonic()
    assert program.get(f"/jobs/{job_id}?wait=20&progress={known}").json["progress"] == told
    assert time.monotonic() - started < 15
    worker.join()
    assert program.get(f"/jobs/{job_id}?wait=1&progress={told}").json["progress"] == told
    assert refusal(program.get(f"/jobs/{job_id}?progress=2")) == (400, "invalid_request", "progress")


def set_progress(job_id: str, share: float) -> None:
    db.session.execute(update(Job).where(Job.id == job_id).values(progress=share))
    db.session.commit()


def test_a_job_is_cancelled_tried_again_renamed_deleted_and_brought_back(program):
    job_id = program.start_job(brightness="1.5")
    place = f"/jobs/{job_id}"
    assert program.post(f"{place}/cancellation").json["status"] == "cancelled"
    assert program.post(f"{place}/retry").json["status"] == "queued"
    assert refusal(program.post(f"{place}/retry"))[:2] == (409, "not_failed")
    assert program.ask("PATCH", place, json={"title": "Grandma"}).json["name"] == "Grandma"
    assert refusal(program.ask("PATCH", place, json={"title": 3})) == (400, "invalid_request", "title")
    assert refusal(program.ask("PATCH", place, json={"answer": 0}))[:2] == (404, "not_found")
    deleted = program.ask("DELETE", place)
    assert (deleted.status_code, deleted.data) == (204, b"") and program.get(place).status_code == 404
    assert program.post("/restorations", json={"ids": [job_id]}).json == {"count": 1}
    assert program.get(place).json["deleted_at"] is None
    assert program.post("/deletions", json={"ids": [job_id, "other"]}).json == {"count": 1}


DEEP = {"data": "[" * 60_000, "content_type": "application/json"}


@pytest.mark.parametrize(
    "body", [{"data": "x"}, DEEP, {"json": []}, {"json": {}}, {"json": {"ids": []}}, {"json": {"ids": [1]}}]
)
def test_a_body_that_is_not_as_described_is_refused(program, body):
    assert refusal(program.post("/deletions", **body))[:2] == (400, "invalid_request")


def test_nobody_sees_or_changes_the_jobs_of_others(app, program, done_job):
    other = Program(app, "67890")
    for method, place in (("GET", ""), ("DELETE", ""), ("GET", "/result"), ("GET", "/thumbnail"), ("POST", "/retry")):
        assert refusal(other.ask(method, f"/jobs/{done_job}{place}")) == (404, "not_found", None)
    assert other.get("/jobs").json["jobs"] == [] and program.get(f"/jobs/{done_job}").status_code == 200
