import numpy as np
import pytest
import torch

from networks.layers import fourier
from training.deblurring import blur

RADIUS = 8


@pytest.fixture
def scene():
    """Rectangles of many greys: (1, 1, 96, 112) in [0, 1]."""
    random = np.random.default_rng(4)
    scene = np.zeros((96, 112), np.float32)
    for _ in range(60):
        top, left = random.integers(0, 90, 2)
        scene[top : top + random.integers(4, 40), left : left + random.integers(4, 40)] = random.random()
    return torch.from_numpy(scene)[None, None]


@pytest.fixture
def kernel():
    path = blur.draw_motion(np.random.default_rng(3), (6, 6)).path
    return torch.from_numpy(blur.crop_kernel(blur.draw_kernel(path), RADIUS))[None]


def blur_scene(scene, kernel):
    moved = blur.convolve(scene[0, 0].numpy()[:, :, None], kernel[0].numpy())
    return torch.from_numpy(moved[:, :, 0])[None, None]


def test_the_kernel_between_a_sharp_and_a_blurred_picture_is_found(scene, kernel):
    sharp, moved = fourier.compute_gradients(scene), fourier.compute_gradients(blur_scene(scene, kernel))
    found = fourier.solve_kernel(sharp, moved, torch.tensor(1e-3), RADIUS)
    assert (found - kernel).abs().sum() < 0.4
    assert (found * kernel).sum() / found.norm() / kernel.norm() > 0.98


def test_without_evidence_the_kernel_is_a_point():
    flat = torch.zeros(1, 2, 64, 64)
    found = fourier.solve_kernel(flat, flat, torch.tensor(0.1), RADIUS)
    assert found[0, RADIUS, RADIUS] == pytest.approx(1, abs=1e-5)
    assert found.abs().sum() == pytest.approx(1, abs=1e-4)


def test_deconvolution_with_the_true_kernel_undoes_most_of_the_blur(scene, kernel):
    moved = blur_scene(scene, kernel)
    restored = fourier.wiener_deconvolve(
        fourier.taper_border(moved, kernel, RADIUS), kernel, torch.tensor(1e-3), RADIUS
    )
    assert restored.shape == scene.shape
    before, after = ((picture - scene)[:, :, 16:-16, 16:-16].square().mean() for picture in (moved, restored))
    assert after < 0.3 * before


def test_a_point_changes_nothing_but_what_the_damping_smooths(scene):
    point = torch.zeros(1, 2 * RADIUS + 1, 2 * RADIUS + 1)
    point[0, RADIUS, RADIUS] = 1
    same = fourier.wiener_deconvolve(fourier.taper_border(scene, point, RADIUS), point, torch.tensor(0.0), RADIUS)
    assert torch.allclose(same, scene, atol=1e-5)


def test_a_flat_picture_stays_flat_whatever_the_kernel(kernel):
    flat = torch.full((1, 3, 40, 56), 0.3)
    restored = fourier.wiener_deconvolve(fourier.taper_border(flat, kernel, RADIUS), kernel, torch.tensor(1e-2), RADIUS)
    assert torch.allclose(restored, flat, atol=1e-5)


def test_the_window_is_one_inside_and_falls_to_both_ends():
    window = fourier.make_window(50, 10, torch.zeros(1))
    assert (window[10:40] == 1).all() and window[0] < 0.01
    assert torch.allclose(window, window.flip(0))
    assert (window[:11].diff() > 0).all()
