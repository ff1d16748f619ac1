"""A mask of damage: at the photo's size, of what is sure enough, and of nothing where nothing is."""

import numpy as np
import pytest
import torch

from imaging.damage import finding
from imaging.damage.finding import find_damage, select_marks
from networks.restoration.damage_finder import DamageFinder


class Brightness:
    """Stands for the network: what is white is damaged."""

    multiple_of, minimum_side = 16, 64

    def __call__(self, rgb):
        assert rgb.shape[2] % 16 == rgb.shape[3] % 16 == 0 and min(rgb.shape[2:]) >= 64
        return rgb.mean(1, keepdim=True)


def scratched(height: int, width: int, thickness: int) -> np.ndarray:
    rgb = np.full((height, width, 3), 20, np.uint8)
    rgb[:, width // 2 : width // 2 + thickness] = 255
    return rgb


@pytest.mark.parametrize(("shape", "thickness"), [((61, 83), 1), ((40, 200), 2), ((120, 700), 6)])
def test_a_scratch_is_marked_with_its_soft_edge_at_the_size_of_the_photo(shape, thickness, monkeypatch):
    monkeypatch.setattr(finding, "MAX_SIDE", 384)
    monkeypatch.setattr(finding, "TILE", 384)
    mask = find_damage(scratched(*shape, thickness), Brightness())
    columns = np.flatnonzero(mask.any(0))
    assert mask.shape == shape and set(np.unique(mask)) == {0, 255}
    assert mask[:, shape[1] // 2 : shape[1] // 2 + thickness].all()
    assert columns.min() >= shape[1] // 2 - 8 and columns.max() < shape[1] // 2 + thickness + 8


def test_faint_marks_and_single_pixels_do_not_count():
    likelihood = np.zeros((20, 20), np.uint8)
    likelihood[2:8, 2] = 150  # nowhere sure
    likelihood[2:8, 6] = 150, 150, 200, 150, 150, 150
    likelihood[12, 12] = 255
    marks = select_marks(likelihood, likely=128, sure=192)
    assert marks[2:8, 6].all() and marks.sum() == 6


@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (37, 53), (70, 64)])
def test_the_network_takes_any_photo_and_a_fresh_one_sees_nothing(shape):
    torch.manual_seed(0)
    network = DamageFinder().eval().requires_grad_(False)
    rgb = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert not find_damage(rgb, network).any()


def test_the_network_is_small_and_computes_the_same_when_it_is_folded():
    torch.manual_seed(0)
    network, rgb = DamageFinder(), torch.rand(2, 3, 64, 96)
    assert sum(parameter.numel() for parameter in network.parameters()) < 2e6
    with torch.no_grad():
        assert network(rgb).shape == (2, 1, 64, 96)  # logits; the running statistics have moved
        before = network.eval()(rgb)
        assert 0 <= before.min() and before.max() <= 1
        assert torch.allclose(network.fold_norms()(rgb), before, atol=1e-4)
