import numpy as np
import pytest
import torch

from imaging.colorizing.monochrome import has_colours
from networks.layers.colour_space import rgb_to_lab


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


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 2)])
def test_any_shape_is_judged(shape):
    assert not has_colours(np.zeros((*shape, 3), np.float32))
