"""Jobs made from earlier ones: the same work again, another tool on the result, and what is carried over."""

import os

import pytest
from sqlalchemy import select

from jobs import lifecycle, quotas, trash
from jobs.errors import NotFound, QuotaExceeded, UploadRefused
from models import Job, db
from services import get
from services.base import CACHE
from tests.accounts.people import JSON, sign_in_person
from tests.jobs import sampler as sampled
from tests.jobs.support import (
    address,
    facts_of,
    list_stored_files,
    make_from,
    make_job,
    make_painted_sheet,
    make_user,
    open_image,
    picture,
    run_job,
    shown,
)
from tests.support.engines import both_engines
from tests.support.stored import get_folder

pytestmark = pytest.mark.usefixtures("sampler")


def row(job_id: str) -> Job:
    return db.session.get(Job, job_id, populate_existing=True)


@both_engines
def test_the_same_original_is_run_again_without_an_upload(in_app, user_id):
    first = make_job(user_id, name="Oma.jpg", service="sampler")
    again = row(make_from(user_id, first, amount="2"))
    assert (again.parent_id, again.parent_variant, again.original_name) == (first, "original", "Oma.jpg")
    assert (again.width, again.height, again.image_format) == (60, 40, "jpeg")
    assert again.original_bytes == len(picture())
    assert (get_folder(again.id) / "original.jpg").read_bytes() == picture()
    assert (get_folder(again.id) / "original-preview.webp").exists()
    assert run_job(again.id).result_file == "result.png"


def test_a_result_goes_on_to_another_tool(in_app, user_id):
    turned = run_job(make_job(user_id, picture(90, 60), transform="90"))
    onward = row(make_from(user_id, turned.id, "sampler", "result"))
    assert (onward.width, onward.height, onward.parent_variant) == (60, 90, "result")
    assert onward.original_file == "original.png"
    assert onward.image_format == "jpeg", "it is best saved as what it once was"
    assert open_image((get_folder(onward.id) / "original-thumbnail.webp").read_bytes()).size == (60, 90)
    assert run_job(onward.id).result_width == 60


def test_each_of_the_two_can_be_deleted_without_the_other(in_app, user_id):
    first = run_job(make_job(user_id))
    second = make_from(user_id, first.id, "sampler", "result")
    lifecycle.erase(first.id)
    assert run_job(second).status == "done"
    assert {path.split("/")[1] for path in list_stored_files(in_app)} == {second}


def test_a_storage_without_links_gets_copies(in_app, user_id, monkeypatch):
    def refuse(*_):
        raise OSError(18, "cross-device link")

    first = make_job(user_id)
    monkeypatch.setattr(os, "link", refuse)
    second = make_from(user_id, first)
    assert (get_folder(second) / "original.jpg").read_bytes() == picture()


@both_engines
@pytest.mark.parametrize("variant", ["original", "result"])
def test_C03_a_foreign_a_deleted_and_a_missing_job_are_the_same(in_app, user_id, variant):
    foreign = run_job(make_job(make_user("67890"))).id
    deleted = run_job(make_job(user_id)).id
    trash.put(user_id, [deleted])
    for job_id in (foreign, deleted, "0" * 32, "é", "../x", "' OR 1=1"):
        with pytest.raises(NotFound):
            make_from(user_id, job_id, variant=variant)
        with pytest.raises(NotFound):
            lifecycle.prefill(user_id, job_id, variant=variant)
    assert {path.split("/")[1] for path in list_stored_files(in_app)} == {foreign, deleted}


def test_a_job_without_a_result_has_none_to_go_on_with(in_app, user_id):
    with pytest.raises(NotFound):
        make_from(user_id, make_job(user_id), variant="result")


def test_only_the_original_or_the_result_can_be_taken(in_app, user_id):
    with pytest.raises(UploadRefused) as refused:
        make_from(user_id, make_job(user_id), variant="../mask")
    assert (refused.value.key, refused.value.field) == ("unknown_source", "from_which")


def test_pictures_taken_over_count_in_every_limit(in_app, user_id):
    first = run_job(make_job(user_id, service="sampler", mask=make_painted_sheet())).id
    before = {use.key: use.used for use in quotas.measure_usage(user_id)}
    again = row(make_from(user_id, first))
    after = {use.key: use.used for use in quotas.measure_usage(user_id)}
    assert (again.original_bytes, again.result_bytes) == (len(picture()) + len(make_painted_sheet()), 1000)
    stored = again.original_bytes + again.result_bytes
    assert (after["storage_megabytes"] - before["storage_megabytes"]) * quotas.MEGABYTE == pytest.approx(stored)
    assert after["jobs_per_day"] == 2
    assert after["megapixels_per_day"] > before["megapixels_per_day"]
    in_app.config["MAX_JOBS_PER_DAY"] = 2
    with pytest.raises(QuotaExceeded):
        make_from(user_id, first)
    assert len({path.split("/")[1] for path in list_stored_files(in_app)}) == 2


def test_what_a_run_kept_is_handed_to_the_next_on_the_same_original(in_app, user_id):
    first = run_job(make_job(user_id, service="sampler"))
    assert (sampled.seen[-1][CACHE], first.cache) == ({}, ["matte"])
    again = run_job(make_from(user_id, first.id, amount="2"))
    assert sampled.seen[-1][CACHE] == {"matte": b"0" * 1000}
    assert run_job(make_from(user_id, again.id)).cache == ["matte"], "also from one to the next"
    assert sampled.seen[-1][CACHE] == {"matte": b"0" * 1000}


