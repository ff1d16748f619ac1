"""Colours dabbed on one photo of an album, tried on others that a person ticks."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from jobs import lifecycle
from jobs.files import storage
from jobs.photos import albums
from models import Job, db
from models.job import DONE
from tests.jobs.support import address, make_job, picture
from tests.support.stored import get_folder


@pytest.fixture(autouse=True)
def weights_that_nobody_asks(monkeypatch):
    """Jobs of Colorize are queued here, not run."""
    monkeypatch.setattr(lifecycle, "find_unavailable_reason", lambda service: None)
    monkeypatch.setattr("jobs.photos.album_runs.find_unavailable_reason", lambda service: None)


def make_dabs() -> bytes:
    sheet, out = np.zeros((40, 60, 4), np.uint8), io.BytesIO()
    sheet[10:20, 10:20] = 200, 30, 30, 255
    Image.fromarray(sheet).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def coloured(owner_id) -> str:
    """A job of Colorize with dabs that is done, without a network."""
    job = db.session.get(Job, make_job(owner_id, service="colorize", hints=make_dabs(), saturation="1.5"))
    storage.save(job.id, "result.png", picture(format="PNG"))
    for kind in (storage.PREVIEW, storage.THUMBNAIL):
        storage.save(job.id, storage.name_small(kind, "result"), picture(format="WEBP"))
    job.status, job.result_file, job.result_width, job.result_height = DONE, "result.png", 60, 40
    db.session.commit()
    return job.id


def test_dabbed_colours_are_tried_on_the_ticked_photos_and_on_no_other(owner, owner_id, coloured):
    others = [make_job(owner_id, picture(90, 60), f"{name}.jpg") for name in ("first", "second")]
    album = albums.create(owner_id, "Summer", [coloured, *others])
    page = owner.get(address(coloured)).text
    form = re.search(r'<details class="memory">.*?</details>', page, re.DOTALL)[0]
    assert all(f'name="id" value="{other}"' in form for other in others) and "checked" not in form
    assert f'value="{coloured}"><img' not in form and "Summer" in form
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    place = re.search(r'action="([^"#]+)', form)[1]
    before = db.session.query(Job).count()
    assert owner.post(place, fields).status_code == 303
    assert db.session.query(Job).count() == before, "none is ticked"
    assert owner.post(place, {**fields, "id": ["", others[1]]}).status_code == 303
    (made,) = db.session.scalars(db.select(Job).where(Job.service == "colorize", Job.id != coloured))
    assert (made.parent_id, made.options["saturation"], made.options["hints"]) == (others[1], 1.5, None)
    assert (get_folder(made.id) / "reference.png").read_bytes() == picture(format="PNG")
    assert (get_folder(made.id) / "reference_places.png").read_bytes() == make_dabs()
    assert albums.find(owner_id, album.id).service == "colorize"


def test_without_dabs_or_an_album_nothing_is_offered(owner, owner_id, coloured):
    assert '<details class="memory">' not in owner.get(address(coloured)).text
    plain = make_job(owner_id)
    albums.create(owner_id, "Summer", [coloured, plain])
    assert '<details class="memory">' not in owner.get(address(plain)).text
