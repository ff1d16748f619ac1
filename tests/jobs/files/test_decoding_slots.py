"""Slots and memory for decoding: no account takes them all, and never more memory than there is."""

import contextlib
import io
import threading
import time

import pytest

from imaging.io.errors import BrokenPicture
from jobs import quotas
from jobs.files import uploads
from jobs.files.decoding_slots import DecodingSlots, NoSlot, get_slots
from tests.accounts.people import JSON
from tests.jobs.support import make_job, open_image, picture, refusal_of, upload

ANNA, BEN, CLEO = 1, 2, 3


@pytest.fixture
def hold():
    with contextlib.ExitStack() as stack:
        yield stack.enter_context


def test_no_account_has_more_than_half_of_the_slots(hold):
    slots = DecodingSlots(4, 1000, 8)
    for _ in range(2):
        hold(slots.slot(ANNA, 0))
    with pytest.raises(NoSlot):
        hold(slots.slot(ANNA, 0.05))
    hold(slots.slot(BEN, 0))
    hold(slots.slot(CLEO, 0))
    with pytest.raises(NoSlot):
        hold(slots.slot(BEN, 0))


def test_no_account_has_more_slots_than_there_are_processors(hold):
    slots = DecodingSlots(8, 1000, 1)
    hold(slots.slot(ANNA, 0))
    with pytest.raises(NoSlot):
        hold(slots.slot(ANNA, 0))
    hold(slots.slot(BEN, 0))


def test_a_single_slot_is_for_everybody(hold):
    slots = DecodingSlots(1, 1000, 8)
    with slots.slot(ANNA, 0), pytest.raises(NoSlot):
        hold(slots.slot(BEN, 0))
    hold(slots.slot(BEN, 0))


def test_memory_is_never_reserved_beyond_what_there_is(hold):
    slots = DecodingSlots(8, 1000, 8)
    hold(slots.memory(ANNA, 600, 0))
    with pytest.raises(NoSlot):
        hold(slots.memory(BEN, 500, 0))
    hold(slots.memory(BEN, 400, 0))


def test_an_account_adds_to_its_memory_only_up_to_half(hold):
    slots = DecodingSlots(8, 1000, 8)
    hold(slots.memory(ANNA, 300, 0))
    with pytest.raises(NoSlot):
        hold(slots.memory(ANNA, 300, 0))
    hold(slots.memory(ANNA, 200, 0))


def test_what_is_larger_than_the_memory_waits_until_it_is_alone(hold):
    slots, begun = DecodingSlots(8, 1000, 8), threading.Event()

    def wait():
        with slots.memory(BEN, 5000, 5):
            begun.set()

    waiting = threading.Thread(target=wait)
    with slots.memory(ANNA, 100, 0):
        waiting.start()
        time.sleep(0.1)
        assert not begun.is_set()
    waiting.join()
    assert begun.is_set()


def test_who_waits_is_served_before_who_was_served_just_now():
    slots, served = DecodingSlots(8, 1000, 8), []

    def take(account):
        with slots.memory(account, 900, 5):
            served.append(account)
            time.sleep(0.05)

    with slots.memory(ANNA, 900, 0):
        waiting = [threading.Thread(target=take, args=(account,)) for account in (ANNA, ANNA, BEN, CLEO)]
        for each in waiting:
            each.start()
            time.sleep(0.05)
    for each in waiting:
        each.join()
    assert sorted(served) == [ANNA, ANNA, BEN, CLEO] and set(served[:2]) == {BEN, CLEO}


def test_a_slot_is_given_back_whatever_happened():
    slots = DecodingSlots(1, 1000, 8)
    with contextlib.suppress(KeyError), slots.slot(ANNA, 0), slots.memory(ANNA, 900, 0):
        raise KeyError
    with slots.slot(BEN, 0), slots.memory(BEN, 900, 0):
        pass


def test_an_account_whose_share_is_taken_is_put_off_and_others_are_served(in_app, owner, owner_id, hold, monkeypatch):
    in_app.config["WEB_THREADS"] = 4
    monkeypatch.setattr(uploads, "_WAIT_SECONDS", 0.1)
    hold(get_slots().slot(owner_id, 0))
    response = upload(owner, picture(), headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (503, "busy")
    with get_slots().slot(owner_id + 1, 0):
        pass


def preview_of(owner, data: bytes):
    form = {"image": (io.BytesIO(data), "scan.tif")}
    return owner.post("/12345/preview", form, content_type="multipart/form-data", headers=JSON)


def megapixels(user_id: int) -> float:
    return {use.key: use.used for use in quotas.measure_usage(user_id)}["megapixels_per_day"]


def test_a_preview_counts_in_the_day(in_app, owner, owner_id):
    in_app.config["MAX_MEGAPIXELS_PER_DAY"] = 2
    scan = picture(1500, 1000, format="TIFF")
    assert open_image(preview_of(owner, scan).data).size == (1500, 1000)
    assert megapixels(owner_id) == pytest.approx(1.5)
    assert preview_of(owner, scan).json["error"]["key"] == "too_many_megapixels_today"
    assert preview_of(owner, scan).status_code == 429


def test_a_file_that_is_no_picture_counts_in_the_day(in_app, owner_id):
    in_app.config["MAX_MEGAPIXELS_PER_DAY"] = 3
    for number in range(1, 4):
        with pytest.raises(BrokenPicture):
            make_job(owner_id, picture()[:600])
        assert megapixels(owner_id) == number
    assert refusal_of(owner_id, picture()) == "too_many_megapixels_today"
    in_app.config["MAX_MEGAPIXELS_PER_DAY"] = 4
    assert make_job(owner_id)
