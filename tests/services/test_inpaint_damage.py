"""Inpaint finds damage by itself, shows it where that is asked, and fills what was touched up."""

import numpy as np
import pytest
import torch

import services
from imaging.io.files import Picture
from networks.restoration.damage_finder import DamageFinder
from services import inference, runtime
from services.base import Cancelled, InvalidOption, ignore_progress
from training.common.export import export

INPAINT = services.get("inpaint")
HEIGHT, WIDTH, SCRATCH = 72, 96, (slice(10, 60), slice(50, 52))


@pytest.fixture
def finder(monkeypatch, tmp_path):
    """Weights of the real network, in the place of which what is white is damaged."""
    torch.manual_seed(0)
    export("damage", "damage_finder", {}, DamageFinder(), "none", "damage.md", {}, tmp_path)
    monkeypatch.setattr(runtime.folders, "weights", tmp_path)
    network = inference.networks.get("damage")
    monkeypatch.setattr(network, "_module", lambda rgb: (rgb.mean(1, keepdim=True) > 0.9).float())


def photo(scratched: bool = True, channels: int = 3) -> Picture:
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    pixels = np.dstack([down + 60, across + 40, np.full_like(down, 90)]).astype(np.uint8)
    if scratched:
        pixels[SCRATCH] = 250
    return Picture(pixels if channels == 3 else np.dstack([pixels, np.full((HEIGHT, WIDTH), 255, np.uint8)]))


def run(picture: Picture | None = None, report=ignore_progress, **options):
    return INPAINT.run(picture or photo(), INPAINT.parse_options({"what": "damage"} | options), report)


def test_a_scratch_is_found_and_filled_and_all_else_is_untouched(finder):
    result = run(engine="patch")
    changed = (result.picture.pixels != photo().pixels).any(2)
    assert changed[SCRATCH].all() and (result.mask[SCRATCH] == 255).all()
    assert not changed[result.mask == 0].any() and (result.mask > 0).mean() < 0.1
    assert result.picture.pixels[SCRATCH].max() < 200


def test_what_would_be_filled_is_shown_without_a_picture_and_touched_up_then(finder):
    shown = run(find_only=True)
    assert shown.picture is None and (shown.mask[SCRATCH] == 255).all()
    assert shown.verdict in INPAINT.touched_up and INPAINT.verdicts[shown.verdict]
    touched = shown.mask.copy()
    touched[40:] = 0
    result = run(damage_mask=Picture(np.dstack([touched] * 3)), find_only=True, engine="patch")
    assert np.array_equal(result.mask, touched)
    assert np.array_equal(result.picture.pixels[40:], photo().pixels[40:])


def test_without_damage_there_is_no_picture_and_a_reason(finder):
    result = run(photo(scratched=False))
    assert (result.picture, result.mask, result.verdict) == (None, None, "no_damage_found")
    hidden = photo(channels=4)
    hidden.pixels[SCRATCH][..., 3] = 0
    result = run(Picture(hidden.pixels))
    assert result.picture is None or not result.mask[20:50, 50:52].any()


def test_too_much_damage_is_shown_and_not_filled(finder):
    pixels = photo().pixels.copy()
    pixels[:, 20:80] = 250
    result = run(Picture(pixels))
    assert result.picture is None and result.verdict == "much_damage" and result.mask.any()
    assert result.verdict in INPAINT.touched_up


def test_an_erased_mask_is_refused_and_a_cancelled_search_ends(finder):
    with pytest.raises(InvalidOption) as refused:
        run(damage_mask=Picture(np.zeros((HEIGHT, WIDTH, 3), np.uint8)))
    assert refused.value.field == "damage_mask"

    def cancel(share: float, stage: str = "") -> None:
        if stage == "Looking for damage":
            raise Cancelled

    with pytest.raises(Cancelled):
        run(report=cancel)


def grade(finder, monkeypatch, *values: float) -> Picture:
    """Return a photo with two scratches; the network is as sure of each as its brightness says."""
    network = inference.networks.get("damage")
    monkeypatch.setattr(network, "_module", lambda rgb: (rgb.mean(1, keepdim=True) - 0.6).clamp(0) * 2.5)
    pixels = photo(scratched=False).pixels
    for place, value in zip((slice(20, 24), slice(60, 64)), values, strict=True):
        pixels[10:60, place] = value
    return Picture(pixels)


def test_what_is_uncertain_is_left_where_that_is_asked_and_the_verdict_says_so(finder, monkeypatch):
    picture = grade(finder, monkeypatch, 252, 215)
    every, sure = (run(picture, engine="patch", marks=marks) for marks in ("usual", "sure"))
    assert (every.mask[20:50, 60:64] == 255).all() and not every.verdict
    assert (sure.mask[20:50, 20:24] == 255).all() and not sure.mask[:, 55:].any()
    assert np.array_equal(sure.picture.pixels[:, 55:], picture.pixels[:, 55:]) and sure.verdict == "sure_damage_filled"
    uncertain = run(grade(finder, monkeypatch, 215, 215), marks="sure")
    assert uncertain.picture is None and uncertain.verdict == "damage_uncertain" in INPAINT.touched_up
    assert uncertain.mask[20:50, 20:24].all() and uncertain.verdict in INPAINT.verdicts