def test_nothing_kept_goes_to_another_picture_or_another_tool(in_app, user_id):
    first = run_job(make_job(user_id, service="sampler"))
    run_job(make_from(user_id, first.id, variant="result"))
    assert sampled.seen[-1][CACHE] == {}
    make_from(user_id, first.id, "sampler", files={"image": picture(30, 20)})
    other = row(make_from(user_id, first.id, "adjust", brightness="2"))
    assert (other.cache, other.result_bytes) == (None, 0)


def test_a_new_upload_goes_before_the_earlier_picture(in_app, user_id):
    first = make_job(user_id, service="sampler", mask=make_painted_sheet())
    new = row(make_from(user_id, first, files={"image": picture(30, 20)}))
    assert (new.width, new.parent_id, new.options["mask"]) == (30, "", None)


def test_earlier_masks_and_hints_are_used_again_until_new_ones_come_or_none_is_wished(in_app, user_id):
    first = make_job(user_id, service="sampler", mask=make_painted_sheet(), hints=make_painted_sheet(30, 20))
    again = make_from(user_id, first)
    run_job(again)
    assert sampled.seen[-1]["mask"].pixels.shape == (40, 60, 4)
    assert sampled.seen[-1]["hints"].pixels.shape == (20, 30, 4)
    run_job(make_from(user_id, again, files={"hints": make_painted_sheet(9, 7)}, mask_reuse="0"))
    assert (sampled.seen[-1]["mask"], sampled.seen[-1]["hints"].pixels.shape) == (None, (7, 9, 4))


def test_an_upload_that_the_other_options_make_pointless_is_not_taken_over(in_app, user_id):
    first = make_job(user_id, service="sampler", hints=make_painted_sheet())
    assert row(make_from(user_id, first, way="files")).options["hints"] is None


def test_the_form_of_an_earlier_job_can_be_filled_in_again(in_app, user_id):
    fields = {
        "way": "alternatives",
        "amount": "1.5",
        "anyway": "1",
        "colour": "#3366CC",
        "frame": "0.1,0.2,0.5,0.25",
        "point": "0.3,0.75",
    }
    first = make_job(user_id, service="sampler", mask=make_painted_sheet(), **fields)
    form = lifecycle.prefill(user_id, first)
    assert form.values == fields | {"colour": "#3366cc", "look_only": "0"}
    assert (form.uploads, form.is_again, form.variant, form.job.id) == (("mask",), True, "original", first)
    values = dict(form.values)
    assert row(make_from(user_id, first, **values)).options == row(first).options
    other = lifecycle.prefill(user_id, first, get("adjust"))
    assert (other.values, other.uploads, other.is_again) == ({}, (), False)


def test_a_switch_that_was_off_stays_off(in_app, user_id):
    assert lifecycle.prefill(user_id, make_job(user_id, service="sampler")).values["anyway"] == "0"


def test_the_site_takes_an_earlier_job_instead_of_an_upload(owner, owner_id):
    first = run_job(make_job(owner_id))
    form = {"from_job": first.id, "from_which": "result", "brightness": "0.5"}
    response = owner.post("/12345/adjust", form, content_type="multipart/form-data")
    assert response.status_code == 303
    parent = {"id": first.id, "url": address(first.id), "which": "result", "number": 1, "name": "photo.jpg"}
    assert shown(owner, response.location)["parent"] == parent
    missing = form | {"from_job": "0" * 32}
    response = owner.post("/12345/adjust", missing, content_type="multipart/form-data", headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (404, "not_found")


def test_a_parent_that_was_deleted_is_told_no_more(owner, owner_id):
    first = run_job(make_job(owner_id)).id
    second = make_from(owner_id, first)
    lifecycle.delete(owner_id, first)
    assert facts_of(owner, second)["parent"] is None
    lifecycle.erase(first)
    assert facts_of(owner, second)["parent"] is None


def test_the_same_once_more_with_some_options_changed(owner, owner_id):
    first = make_job(owner_id, service="sampler", mask=make_painted_sheet(), amount="2", way="files")
    response = owner.post(address(first, "/rerun"), {"amount": "0.5"})
    assert response.status_code == 303
    options = row(response.location.rsplit("/")[-1]).options
    assert (options["amount"], options["way"], options["mask"]) == (0.5, "files", "mask.png")
    wrong = owner.post(address(first, "/rerun"), {"amount": "9"}, headers=JSON)
    assert (wrong.status_code, wrong.json["error"]["key"]) == (400, "invalid_option")
    assert owner.post(address(first, "/rerun")).status_code == 303


def test_C03_nobody_runs_a_foreign_job_again(app, owner, owner_id):
    first = make_job(owner_id, service="sampler")
    other = sign_in_person(app, "67890")
    assert other.post(f"/67890/jobs/{first}/rerun").status_code == 404
    assert len(list(db.session.scalars(select(Job)))) == 1


def test_names_and_numbers(in_app, user_id):
    first = make_job(user_id)
    lifecycle.rename(user_id, first, "  Oma in the garden\x07 ")
    second = row(make_from(user_id, first))
    assert (row(first).number, second.number, second.title) == (1, 2, "Oma in the garden")
    lifecycle.erase(first)
    assert row(make_job(user_id)).number == 3
