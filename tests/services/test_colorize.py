"""What becomes of a guess: variants, hints, saturation, what is kept, and when there is none."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

import services
from imaging.io.files import Picture
from services import inference, runtime
from services.base import CACHE, InvalidOption, ServiceError, ignore_progress
from services.colorize import CHROMA, guess

SERVICE = services.get("colorize")
NOISE = np.random.default_rng(0).integers(0, 256, (70, 110, 3), dtype=np.uint8)
GREY = np.array(Image.fromarray(NOISE).convert("L").convert("RGB"))
FLAT = np.full((120, 160, 3), 140, np.uint8)


def run(picture: np.ndarray, cache: dict | None = None, **chosen):
    return SERVICE.run(Picture(picture), SERVICE.parse_options(chosen) | {CACHE: cache or {}}, ignore_progress)


def dab(colour=(200, 30, 30), shape=(120, 160)) -> Picture:
    paint = np.zeros((*shape, 4), np.uint8)
    paint[50:70, 30:50] = (*colour, 255)
    return Picture(paint)


@pytest.fixture
def no_network(monkeypatch):
    def asked(name):
        raise AssertionError(f"{name} was asked")

    monkeypatch.setattr(inference.networks, "get", asked)


def test_there_are_three_to_pick_from_and_they_differ():
    result = run(GREY)
    natural, calm, vivid = (each.rgb.astype(int) for each in (result.picture, *result.alternatives))
    spread = [np.ptp(pixels, axis=2).mean() for pixels in (calm, natural, vivid)]
    assert spread[0] < spread[1] < spread[2]
    assert all("colorized" in exif_software(each) for each in result.alternatives)


def exif_software(picture: Picture) -> str:
    exif = Image.Exif()
    exif.load(picture.exif)
    return exif[0x0131]


def test_one_is_enough_where_one_is_asked_for():
    result = run(GREY, variants="0")
    assert result.alternatives == () and np.array_equal(result.picture.pixels, run(GREY).picture.pixels)


def test_a_picture_with_colours_is_recognised_and_done_anyway_on_request():
    coloured = np.dstack([np.tile(np.linspace(0, 250, 90), (60, 1))] * 3).astype(np.uint8)
    coloured[:30] = coloured[:30] * np.array((1, 0.3, 0.3))
    result = run(coloured)
    assert result.picture is None and result.verdict == "already_coloured" and result.verdict in SERVICE.verdicts
    assert run(coloured, anyway="1").picture is not None


def test_a_sepia_print_is_not_taken_for_a_coloured_picture():
    sepia = np.clip(GREY * np.array((1.1, 0.97, 0.75)), 0, 255).astype(np.uint8)
    assert run(sepia).picture is not None


def test_a_coloured_stamp_keeps_its_colour_and_the_rest_gets_some():
    """The stamp's pixels stay to the bit, those beside it are coloured."""
    photo = np.array(Image.fromarray(GREY).resize((220, 140)))
    photo[110:126, 180:210] = (200, 40, 40)
    result = run(photo, variants="0").picture.pixels
    assert np.array_equal(result[114:122, 184:206], photo[114:122, 184:206])
    assert np.ptp(result[:90].astype(int), axis=2).max() > 5


def test_another_saturation_does_not_ask_the_network_again(monkeypatch):
    first = run(GREY)
    monkeypatch.setattr(inference.networks, "get", lambda name: pytest.fail("asked"))
    again = run(GREY, cache=dict(first.cache))
    assert np.abs(again.picture.pixels.astype(int) - first.picture.pixels).max() <= 1  # tenths of a CIE unit
    vivid = run(GREY, cache=dict(first.cache), saturation="2")
    assert np.ptp(vivid.picture.pixels.astype(int), axis=2).mean() > np.ptp(GREY.astype(int), axis=2).mean()


def test_another_working_size_does_ask_it(monkeypatch):
    kept = dict(run(GREY).cache)
    asked, network = [], inference.networks.get
    monkeypatch.setattr(inference.networks, "get", lambda name: asked.append(name) or network(name))
    run(GREY, cache=kept, detail="192")
    assert asked == ["colorize"]


def test_other_weights_of_the_same_name_ask_the_network_again(monkeypatch):
    """After an upgrade, a run with other hints does not take the old network's guess for the new one's."""
    kept = dict(run(GREY).cache)
    asked, network = [], inference.networks.get
    monkeypatch.setattr(inference.networks, "get", lambda name: asked.append(name) or network(name))
    monkeypatch.setattr(runtime, "fingerprint_weights", lambda name: 64 * "0")
    assert dict(run(GREY, cache=kept).cache) != kept and asked == ["colorize"]


