import pytest
import torch

from networks.layers.colour_space import lab_to_rgb, map_into_gamut, rgb_to_lab


def pixel(*channels: float) -> torch.Tensor:
    return torch.tensor(channels, dtype=torch.float64).view(1, 3, 1, 1)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((1, 1, 1), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 1, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 1), (32.30, 79.19, -107.86)),
        ((1, 1, 0), (97.14, -21.55, 94.48)),
    ],
)
def test_the_corners_of_srgb_have_their_published_lab_values(rgb, lab):
    assert torch.allclose(rgb_to_lab(pixel(*rgb)), pixel(*lab), atol=0.04)


def test_middle_grey_has_its_published_lightness():
    assert rgb_to_lab(pixel(119 / 255, 119 / 255, 119 / 255))[0, 0].item() == pytest.approx(50.03, abs=0.01)


def test_every_grey_is_without_chroma_in_single_precision():
    greys = torch.linspace(0, 1, 256).view(1, 1, 16, 16).expand(1, 3, 16, 16)
    assert rgb_to_lab(greys)[:, 1:].abs().max() < 1e-3


def test_there_and_back_is_the_same_picture_to_the_last_bit_of_eight():
    rgb = torch.randint(0, 256, (2, 3, 64, 48), generator=torch.Generator().manual_seed(0)) / 255
    assert torch.equal((lab_to_rgb(rgb_to_lab(rgb)) * 255).round(), (rgb * 255).round())


def test_colours_outside_srgb_are_clipped_into_the_range():
    rgb = lab_to_rgb(pixel(50, 120, -120))
    assert rgb.min() >= 0 and rgb.max() <= 1


def test_mapping_into_the_gamut_keeps_lightness_and_hue():
    outside = pixel(50, 40, -110)
    mapped = map_into_gamut(outside)
    assert mapped[0, 0] == outside[0, 0]
    assert torch.atan2(mapped[:, 2], mapped[:, 1]) == pytest.approx(torch.atan2(outside[:, 2], outside[:, 1]))
    assert torch.allclose(rgb_to_lab(lab_to_rgb(mapped)), mapped, atol=0.1)
    assert 0.5 * outside[:, 1:].norm() < mapped[:, 1:].norm() < outside[:, 1:].norm()


def test_mapping_into_the_gamut_leaves_colours_inside_alone():
    lab = rgb_to_lab(torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1), dtype=torch.float64))
    assert torch.equal(map_into_gamut(lab), lab)


def test_mapping_into_the_gamut_makes_a_coloured_black_black():
    assert lab_to_rgb(map_into_gamut(pixel(0, 60, 60))).max() < 0.01
