"""The prints of a page: told with their corners, and each made a photo of its own in a new album."""

import io

import numpy as np
import pytest
from PIL import Image

from models import Job, db
from tests.api.support import refusal
from tests.imaging.scanning.pages import make_page
from tests.jobs.support import run_job


@pytest.fixture
def page_job(app, program) -> dict:
    """A job that cut three prints out of a page."""
    out = io.BytesIO()
    Image.fromarray(make_page()[0]).save(out, "PNG")
    response = program.start(data=out.getvalue(), service="scan", upright="keep")
    assert response.status_code == 201, response.text
    with app.app_context():
        run_job(response.json["id"])
    return program.get(response.json["url"]).json


def test_each_print_becomes_a_photo_of_its_own_in_a_new_album(app, program, page_job):
    assert len(page_job["answers"]) == 3
    told = program.get(f"{page_job['url']}/prints").json["prints"]
    assert [each["number"] for each in told] == [0, 1, 2]
    true = np.stack([corners / (640, 800) for corners in make_page()[1]])
    assert np.array([each["corners"] for each in told]) == pytest.approx(true, abs=0.004)

    program.ask("PATCH", page_job["url"], json={"answer": 2})
    shown = program.get(page_job["url"]).json
    assert (shown["result_width"], shown["result_height"]) == pytest.approx((130, 160), abs=2)

    made = program.post(f"{page_job['url']}/photos")
    assert made.status_code == 201 and made.json["photos"] == 3
    with app.app_context():
        for job_id in db.session.scalars(db.select(Job.id).filter_by(status="queued").order_by(Job.number)).all():
            run_job(job_id)
    photos = program.get(made.json["photos_url"]).json["photos"]
    assert [photo["name"] for photo in photos] == ["photo 1", "photo 2", "photo 3"]
    sizes = [(photo["result_width"], photo["result_height"], len(photo["answers"])) for photo in photos]
    assert np.array(sizes) == pytest.approx(np.array([(280, 194, 0), (220, 147, 0), (130, 160, 0)]), abs=2)
    again = program.post(
        f"{made.json['url']}/jobs", json={"service": "adjust", "options": {"brightness": 1.2}, "which": "result"}
    )
    assert again.json["started"] == 3
    fresh = program.post(f"{made.json['url']}/jobs", json={"service": "adjust", "options": {"brightness": 1.1}})
    assert fresh.json["started"] == 3
    with app.app_context():
        newest = db.session.scalars(db.select(Job).order_by(Job.number.desc()).limit(3)).all()
        sides = [(job.width, job.height) for job in reversed(newest)]
    assert np.array(sides) == pytest.approx(np.array([(280, 194), (220, 147), (130, 160)]), abs=2), "not of the page"


def test_a_job_without_prints_tells_none_and_makes_no_photos(program, done_job):
    assert program.get(f"/jobs/{done_job}/prints").json == {"prints": []}
    assert refusal(program.post(f"/jobs/{done_job}/photos"))[1] == "no_prints"
