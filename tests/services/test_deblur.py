"""Deblur: what is blurred is treated, what is sharp is left alone, and no broken tile reaches anyone."""

import cv2
import numpy as np
import pytest
import torch

import services
from imaging.deblurring import shake
from imaging.io.files import Picture
from networks.manifest import WEIGHTS
from services import inference, runtime
from services.base import InvalidOption, ServiceError, ignore_progress
from tests.imaging.deblurring.test_edges import scene, smear

NOISE = np.random.default_rng(0).integers(0, 256, (70, 110, 3), dtype=np.uint8)
SHAKEN = smear(scene(150, 170), 4, 0)


def run(picture: Picture, **chosen):
    service = services.get("deblur")
    return service.run(picture, service.parse_options(chosen), ignore_progress)


def a_kernel(pixels: int) -> torch.Tensor:
    kernel = torch.zeros(1, 33, 33)
    kernel[0, 16, 16 - pixels // 2 : 17 + pixels // 2] = 1
    return kernel / kernel.sum()


def stand_in(network, monkeypatch, forward) -> None:
    """Let a function restore tiles, where a straight motion is seen."""
    forward.kernel = lambda tile: a_kernel(4)
    monkeypatch.setattr(network, "_module", forward)


@pytest.fixture
def seen(monkeypatch):
    """What the blur is said to be: a straight motion of that many pixels."""

    def say(pixels: int) -> None:
        module = inference.networks.get("deblur")._module
        monkeypatch.setattr(module, "kernel", lambda tile: a_kernel(pixels), raising=False)

    return say


def test_a_sharp_picture_gets_a_verdict_and_no_result(seen):
    seen(0)
    result = run(Picture(NOISE))
    assert result.picture is None and result.verdict == "no_motion_blur"
    assert "kept as it was" in services.get("deblur").verdicts[result.verdict]


def test_a_blurred_picture_gets_a_result_and_no_verdict(seen):
    seen(8)
    result = run(Picture(SHAKEN))
    assert result.verdict == "" and not np.array_equal(result.picture.pixels, SHAKEN)


def test_a_long_blur_is_taken_out_of_a_smaller_copy_and_the_result_has_full_size(seen, monkeypatch):
    seen(12)
    sides, module = [], inference.networks.get("deblur").module
    forward = module.forward
    monkeypatch.setattr(module, "forward", lambda tile: sides.append(tile.shape[2:]) or forward(tile))
    picture = smear(scene(300, 340), 5, 5)
    result = run(Picture(picture)).picture.pixels
    assert sides == [(152, 176)]
    assert result.shape == picture.shape and not np.array_equal(result, picture)


def test_a_photo_out_of_focus_is_told_from_a_shaken_one(monkeypatch):
    disc = torch.from_numpy(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))).float()
    kernel = torch.nn.functional.pad(disc / disc.sum(), (12, 12, 12, 12))[None]
    monkeypatch.setattr(inference.networks.get("deblur").module, "kernel", lambda tile: kernel)
    result = run(Picture(SHAKEN))
    assert result.picture is not None and result.verdict == "out_of_focus"
    assert "lens blur" in services.get("deblur").verdicts[result.verdict]


def test_a_picture_with_sharp_edges_is_left_alone_whatever_blur_is_seen(seen):
    seen(8)
    result = run(Picture(scene(150, 170)))
    assert result.picture is None and result.verdict == "no_motion_blur"


def test_sharp_parts_of_a_shaken_picture_are_kept_and_the_verdict_says_so(monkeypatch):
    monkeypatch.setattr(shake, "is_shaken", lambda *found: True)
    stand_in(inference.networks.get("deblur"), monkeypatch, lambda tile: tile.roll(1, 3))
    pixels = smear(scene(200, 400), 5, 3)
    pixels[:, :200] = scene(200, 400)[:, :200]
    result = run(Picture(pixels))
    assert result.verdict == "some_parts_kept"
    assert np.array_equal(result.picture.pixels[:, :180], pixels[:, :180])
    assert not np.array_equal(result.picture.pixels[:, 320:], pixels[:, 320:])


def test_the_owner_may_run_it_anyway(seen):
    seen(0)
    assert run(Picture(NOISE), anyway="1").picture is not None


