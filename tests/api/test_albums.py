"""Albums for programs: made, filled, worked on as a whole, downloaded, deleted; never somebody else's."""

import io
import zipfile

import pytest
from jsonschema_rs import Draft202012Validator

from models import Album, Job, db
from tests.api.support import API, Program, refusal
from tests.jobs.support import run_job

WINTER = {"name": "Winter"}


@pytest.fixture
def filled(app, program) -> tuple[dict, list[str]]:
    """An album of two photos, each with a job that is done, and the ids of these jobs."""
    jobs = [program.start_job(brightness="1.5") for _ in range(2)]
    with app.app_context():
        for job_id in jobs:
            run_job(job_id)
    return program.post("/albums", json=WINTER | {"ids": jobs}).json, jobs


def test_an_album_is_made_renamed_filled_and_deleted(app, program, filled):
    album, jobs = filled
    assert (album["name"], album["service"], album["photos"]) == ("Winter", "adjust", 2)
    assert (album["statuses"]["done"], album["without_result"]) == (2, 0)
    assert program.ask("PATCH", album["url"], json={"name": "Spring"}).json["name"] == "Spring"
    assert program.post(f"{album['url']}/removals", json={"ids": jobs[:1]}).json == {"count": 1}
    assert program.post(f"{album['url']}/photos", json={"ids": jobs}).json == {"count": 1}
    photos = program.get(f"{album['photos_url']}?limit=1").json
    assert [job["id"] for job in photos["photos"]] == jobs[1:]
    further = program.get(f"{album['photos_url']}?limit=1&after={photos['next']}").json
    assert [job["id"] for job in further["photos"]] == jobs[:1] and further["next"] is None
    assert program.ask("DELETE", album["url"]).status_code == 204
    assert program.get(album["url"]).status_code == 404 and len(program.get("/jobs").json["jobs"]) == 2


def test_the_photos_go_with_the_album_where_that_is_asked_for(program, filled):
    assert program.ask("DELETE", f"{filled[0]['url']}?photos=true").status_code == 204
    assert program.get("/jobs").json["jobs"] == []


def test_albums_come_newest_first_in_pages_and_are_named_by_the_time_where_no_name_is_given(program):
    made = [program.post("/albums", json={}).json for _ in range(3)]
    assert all(album["name"] for album in made)
    page = program.get("/albums?limit=2").json
    assert [album["id"] for album in page["albums"]] == [album["id"] for album in made[:0:-1]]
    assert [album["id"] for album in program.get(f"/albums?before={page['next']}").json["albums"]] == [made[0]["id"]]


def test_a_run_says_of_each_photo_what_came_of_it(app, program, filled):
    album, jobs = filled
    app.config["MAX_ACTIVE_JOBS"] = 1
    body = {"service": "adjust", "options": {"brightness": 0.8, "transform": "90"}, "which": "result"}
    told = program.post(f"{album['url']}/jobs", json=body, headers={"Idempotency-Key": "run"}).json
    assert told["started"] == 1 and [each["id"] for each in told["outcomes"]] == jobs
    started, refused = told["outcomes"]
    assert program.get(started["job_url"]).json["parent"] == {"id": jobs[0], "which": "result"}
    assert (refused["job_id"], refused["error"]["key"]) == (None, "too_many_active_jobs")
    again = program.post(f"{album['url']}/jobs", json=body, headers={"Idempotency-Key": "run"}).json
    assert again["outcomes"][0]["job_id"] == started["job_id"], "the same run makes no second job"
    assert program.get(album["url"]).json["statuses"]["queued"] == 1


def test_what_is_wrong_with_the_whole_run_is_refused_at_once(program, filled):
    path = f"{filled[0]['url']}/jobs"
    assert refusal(program.post(path, json={"service": "nothing"})) == (400, "invalid_request", "service")
    wrong = program.post(path, json={"service": "adjust", "options": {"brightness": 1000}})
    assert refusal(wrong) == (400, "invalid_option", "brightness")
    bad_key = program.post(path, json={"service": "adjust"}, headers={"Idempotency-Key": "k" * 201})
    assert refusal(bad_key) == (400, "bad_idempotency_key", "Idempotency-Key")


def test_the_results_and_the_contact_sheet_are_downloaded(program, filled):
    album, _jobs = filled
    with zipfile.ZipFile(io.BytesIO(program.get(f"{album['results_url']}?format=webp").data)) as archive:
        assert len(archive.namelist()) == 2 and all(name.endswith(".webp") for name in archive.namelist())
    sheet = program.get(f"{album['sheet_url']}?paper=letter&pairs=true")
    assert sheet.mimetype == "application/pdf" and sheet.data.startswith(b"%PDF-")
    assert refusal(program.get(f"{album['sheet_url']}?paper=a3")) == (400, "invalid_request", "paper")


def test_responses_are_as_described(client, program, filled):
    components = client.get(f"{API}/openapi.json").json["components"]
    run = program.post(f"{filled[0]['url']}/jobs", json={"service": "adjust", "options": {"brightness": 2}}).json
    told = {
        "Album": filled[0],
        "Albums": program.get("/albums").json,
        "AlbumPhotos": program.get(filled[0]["photos_url"]).json,
        "AlbumRunOutcomes": run,
    }
    for name, facts in told.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": components}
        assert list(Draft202012Validator(schema).iter_errors(facts)) == [], name


def test_an_album_of_another_account_is_not_there(app, filled):
    album, jobs = filled
    other = Program(app, "67890")
    own = other.start_job(brightness="1.5")
    for method, place, body in (
        ("GET", "", None),
        ("PATCH", "", WINTER),
        ("DELETE", "?photos=1", None),
        ("GET", "/photos", None),
        ("POST", "/photos", {"ids": [own]}),
        ("POST", "/removals", {"ids": [own, *jobs]}),
        ("POST", "/jobs", {"service": "adjust", "options": {"brightness": 2}}),
        ("GET", "/results.zip", None),
        ("GET", "/contact-sheet.pdf", None),
    ):
        assert refusal(other.ask(method, f"{album['url']}{place}", json=body))[:2] == (404, "not_found"), place
    assert refusal(other.post("/albums", json={"ids": jobs}))[0] == 404, "nor do photos come from there"
    assert other.get(f"/albums?before={album['id']}").status_code == 404
    with app.app_context():
        assert db.session.query(Album).count() == 1 and db.session.query(Job).count() == 3
