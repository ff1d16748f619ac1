import pytest
import torch

from training.colorizing.metrics import ciede2000, measure_colourfulness


def colour(*lab: float) -> torch.Tensor:
    return torch.tensor(lab, dtype=torch.float64).view(1, 3, 1, 1)


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.8361, -74.0200), (50, 0, -82.7485), 3.4412),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.4900, -0.0010), (50, -2.4900, 0.0009), 7.1792),
        ((50, 2.4900, -0.0010), (50, -2.4900, 0.0011), 7.2195),
        ((50, -0.0010, 2.4900), (50, 0.0009, -2.4900), 4.8045),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (61, -5, 29), 22.8977),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_ciede2000_gives_the_published_differences_both_ways(one, other, difference):
    assert ciede2000(colour(*one), colour(*other)).item() == pytest.approx(difference, abs=1e-4)
    assert ciede2000(colour(*other), colour(*one)).item() == pytest.approx(difference, abs=1e-4)


def test_a_picture_is_no_distance_from_itself():
    lab = torch.randn(1, 3, 8, 8) * 30
    assert torch.equal(ciede2000(lab, lab), torch.zeros(1, 8, 8))


def test_grey_has_no_colourfulness():
    assert measure_colourfulness(torch.rand(1, 1, 8, 8).expand(1, 3, 8, 8)).item() == pytest.approx(0, abs=1e-4)


def test_a_flat_colour_counts_by_its_offset_alone():
    red = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1).expand(1, 3, 8, 8)
    assert measure_colourfulness(red).item() == pytest.approx(0.3 * (255**2 + 127.5**2) ** 0.5, rel=1e-5)


def test_half_red_and_half_green_count_by_their_spread_too():
    picture = torch.zeros(1, 3, 8, 8)
    picture[:, 0, :4], picture[:, 1, 4:] = 1, 1
    assert measure_colourfulness(picture).item() == pytest.approx(255 + 0.3 * 127.5, rel=1e-5)
