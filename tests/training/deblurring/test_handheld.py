import numpy as np
import pytest

from training.deblurring import handheld, measure


def trace_point(views, x, y):
    """The path, (VIEWS, 2), of one point of the picture."""
    placed = views @ np.array([x, y, 1.0])
    return placed[:, :2] / placed[:, 2:] - (x, y)


@pytest.mark.parametrize("seed", range(4))
def test_the_middle_moves_as_far_as_was_asked_and_about_where_it_was(seed):
    views = handheld.draw_homographies((60, 90), (9.0, 14.0), 0.2, np.random.default_rng(seed))
    path = trace_point(views, 44.5, 29.5)
    assert 8.9 < np.ptp(path, axis=0).max() < 14.1
    assert np.abs(path.mean(axis=0)).max() < 0.2


def test_corners_move_otherwise_than_the_middle():
    views = handheld.draw_homographies((60, 90), (9.0, 14.0), 0.2, np.random.default_rng(1))
    assert np.abs(trace_point(views, 44.5, 29.5) - trace_point(views, 0, 0)).max() > 1


def test_a_shaken_photo_is_blurred_and_the_same_for_the_same_seed(scene):
    first, again = (handheld.photograph_handheld(scene, (9.0, 14.0), np.random.default_rng(3)).pixels for _ in range(2))
    assert np.array_equal(first, again) and first.shape == scene.shape and first.dtype == np.uint8
    steps = [sum((np.diff(pixels.astype(int), axis=axis) ** 2).mean() for axis in (0, 1)) for pixels in (first, scene)]
    assert steps[0] < 0.5 * steps[1]


def test_the_protocol_can_be_shaken_by_it(scene):
    cases = list(measure.photograph_all([scene], shaken=handheld.photograph_handheld))
    assert [case.severity for case in cases] == ["light", "medium", "heavy"]
    errors = [np.abs(case.photo.pixels.astype(int) - scene).mean() for case in cases]
    assert errors[0] < errors[1] < errors[2]