def test_a_straight_motion_of_three_pixels_is_enough_to_count(seen):
    assert shake.measure_deviation(a_kernel(2)[0]) >= shake.THRESHOLD > shake.measure_deviation(a_kernel(0)[0])


def test_strength_mixes_the_original_in():
    full, half = (run(Picture(NOISE), anyway="1", strength=s).picture.pixels.astype(int) for s in ("1", "0.5"))
    assert np.abs(full - NOISE).max() > 0
    assert np.abs(half - NOISE).sum() < 0.7 * np.abs(full - NOISE).sum()


def test_a_strength_of_nought_is_refused():
    with pytest.raises(ServiceError) as caught:
        run(Picture(NOISE), strength="0")
    assert caught.value.key == "nothing_to_change"


@pytest.mark.parametrize("colour", [(200, 120, 40), (0, 0, 0), (255, 255, 255)])
def test_a_flat_picture_is_flat_and_of_its_colour_and_is_not_called_a_success(colour):
    flat = np.full((700, 900, 3), colour, np.uint8)
    assert run(Picture(flat)).verdict == "no_motion_blur"
    result = run(Picture(flat), anyway="1")
    assert result.picture is None and result.verdict == "nothing_changed"


def test_no_seam_shows_on_a_gradient_with_the_released_weights(monkeypatch):
    monkeypatch.setattr(runtime.folders, "weights", WEIGHTS)
    rows, columns = np.mgrid[0:560, 0:1100]
    gradient = np.stack([40 + columns * 0.15, 60 + rows * 0.2, 120 + columns * 0.05 + rows * 0.1], 2)
    gradient = gradient.round().astype(np.uint8)
    result = run(Picture(gradient), anyway="1").picture.pixels.astype(int)
    assert np.abs(np.diff(result, axis=1)).max() <= 3 and np.abs(np.diff(result, axis=0)).max() <= 3
    assert np.abs(result - gradient).max() <= 3


@pytest.mark.parametrize("network", ["deblurgan"])
def test_another_network_can_be_chosen(network):
    own, other = (run(Picture(NOISE), anyway="1", network=n).picture.pixels for n in ("deblur", network))
    assert not np.array_equal(own, other)


def test_a_network_that_is_not_one_is_refused():
    with pytest.raises(InvalidOption):
        run(Picture(NOISE), network="guesswork")


def test_an_official_network_that_nobody_imported_says_so():
    with pytest.raises(ServiceError) as caught:
        run(Picture(NOISE), anyway="1", network="nafnet-gopro-width32")
    assert caught.value.key == "weights_unavailable"


def spoiling(network, monkeypatch, spoil):
    """Let `spoil` have the first tile."""
    module, tiles = network._module, []

    def forward(tile):
        tiles.append(tile)
        return spoil(tile) if len(tiles) == 1 else module(tile)

    stand_in(network, monkeypatch, forward)


@pytest.mark.parametrize(
    "spoil",
    [lambda tile: tile * float("nan"), lambda tile: tile + 0.2, lambda tile: (tile - 0.5) * 40],
    ids=["not a number", "another colour", "halos"],
)
def test_a_bad_tile_stays_as_it_was_and_the_verdict_says_so(monkeypatch, spoil):
    smooth = np.kron(NOISE[:10, :18], np.ones((60, 60, 1))).astype(np.uint8)
    spoiling(inference.networks.get("deblur"), monkeypatch, spoil)
    result = run(Picture(smooth), anyway="1")
    assert result.verdict == "some_tiles_kept"
    assert np.array_equal(result.picture.pixels[:250, :250], smooth[:250, :250])
    assert not np.array_equal(result.picture.pixels, smooth)


def test_when_no_tile_is_of_use_there_is_no_picture(monkeypatch):
    stand_in(inference.networks.get("deblur"), monkeypatch, lambda tile: tile * float("nan"))
    with pytest.raises(ServiceError) as caught:
        run(Picture(NOISE), anyway="1")
    assert caught.value.key == "unstable_network"


def test_blur_is_not_looked_for_where_it_does_not_matter(monkeypatch):
    monkeypatch.setattr(shake, "is_shaken", lambda *found: pytest.fail("looked"))
    assert run(Picture(NOISE), anyway="1").picture is not None
