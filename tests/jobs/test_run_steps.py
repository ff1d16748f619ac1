"""The steps of a run on the page, in the API, in an album and on the command line."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from imaging.io.files import decode
from jobs import lifecycle
from jobs.errors import NotFound
from jobs.photos import album_runs, albums
from jobs.photos.album_runs import Run
from models import Job, db
from revive.cli import cli
from services import get
from services.restore.steps import STEPS
from tests.jobs.support import address, facts_of, make_from, make_job, make_user, open_image, run_job
from tests.jobs.test_onlyhere import compose, pixels_of
from tests.support.stored import get_folder


@pytest.fixture(autouse=True)
def only_steps_without_weights(monkeypatch, tmp_path):
    monkeypatch.setattr("services.runtime.folders.weights", tmp_path / "weights")


def make_faded(seed: int = 0) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(70, 190, (40, 60, 3), dtype=np.uint8)).save(out, "PNG")
    return out.getvalue()


def make_fine() -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)).save(out, "PNG")
    return out.getvalue()


def test_the_steps_are_told_and_each_can_be_looked_at_and_left_out(owner, owner_id):
    job = run_job(make_job(owner_id, make_faded(), service="restore"))
    steps = facts_of(owner, job.id)["steps"]
    assert [(step["key"], step["state"], step["width"]) for step in steps] == [("tone", "changed", 60)]
    assert steps[0]["sentence"].startswith("The photo was faded") and steps[0]["title"] == "Fading and yellowing"
    assert open_image(owner.get(steps[0]["preview_url"]).data).size == (60, 40)
    assert owner.get(address(job.id, "/preview?of=step-blur")).status_code == 404
    page = owner.get(address(job.id, "?step=tone")).text
    assert steps[0]["preview_url"].replace("&", "&amp;") in page and 'name="tone" value="0"' in page
    assert facts_of(owner, job.id)["verdict_message"] == "Done: Fading and yellowing."
    again = run_job(make_from(owner_id, job.id, "restore", tone_strength="0.5"))
    assert again.result_file and again.steps[0]["state"] == "changed"
    assert (get_folder(again.id) / "step-tone-thumbnail.webp").exists()


def test_a_photo_that_needs_nothing_says_so_with_its_steps(owner, owner_id):
    job = run_job(make_job(owner_id, make_fine(), service="restore"))
    facts = facts_of(owner, job.id)
    assert (facts["verdict"], facts["has_result"]) == ("nothing_to_restore", False)
    assert [(step["state"], step["preview_url"]) for step in facts["steps"]] == [("not_needed", None)]
    assert "neither faded nor yellowed" in owner.get(address(job.id)).text


def test_a_step_that_could_not_tell_has_no_tick(owner, owner_id, monkeypatch):
    tone = next(step for step in STEPS if step.key == "tone")
    page = owner.get(address(run_job(make_job(owner_id, make_fine(), service="restore")).id)).text
    assert "icon-unsure" not in page and "step-not_needed" in page
    monkeypatch.setattr("services.restore.run.STEPS", (replace(tone, unsure=tuple(tone.verdicts)),))
    page = owner.get(address(run_job(make_job(owner_id, make_fine(), service="restore")).id)).text
    step = page[page.index("step-unsure") : page.index("</li>", page.index("step-unsure"))]
    assert "icon-unsure" in step and "icon-check" not in step and "not sure" in step


def test_an_album_gets_a_line_for_each_picture_and_a_broken_one_stops_nothing(owner, owner_id):
    photos = [run_job(make_job(owner_id, data)).id for data in (make_faded(), make_fine(), make_faded(1))]
    album = albums.create(owner_id, "Shoebox", photos).id
    outcomes = album_runs.start(owner_id, album, Run(get("restore"), {}))
    made = [outcome.job_id for outcome in outcomes]
    (get_folder(made[2]) / "original.png").write_bytes(b"no picture")
    for job_id in made:
        run_job(job_id)
    rows = [db.session.get(Job, job_id) for job_id in made]
    assert [row.status for row in rows] == ["done", "done", "failed"]
    page = owner.get(f"/12345/albums/{album}").text
    for line in ("Done: Fading and yellowing.", "Nothing was found that needs restoring", rows[2].error_message):
        assert line in page


def test_the_command_tells_the_steps_as_json(tmp_path):
    (tmp_path / "old.png").write_bytes(make_faded())
    words = ["restore", str(tmp_path / "old.png"), "-o", str(tmp_path / "new.png"), "--json"]
    done = CliRunner().invoke(cli, words, env={"WEIGHTS_DIR": str(tmp_path / "weights")})
    told = json.loads(done.stdout)
    assert told["status"] == "done" and told["steps"][0]["key"] == "tone" and told["steps"][0]["state"] == "changed"
    assert (tmp_path / "new.png").exists()


def test_the_picture_after_a_step_can_count_only_where_somebody_paints(owner, owner_id):
    job = run_job(make_job(owner_id, make_faded(), service="restore"))
    page = owner.get(address(job.id, "?step=tone")).text
    assert f"/12345/onlyhere?from={job.id}.tone" in page
    canvas = owner.get(f"/12345/onlyhere?from={job.id}.tone").text
    assert f'<option value="{job.id}.tone"' in canvas and "Restore, Fading and yellowing" in canvas
    made = run_job(compose(owner_id, job.id, f"{job.id}.tone"))
    laid, photo, toned = (pixels_of(*each) for each in ((made.id,), (job.id, job.original_file), (job.id,)))
    assert np.array_equal(laid[:, :30], toned[:, :30]) and np.array_equal(laid[:, 30:], photo[:, 30:])
    assert not np.array_equal(toned, photo)
    steps = decode(get_folder(made.id) / "result.png").provenance.steps
    assert [step.tool for step in steps] == ["restore", "onlyhere"] and steps[0].options["tone"]
    again = run_job(lifecycle.run_again(owner_id, made.id, {"feather": "1"}).id)
    assert again.result_file, "the picture came along"


@pytest.mark.parametrize("step", ["noise", "nonsense", "../x", "tone.tone", ""])
def test_a_step_that_made_no_picture_is_no_version(owner_id, step):
    job = run_job(make_job(owner_id, make_faded(), service="restore"))
    with pytest.raises(NotFound):
        compose(owner_id, job.id, f"{job.id}x.{step}" if not step else f"{job.id}.{step}")


def test_the_steps_of_somebody_else_are_no_versions(owner_id):
    theirs = run_job(make_job(make_user("other@example.com"), make_faded(), service="restore")).id
    mine = run_job(make_job(owner_id, make_faded(), service="restore")).id
    with pytest.raises(NotFound):
        compose(owner_id, mine, f"{theirs}.tone")
