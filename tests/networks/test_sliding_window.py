"""Wide pictures, square by square."""

import pytest
import torch

from networks.sliding_window import (
    FINE_REACH,
    FINE_SIDE,
    FINE_TRUST,
    OWN_SIDES,
    WIDEST,
    predict_fine,
    predict_flip_tta,
    predict_multi_scale,
    predict_sliding_window,
    predict_strip,
    predict_whole,
    strip_size,
)


def red(rgb):
    assert rgb.shape[-1] == rgb.shape[-2] == 32
    return rgb[:, :1]


@pytest.mark.parametrize(("height", "width"), [(300, 200), (200, 200), (200, 220)])
def test_an_upright_picture_fills_one_square(height, width):
    assert strip_size(height, width, 128) == (128, 128)


def test_a_wide_picture_keeps_its_proportions_and_a_panorama_some_of_them():
    assert strip_size(720, 1280, 128) == (128, 228)
    assert strip_size(100, 5000, 128) == (128, 128 * WIDEST)


@pytest.mark.parametrize("width", [32, 37, 48, 57, 64, 192])
def test_squares_that_agree_are_joined_without_a_seam(width):
    strip = torch.rand(2, 3, 32, width, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(predict_sliding_window(red, strip), strip[:, :1], atol=1e-6)


def test_a_square_picture_is_asked_for_once_and_a_wide_one_with_overlap():
    asked = []

    def noting(rgb):
        asked.append(rgb.shape[-1])
        return red(rgb)

    predict_sliding_window(noting, torch.zeros(1, 3, 32, 32))
    assert len(asked) == 1
    predict_sliding_window(noting, torch.zeros(1, 3, 32, 57))
    assert len(asked) == 1 + 3


def test_where_squares_differ_the_nearer_one_counts_more():
    outputs = iter((0.0, 1.0))
    strip = torch.zeros(1, 3, 32, 48)
    joined = predict_sliding_window(lambda rgb: torch.full_like(rgb[:, :1], next(outputs)), strip)[0, 0, 0]
    assert joined[0] == 0 and joined[-1] == 1
    assert (joined[1:] >= joined[:-1]).all() and 0.3 < joined[24] < 0.7


def test_the_whole_is_squeezed_and_stretched_again():
    seen = []

    def ask(pictures):
        seen.append(tuple(pictures.shape))
        return pictures[:, :1]

    strip = torch.linspace(0, 1, 64).expand(1, 3, 32, 64)
    output = predict_whole(ask, strip)
    assert seen == [(1, 3, 32, 32)] and output.shape == (1, 1, 32, 64)
    assert torch.allclose(output, strip[:, :1], atol=0.02)


def test_only_a_wide_picture_is_looked_at_as_a_whole_too():
    def first(rgb):
        return rgb[:, :1]

    assert [len(predict_strip(first, torch.zeros(1, 3, 32, width))) for width in (32, 64)] == [1, 2]


def test_predict_flip_tta_it_says_of_the_mirror_image_what_it_says_of_the_picture():
    def sees_what_is_to_the_left(rgb):
        return (rgb + rgb.roll(1, 3))[:, :1] / 2

    rgb = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    both, mirrored = (predict_flip_tta(sees_what_is_to_the_left, seen) for seen in (rgb, rgb.flip(3)))
    assert torch.allclose(both, mirrored.flip(3), atol=1e-6)
    assert not torch.allclose(both, sees_what_is_to_the_left(rgb), atol=1e-3)


def test_multi_scale_runs_at_every_side_and_returns_the_side_of_the_picture():
    seen = []

    def network(rgb):
        seen.append(tuple(rgb.shape))
        return rgb.mean(1, keepdim=True)

    rgb = torch.full((1, 3, 200, 200), 0.25)
    torch.testing.assert_close(predict_multi_scale(network, rgb), rgb[:, :1])
    assert seen == [(2, 3, side, side) for side in OWN_SIDES]


def test_asked_finely_the_large_picture_counts_along_the_outline_only():
    asked = []

    def sees_the_bright_half_or_in_the_large_picture_all(rgb):
        asked.append((len(rgb), rgb.shape[-1]))
        return torch.ones_like(rgb[:, :1]) if rgb.shape[-1] == FINE_SIDE else rgb[:, :1].round()

    rgb = torch.zeros(1, 3, FINE_SIDE, FINE_SIDE)
    rgb[..., : FINE_SIDE // 2] = 1
    output = predict_fine(sees_the_bright_half_or_in_the_large_picture_all, rgb)
    assert asked == [*((2, side) for side in OWN_SIDES), (1, FINE_SIDE)]
    row, edge = output[0, 0, 40], FINE_SIDE // 2
    assert (row[: edge - 1] == 1).all() and (row[edge + FINE_REACH + 1 :] == 0).all()
    along = row[edge + 1 : edge + FINE_REACH]
    assert 0.7 * FINE_TRUST < along[0] <= FINE_TRUST and (along[1:] < along[:-1]).all()
