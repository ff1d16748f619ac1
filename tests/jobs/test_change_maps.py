"""The change map of a job: stored beside its result, told with its shares, shown, downloaded, gone with the job."""

import json

import numpy as np
import pytest

from imaging.io.files import Picture, decode, encode
from jobs import lifecycle
from jobs.files import downloads, storage
from models import Job, db
from tests.accounts.people import sign_in_person
from tests.jobs.support import address, facts_of, list_stored_files, make_from, make_job, open_image, picture, run_job
from tests.support.stored import get_folder
from worker import recovery


@pytest.fixture
def job(owner_id) -> Job:
    """A job of Adjust that made the left of its picture brighter; the right of it is black and stays so."""
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, :30] = 100
    return run_job(make_job(owner_id, encode(Picture(pixels), "png"), "photo.png"))


def test_a_job_tells_which_share_was_kept_changed_and_replaced(owner, job):
    assert job.changes == [{"kept": 0.5, "changed": 0.5, "replaced": 0.0}]
    told = facts_of(owner, job.id)["change_map"]
    assert [(kind["key"], kind["share"], kind["percent"]) for kind in told["kinds"]] == [
        ("kept", 0.5, "50 %"),
        ("changed", 0.5, "50 %"),
        ("replaced", 0, "0 %"),
    ]
    assert told["sentence"].startswith("Nothing is guessed") and told["url"] == address(job.id, "/change-map")


@pytest.mark.parametrize(("share", "words"), [(0.0004, "under 0.1 %"), (0.99996, "over 99.9 %"), (0.1234, "12.3 %")])
def test_a_little_is_never_called_nothing_and_nearly_all_never_all(owner, job, share, words):
    job.changes = [{"kept": share, "changed": 1 - share, "replaced": 0.0}]
    db.session.commit()
    assert facts_of(owner, job.id)["change_map"]["kinds"][0]["percent"] == words


def test_the_page_shows_the_map_and_offers_it_without_script_too(owner, job):
    page = owner.get(address(job.id)).text
    assert f'href="{address(job.id, "/change-map")}?download=1"' in page and "<change-map data-overlay=" in page
    assert "bit for bit as in the photo" in page and "Nothing is guessed" in page
    assert "of=change-map" in page.replace("&amp;", "&")


def test_the_map_is_sent_exactly_as_it_was_measured_whatever_format_is_asked_for(owner, job):
    sent = owner.get(address(job.id, "/change-map?download=1&format=jpeg&quality=5"))
    assert sent.mimetype == "image/png" and sent.headers["Content-Disposition"].startswith("attachment")
    changes = np.asarray(open_image(sent.data))
    assert (changes[:, :30] == 50).all() and not changes[:, 30:].any()
    overlay = open_image(owner.get(address(job.id, "/preview?of=change-map")).data)
    assert overlay.mode == "RGBA" and overlay.size == (60, 40)
    assert owner.get(address(job.id, "/thumbnail?of=change-map")).status_code == 404


def test_each_alternative_has_its_own_map(sampler, owner, owner_id):
    job = run_job(make_job(owner_id, service="sampler", way="alternatives"))
    assert len(job.changes) == 3
    first = owner.get(address(job.id, "/change-map")).data
    lifecycle.choose(owner_id, job.id, 2)
    assert owner.get(address(job.id, "/change-map")).data != first
    told = facts_of(owner, job.id)["change_map"]
    assert told["kinds"][1]["share"] == pytest.approx(job.changes[2]["changed"], abs=1e-6)


def test_the_check_of_the_storage_misses_a_lost_map_and_deleting_takes_it_along(app, owner_id, job):
    name = f"{storage.name_change_map('result')}.png"
    assert recovery.list_missing_files() == []
    (get_folder(job.id) / name).unlink()
    assert recovery.list_missing_files() == [(job.id, name)]
    lifecycle.erase(job.id)
    assert not [file for file in list_stored_files(app) if "changes" in file]


def test_a_job_from_before_there_were_maps_has_none(owner, job):
    job.changes = None
    db.session.commit()
    assert facts_of(owner, job.id)["change_map"] is None
    assert owner.get(address(job.id, "/change-map")).status_code == 404
    page = owner.get(address(job.id)).text
    assert "change-map data-overlay" not in page and "What was changed" not in page


def test_a_strangers_map_is_not_found(app, job):
    stranger = sign_in_person(app, "67890")
    for place in ("/change-map", "/preview?of=change-map"):
        assert stranger.get(f"/67890/jobs/{job.id}{place}").status_code == 404
        assert stranger.get(address(job.id, place)).status_code == 303  # to a page of their own


def test_downloads_say_what_made_them_in_every_format_and_a_chain_says_all_of_it(owner, owner_id, job):
    following = run_job(make_from(owner_id, job.id, "adjust", "result", transform="90"))
    for format in ("png", "jpeg", "webp"):
        sent = owner.get(address(following.id, f"/result?format={format}")).data
        told = decode(sent).provenance
        assert [step.tool for step in told.steps] == ["adjust", "adjust"] and told.source_type == "humanEdits"
        assert told.steps[0].options["brightness"] == 1.5 and told.steps[1].options["transform"] == "90"
        stripped = owner.get(address(following.id, f"/result?format={format}&metadata=strip")).data
        assert decode(stripped).xmp is None


def test_the_place_in_a_photos_xmp_never_leaves_with_its_result(owner, owner_id):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><secret>52.52 13.40</secret></x:xmpmeta>'
    job = run_job(make_job(owner_id, picture(xmp=xmp)))
    for query in ("", "?format=jpeg", "?format=webp", "?format=png&metadata=keep"):
        sent = owner.get(address(job.id, f"/result{query}")).data
        assert b"52.52" not in sent and decode(sent).provenance.steps
    stored = (get_folder(job.id) / job.result_file).read_bytes()
    assert b"52.52" not in stored and json.dumps("brightness").encode() in stored


def test_a_share_sends_no_metadata_at_all(job):
    spec = downloads.DownloadSpec("png", metadata="strip")
    with downloads.prepare_picture(job, storage.RESULT, spec).open() as file:
        assert decode(file.read()).xmp is None