@pytest.mark.parametrize("damaged", [b"", b"PK\x03\x04", b"\x93NUMPY nonsense"])
def test_a_damaged_guess_is_no_guess(damaged):
    assert run(GREY, cache={guess.PLACE: damaged}).picture is not None


def test_a_dab_colours_its_surroundings_in_every_variant():
    result = run(FLAT, hints=dab())
    for picture in (result.picture, *result.alternatives):
        red, green, blue = picture.rgb[60, 40].astype(int)
        assert red > green + 60 and red > blue + 60
        near = picture.rgb[45:80, 20:60].astype(int)
        assert (near[:, :, 0] > near[:, :, 1] + 30).all()


def test_a_dab_stops_at_an_edge():
    picture = FLAT.copy()
    picture[:, 80:] = 40
    plain, hinted = run(picture).picture.rgb.astype(int), run(picture, hints=dab()).picture.rgb.astype(int)
    assert np.abs(hinted - plain)[:, 20:60].max() > 60
    assert np.abs(hinted - plain)[:, 100:].max() < 8


def test_hints_work_on_a_kept_guess_without_the_network(no_network, monkeypatch):
    chroma = np.zeros((256, 341, 6), np.float32)
    kept = guess.Guess(chroma, f"colorize {runtime.fingerprint_weights('colorize')} 256").pack()
    result = run(FLAT, cache=kept, hints=dab((30, 30, 220)))
    assert result.picture.rgb[60, 40, 2] > result.picture.rgb[60, 40, 0] + 60
    assert dict(result.cache).keys() == kept.keys() | {CHROMA}  # the guess and the live copy, not the hints


def test_a_dab_reaches_alike_places_where_that_is_asked_for_and_never_unlike_ones(no_network):
    sleeves = np.zeros((32, 43, 32), np.int8)
    sleeves[..., 0] = 127
    sleeves[:, 16:28] = np.roll(sleeves[0, 0], 1)  # the shirt between them looks different
    kept = guess.Guess(
        np.zeros((256, 341, 6), np.float32), f"colorize {runtime.fingerprint_weights('colorize')} 256", sleeves
    ).pack()
    without, with_alike = (run(FLAT, cache=kept, hints=dab(), alike=alike).picture.rgb.astype(int) for alike in "01")
    reds = [(rgb[:, :, 0] - rgb[:, :, 1])[:, (10, 80, 140)].mean(0) for rgb in (without, with_alike)]
    assert reds[0][0] > 60 > 10 > reds[0][1] and reds[1][0] > 60 > 10 > reds[1][1]
    assert reds[1][2] > 60


def test_an_opaque_picture_is_no_set_of_hints():
    with pytest.raises(InvalidOption) as caught:
        SERVICE.parse_options({"hints": Picture(FLAT)})
    assert caught.value.field == "hints"


def test_a_network_that_is_not_installed_fails_with_a_sentence():
    with pytest.raises(ServiceError) as caught:
        run(GREY, network="deoldify-artistic")
    assert caught.value.key == "weights_unavailable"


def test_deoldify_sees_a_square_of_its_own_working_size(monkeypatch):
    seen = []

    class Network:
        multiple_of, minimum_side = 16, 32

        def __call__(self, tensor, method="forward"):
            seen.append((tuple(tensor.shape), method))
            return tensor.new_zeros(1, 6, *tensor.shape[2:]) + 0.1

    monkeypatch.setattr(inference.networks, "get", lambda name: Network())
    monkeypatch.setattr(runtime, "fingerprint_weights", lambda name: 64 * "0")
    result = run(GREY, network="deoldify-artistic", render_factor="10")
    assert seen == [((1, 1, 160, 160), "variants")] and result.picture.pixels.shape == GREY.shape


def test_the_kept_guess_is_small():
    wide = cv2.resize(GREY, (1500, 1000))
    assert sum(map(len, run(wide, variants="0").cache.values())) < 300_000


def test_the_guess_says_what_made_it():
    with np.load(io.BytesIO(run(GREY, variants="0").cache[guess.PLACE])) as file:
        assert str(file["made"]) == f"colorize {runtime.fingerprint_weights('colorize')} 256"


def test_every_variant_has_a_name():
    names = services.get("colorize").alternative_names
    assert [name.lower() for name in names] == list(guess.VARIANTS)
