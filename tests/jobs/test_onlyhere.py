"""Only here as jobs: which results lie on one original, and a composite made of jobs without an upload."""

import io

import numpy as np
import pytest
from PIL import Image

from imaging.io.files import decode
from jobs import lifecycle
from jobs.errors import NotFound
from jobs.files.uploads import FormFile
from jobs.photos.versions import find_frame
from models import Job, db
from services import get
from tests.jobs.support import make_from, make_job, make_user, picture, run_job
from tests.support.stored import get_folder


def paint_left() -> bytes:
    mask = np.zeros((40, 60), np.uint8)
    mask[:, :30] = 255
    out = io.BytesIO()
    Image.fromarray(mask).save(out, "PNG")
    return out.getvalue()


def compose(user_id: int, photo: str, edited: str, files=None, **fields: str) -> str:
    """Queue Only here on the original of one job with the result of another, painted on the left."""
    files = {"mask": FormFile(io.BytesIO(paint_left()), "mask.png")} | (files or {})
    fields = {"from_job": photo, "edited_from": edited, "feather": "0", **fields}
    return lifecycle.create(user_id, get("onlyhere"), fields, files).id


def pixels_of(job_id: str, name: str = "result.png") -> np.ndarray:
    return decode(get_folder(job_id) / name).pixels


def row(job_id: str) -> Job:
    return db.session.get(Job, job_id, populate_existing=True)


def run(job_id: str) -> str:
    return run_job(job_id).id


@pytest.fixture
def brighter(user_id) -> str:
    return run(make_job(user_id))


def changes_of(job_id: str) -> np.ndarray:
    return np.asarray(Image.open(get_folder(job_id) / "result-changes.png"))


def test_a_composite_is_made_of_a_result_that_is_already_there(user_id, brighter):
    made = run(compose(user_id, brighter, brighter))
    assert (row(made).photo_id, row(made).parent_id, row(made).parent_variant) == (brighter, brighter, "original")
    laid, original = pixels_of(made), pixels_of(made, row(made).original_file)
    assert np.array_equal(laid[:, 30:], original[:, 30:])
    assert np.array_equal(laid[:, :30], pixels_of(brighter)[:, :30])
    assert not changes_of(made)[:, 30:].any() and changes_of(made)[:, :30].any() and row(made).changes[0]["kept"] >= 0.5
    steps = decode(get_folder(made) / "result.png").provenance.steps
    assert [step.tool for step in steps] == ["adjust", "onlyhere"]


def test_the_composite_is_made_again_with_what_was_given_back_then_and_with_a_further_version(user_id, brighter):
    darker = run(make_from(user_id, brighter, "adjust", brightness="0.5"))
    made = run(compose(user_id, brighter, brighter))
    again = run(lifecycle.run_again(user_id, made, {"elsewhere_from": darker}).id)
    assert np.array_equal(pixels_of(again)[:, 30:], pixels_of(darker)[:, 30:])
    assert np.array_equal(pixels_of(again)[:, :30], pixels_of(brighter)[:, :30])
    assert (get_folder(again) / "edited-changes0.png").is_file()


def test_what_an_earlier_step_replaced_counts_as_replaced(user_id, brighter):
    """The second step kept what the first had replaced: its own map says nothing of that."""
    second = run(make_from(user_id, brighter, "adjust", "result", brightness="1.2"))
    replaced = np.zeros((40, 60), np.uint8)
    replaced[:10] = 255
    Image.fromarray(replaced).save(get_folder(brighter) / "result-changes.png")
    changes = changes_of(run(compose(user_id, brighter, second)))
    assert (changes[:10, :30] == 255).all() and not (changes[:, 30:] == 255).any() and changes[10:].max() < 255


def test_only_versions_that_lie_on_the_same_original_are_offered(user_id, brighter):
    mirrored = run(make_from(user_id, brighter, "adjust", "result", transform="mirror_horizontal"))
    run(make_from(user_id, brighter, "adjust", crop="0,0,0.5,1"))
    after = run(make_from(user_id, mirrored, "adjust", "result", brightness="1.2"))
    second = run(make_from(user_id, brighter, "adjust", "result", brightness="1.2"))
    make_job(user_id)
    frame = find_frame(row(second))
    assert frame.job.id == brighter and {job.id for job in frame.versions} == {brighter, second}
    turned = find_frame(row(after))
    assert turned.job.id == after and [job.id for job in turned.versions] == [after]


def test_a_result_of_somebody_else_is_not_there(user_id, brighter):
    theirs = run(make_job(make_user("67890")))
    waiting = make_from(user_id, brighter, "adjust", brightness="2")
    for edited in (theirs, waiting, "nothing"):
        with pytest.raises(NotFound):
            compose(user_id, brighter, edited)


def test_a_result_of_another_size_ends_in_words(user_id, brighter):
    files = {"edited": FormFile(io.BytesIO(picture(90, 60)), "edited.jpg")}
    failed = run_job(compose(user_id, brighter, "", files))
    assert failed.status == "failed" and failed.error_key == "invalid_option"
    assert failed.error_message.startswith("This picture has another size than the photo.")
