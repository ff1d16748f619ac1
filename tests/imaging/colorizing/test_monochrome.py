import numpy as np
import pytest
import torch

from imaging.colorizing.monochrome import find_tone
from networks.layers.colour_space import rgb_to_lab


def has_colours(lab: np.ndarray) -> bool:
    return find_tone(lab) is None


def lab_of(rgb: np.ndarray) -> np.ndarray:
    return rgb_to_lab(torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255)[0].permute(1, 2, 0).numpy()


@pytest.fixture
def grey():
    random = np.random.default_rng(0)
    coarse = np.kron(random.uniform(30, 220, (9, 12)), np.ones((16, 16)))
    return np.clip(coarse + random.normal(0, 6, coarse.shape), 0, 255)


def as_rgb(grey: np.ndarray, tone=(1, 1, 1)) -> np.ndarray:
    return np.clip(grey[:, :, None] * np.array(tone), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("tone", [(1, 1, 1), (1.1, 0.97, 0.75), (0.8, 0.95, 1.1)])
def test_grey_and_toned_prints_have_none(grey, tone):
    assert not has_colours(lab_of(as_rgb(grey, tone)))


def test_a_print_that_yellowed_towards_one_side_has_none(grey):
    rgb = as_rgb(grey).astype(float)
    rgb[:, :, 2] *= np.linspace(1, 0.8, rgb.shape[1])
    assert not has_colours(lab_of(rgb.astype(np.uint8)))


def test_shadows_and_lights_may_be_toned_apart(grey):
    rgb = as_rgb(grey).astype(float)
    rgb[:, :, 0] += 0.15 * (grey - 128)
    rgb[:, :, 2] -= 0.15 * (grey - 128)
    assert not has_colours(lab_of(np.clip(rgb, 0, 255).astype(np.uint8)))


def test_a_third_of_the_picture_in_another_colour_is_colour(grey):
    rgb = as_rgb(grey)
    rgb[:, :60] = as_rgb(grey[:, :60], (0.6, 1, 0.7))
    assert has_colours(lab_of(rgb))


def test_a_faded_photo_of_several_hues_has_colours(grey):
    """A chroma of about 3 CIE units, in two hues that do not go with brightness."""
    rgb = as_rgb(grey).astype(float)
    rgb[:70] *= (1.04, 1, 0.96)
    rgb[70:] *= (0.97, 1.0, 1.05)
    assert has_colours(lab_of(np.clip(rgb, 0, 255).astype(np.uint8)))


def test_a_red_roof_in_a_photo_of_faint_colours_is_colour(grey):
    rgb = as_rgb(grey).astype(float)
    rgb[:70] *= (0.97, 1, 1.04)
    assert not has_colours(lab_of(np.clip(rgb, 0, 255).astype(np.uint8)))
    rgb[100:118, 80:110] *= (1.3, 0.85, 0.8)
    assert has_colours(lab_of(np.clip(rgb, 0, 255).astype(np.uint8)))


@pytest.mark.parametrize("tone", [(1, 1, 1), (1.1, 0.97, 0.75)], ids=["grey", "sepia"])
def test_a_coloured_stamp_on_a_print_of_one_tone_is_found_and_the_print_has_none(grey, tone):
    rgb = as_rgb(grey, tone)
    rgb[112:124, 150:180] = (200, 40, 40)
    lab = lab_of(rgb)
    found = find_tone(lab)
    assert found is not None and not has_colours(lab)
    things = np.kron(found.things, np.ones((2, 2)))
    assert things[118, 165] == 1 and things[20, 20] == 0 and things.mean() < 0.1
    share = found.measure_own_share(lab, things[:, :, None].astype(np.float32))
    assert share[118, 165] == 1 and share[60, 60] == 0


def test_a_coloured_frame_round_a_grey_photo_is_a_thing_of_it(grey):
    rgb = np.full((144, 192, 3), (150, 60, 40), np.uint8)
    rgb[6:-6, 6:-6] = as_rgb(grey)[6:-6, 6:-6]
    found = find_tone(lab_of(rgb))
    assert found is not None and found.things[0].min() == 1 and found.things[36, 48] == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 2)])
def test_any_shape_is_judged(shape):
    assert not has_colours(np.zeros((*shape, 3), np.float32))
