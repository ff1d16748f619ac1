import numpy as np
import pytest

from training.deblurring import blur


@pytest.fixture
def random():
    return np.random.default_rng(5)


def make_chequerboard(height=64, width=80):
    """A picture with edges everywhere: an 8-pixel chequerboard in two colours."""
    rows, columns = np.indices((height, width)) // 8
    return np.where(((rows + columns) % 2)[:, :, None], (230, 200, 40), (20, 40, 90)).astype(np.uint8)


def test_the_same_seed_gives_the_same_picture():
    first, second = (
        blur.degrade(make_chequerboard(), blur.draw_motion(random), random)
        for random in (np.random.default_rng(9), np.random.default_rng(9))
    )
    assert np.array_equal(first, second)


def test_a_path_has_the_extent_that_was_asked_for(random):
    for extents in blur.SEVERITIES.values():
        for _ in range(20):
            path = blur.draw_motion(random, extents).path
            extent = max(np.ptp(path.real), np.ptp(path.imag))
            assert extents[0] - 1e-9 <= extent <= extents[1] + 1e-9


def test_a_kernel_sums_to_one_and_is_centred(random):
    for _ in range(20):
        kernel = blur.draw_kernel(blur.draw_motion(random).path)
        middle = kernel.shape[0] // 2
        assert kernel.shape[0] % 2 == 1
        assert kernel.min() >= 0
        assert kernel.sum() == pytest.approx(1, abs=1e-5)
        rows, columns = np.indices(kernel.shape)
        assert (kernel * rows).sum() == pytest.approx(middle, abs=0.01)
        assert (kernel * columns).sum() == pytest.approx(middle, abs=0.01)


def test_a_path_between_pixels_shares_its_light_by_distance():
    kernel = blur.draw_kernel(np.array([0.25 + 0.5j]))
    middle = kernel.shape[0] // 2
    assert kernel[middle : middle + 2, middle : middle + 2] == pytest.approx(np.array([[0.375, 0.125], [0.375, 0.125]]))


def test_convolution_moves_a_point_to_the_shape_of_the_kernel(random):
    weights = blur.draw_kernel(blur.draw_motion(random, (9, 9)).path)
    point = np.zeros((61, 41, 3), np.float32)
    point[30, 20] = 1
    radius = weights.shape[0] // 2
    seen = blur.convolve(point, weights)[30 - radius : 31 + radius, 20 - radius : 21 + radius, 1]
    assert np.allclose(seen, weights, atol=1e-6)


def test_blur_lowers_contrast_and_keeps_size(random):
    sharp = make_chequerboard()
    blurred = blur.degrade(sharp, blur.draw_motion(random, (16, 16)), random)
    assert blurred.shape == sharp.shape
    assert blurred.dtype == np.uint8
    assert blurred.std() < 0.8 * sharp.std()


def test_blur_sums_light_not_code_values():
    """A black and a white half smear into a grey lighter than the mean of the two code values."""
    edge = np.zeros((64, 64, 3), np.uint8)
    edge[:, 32:] = 255
    random = np.random.default_rng(0)
    straight = blur.Motion(np.linspace(-8, 8, blur.STEPS) + 0j, 1.0)
    assert blur.degrade(edge, straight, random)[32, 31:33].mean() > 150


def test_a_longer_exposure_is_less_noisy():
    grey = np.full((64, 64, 3), 0.3, np.float32)
    long, short = (blur.draw_noise(grey, exposure, np.random.default_rng(3)).std() for exposure in (1.0, 0.25))
    assert long < short


def test_srgb_and_linear_light_undo_each_other():
    encoded = np.linspace(0, 1, 256, dtype=np.float32)
    assert np.allclose(blur.encode_srgb(blur.decode_srgb(encoded)), encoded, atol=1e-5)


def test_a_photograph_knows_the_kernel_of_each_of_its_parts(random):
    photo = next(
        found
        for found in iter(lambda: blur.photograph(make_chequerboard(), blur.draw_motion(random), random), None)
        if found.share is not None
    )
    first, last = (
        photo.kernel_at(slice(row, row + 1), slice(column, column + 1), 18)
        for row, column, _ in (
            np.unravel_index(place, photo.share.shape) for place in (photo.share.argmin(), photo.share.argmax())
        )
    )
    assert np.allclose(first, blur.crop_kernel(photo.kernels[0], 18), atol=0.02)
    assert np.allclose(last, blur.crop_kernel(photo.kernels[1], 18), atol=0.02)


def test_degrading_is_photographing(random):
    first = blur.degrade(make_chequerboard(), blur.draw_motion(np.random.default_rng(1)), np.random.default_rng(2))
    again = blur.photograph(make_chequerboard(), blur.draw_motion(np.random.default_rng(1)), np.random.default_rng(2))
    assert np.array_equal(first, again.pixels)


@pytest.mark.parametrize("radius", [2, 12])
def test_a_kernel_is_cut_or_filled_up_to_a_grid(random, radius):
    kernel = blur.crop_kernel(blur.draw_kernel(blur.draw_motion(random, (9, 9)).path), radius)
    assert kernel.shape == (2 * radius + 1, 2 * radius + 1)
    assert kernel.sum() == pytest.approx(1, abs=1e-5)


def test_the_blur_has_not_changed_since_figures_were_published():
    """Another picture for the same seed would make measurements incomparable."""
    pixels = blur.degrade(
        make_chequerboard(), blur.draw_motion(np.random.default_rng(11), (9, 9)), np.random.default_rng(12)
    )
    assert pixels.mean() == pytest.approx(123.922, abs=0.02)
