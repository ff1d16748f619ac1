"""Neural patch synthesis: patches found as by comparing all, an energy that falls, and stripes that go on."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from imaging.inpainting import context_fill, laplace_fill, neural_energy, neural_patches, neural_synthesis
from imaging.inpainting.neural_energy import Energy, Reader
from imaging.inpainting.neural_patches import Filters
from networks.features import FeatureNetwork


@pytest.fixture(scope="module")
def features():
    torch.manual_seed(0)
    return FeatureNetwork(width=8).eval().requires_grad_(False)


def smooth(rgb, hole, barred, report=None):
    """What diffusion makes of a hole."""
    field = laplace_fill.laplace_fill(rgb.astype(np.float32), (~hole).astype(np.float32))
    return np.where(hole[:, :, None], np.rint(np.clip(field, 0, 255)).astype(np.uint8), rgb)


def stripes(height: int = 64, width: int = 80) -> np.ndarray:
    """Upright stripes, eight pixels from one to the next."""
    wave = 128 + 100 * np.sign(np.sin(2 * np.pi * (np.arange(width) + 0.5) / 8))
    return np.broadcast_to(wave[None, :, None], (height, width, 3)).astype(np.uint8).copy()


@pytest.fixture(scope="module")
def hole():
    hole = np.zeros((64, 80), bool)
    hole[24:40, 30:50] = True
    return hole


@pytest.fixture(scope="module")
def holed(hole):
    picture = stripes()
    picture[hole] = 127
    return picture


def error(filled: np.ndarray, hole: np.ndarray) -> float:
    return float(((filled[hole].astype(float) - stripes()[hole]) ** 2).mean())


def test_the_nearest_patches_are_those_that_comparing_all_finds():
    torch.manual_seed(3)
    maps = torch.rand(5, 12, 14)
    usable = torch.ones(12, 14, dtype=torch.bool)
    usable[4:8, 5:9] = False
    known = neural_patches.collect_filters(maps, usable, 1000, torch.Generator().manual_seed(0))
    centres = torch.tensor([4 * 14 + 5, 6 * 14 + 7, 0])
    queries = neural_patches.read_patches(maps + 0.1 * torch.rand(5, 12, 14), centres)
    compared = torch.cdist(queries.flatten(1), known.patches.flatten(1)).argmin(1)
    assert torch.equal(neural_patches.find_nearest(queries, known), compared)


def test_the_product_of_matrices_is_the_convolution_with_known_patches_as_filters():
    torch.manual_seed(4)
    maps = torch.rand(3, 10, 9)
    known = neural_patches.collect_filters(maps, torch.ones(10, 9, dtype=torch.bool), 1000, torch.Generator())
    kernels = (known.patches - known.middle).transpose(1, 2).unflatten(2, (3, 3))
    shifted = known.middle.T.reshape(1, 3, 3, 3)
    bias = known.bias - (kernels * shifted).sum((1, 2, 3))
    scores = F.conv2d(F.pad(maps[None], (1,) * 4, mode="reflect"), kernels, bias)
    every = neural_patches.read_patches(maps, torch.arange(90))
    assert torch.equal(neural_patches.find_nearest(every, known), scores[0].argmax(0).flatten())


def test_known_patches_hold_nothing_that_is_missing():
    maps = torch.zeros(1, 9, 9)
    maps[0, 3:6, 3:6] = 1
    known = neural_patches.collect_filters(maps, maps[0] == 0, 1000, torch.Generator())
    assert len(known.patches) and not known.patches.any()


def test_what_patches_say_of_a_cell_is_their_mean_by_trust():
    middle = torch.zeros(9, 1)
    known = Filters(middle[None].clone() + 4, middle, torch.zeros(9, 1), torch.zeros(1))
    maps = torch.zeros(1, 4, 5)
    maps[0, 1, 1] = 4
    centres = torch.tensor([6, 7])  # side by side in a map of five columns
    heard = []

    def trust(distances):
        heard.append(distances.tolist())
        return torch.tensor([2.0, 1.0])

    means, weight = neural_patches.average_matches(maps, centres, known, trust)
    assert heard == [[8 * 16, 8 * 16]] and weight[1].tolist() == [2, 3, 3, 1, 0]
    assert means[0, 1].tolist() == [4, 4, 4, 4, 0]


def test_steps_down_its_gradient_lower_the_energy(features, hole, holed):
    picture = torch.from_numpy(smooth(holed, hole, hole)).permute(2, 0, 1)[None].float() / 255
    reader = Reader(features, picture, half=None)
    known = neural_energy.collect_known_patches(
        picture, torch.from_numpy(~hole), reader, torch.Generator().manual_seed(0)
    )
    energy = Energy(picture, torch.from_numpy(hole), reader, known)
    pixels = picture.clone().requires_grad_()
    optimiser = torch.optim.Adam([pixels], 0.02)
    heard = []
    for step in range(12):
        optimiser.zero_grad()
        loss = energy(pixels, look_up=step == 0)
        loss.backward()
        optimiser.step()
        heard.append(loss.item())
    assert heard[-1] < 0.98 * heard[0]
    assert not pixels.grad[..., :24, :].any(), "only the hole is moved"


def test_stripes_go_on_through_the_hole_better_than_by_diffusion(features, hole, holed):
    filled = neural_synthesis.synthesize(holed, hole, features, smooth)
    assert np.array_equal(filled[~hole], holed[~hole])
    assert error(filled, hole) < 0.5 * error(smooth(holed, hole, hole), hole)


def test_the_same_seed_gives_the_same_result_and_another_one_another(features, hole):
    picture = np.random.default_rng(5).integers(0, 256, (64, 80, 3), dtype=np.uint8)
    first, again, other = (neural_synthesis.synthesize(picture, hole, features, smooth, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_progress_is_told_at_every_step_and_ends_at_one(features, hole, holed):
    told = []
    neural_synthesis.synthesize(holed, hole, features, smooth, report=told.append)
    assert len(told) > neural_synthesis.STEPS[0] and told == sorted(told) and told[-1] == 1.0


def test_giving_up_in_the_middle_gets_through(features, hole, holed):
    class GivenUp(Exception):
        pass

    def report(share):
        if share > 0.1:
            raise GivenUp

    with pytest.raises(GivenUp):
        neural_synthesis.synthesize(holed, hole, features, smooth, report=report)


def test_a_picture_larger_than_the_working_size_is_filled_at_its_own(features, hole, holed, monkeypatch):
    monkeypatch.setattr(neural_synthesis, "MAX_SIDE", 48)
    monkeypatch.setattr(neural_synthesis, "MIN_SIDE", 8)
    filled = neural_synthesis.synthesize(holed[:63], hole[:63], features, smooth)
    assert filled.shape == (63, 80, 3) and np.array_equal(filled[~hole[:63]], holed[:63][~hole[:63]])
    assert np.abs(filled[hole[:63]].astype(int) - 127).max() > 0


@pytest.mark.parametrize("height, width", [(9, 11), (40, 17)])
def test_where_no_patch_is_known_the_guess_stands(features, height, width):
    picture = stripes(height, width)
    hole = np.zeros((height, width), bool)
    hole[3 : height - 3, 3 : width - 3] = True
    filled = neural_synthesis.synthesize(picture, hole, features, smooth)
    assert np.array_equal(filled[~hole], picture[~hole])


def test_a_hole_that_reaches_the_border_is_filled(features, holed):
    hole = np.zeros((64, 80), bool)
    hole[40:, :20] = True
    filled = neural_synthesis.synthesize(np.where(hole[:, :, None], np.uint8(9), stripes()), hole, features, smooth)
    assert np.array_equal(filled[~hole], stripes()[~hole]) and (filled[hole] != 9).all(1).mean() > 0.9


def test_a_content_network_runs_at_its_own_size_and_fills_the_hole_alone(hole, holed):
    asked = []

    def complete(planes):
        asked.append(planes)
        return torch.full((1, 3, 32, 32), 0.5)

    filled = context_fill.fill_with_context(holed, hole, complete, 32)
    assert asked[0].shape == (1, 4, 32, 32) and not (asked[0][:, :3] * (1 - asked[0][:, 3:])).any()
    assert np.array_equal(filled[~hole], holed[~hole]) and (filled[hole] == 128).all()
