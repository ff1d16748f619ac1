"""Tiles: seams, odd sizes, memory that runs out, progress."""

import numpy as np
import pytest
import torch

from imaging.tensors import pad_to_multiple, to_pixels, to_tensor
from imaging.tiles import cut_spans, run_tiled

NOISE = np.random.default_rng(0).integers(0, 256, (701, 523, 3), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (127, 129), (511, 700), (701, 523), (128, 128)])
@pytest.mark.parametrize("multiple_of, minimum_side", [(1, 1), (4, 12)])
def test_the_identity_gives_every_bit_back(shape, multiple_of, minimum_side):
    pixels = np.resize(NOISE, (*shape, 3))
    result = run_tiled(
        pixels, lambda tile: tile, tile=128, overlap=32, multiple_of=multiple_of, minimum_side=minimum_side
    )
    assert np.array_equal(result, pixels)


@pytest.mark.parametrize("shape", [(1, 1), (129, 300), (301, 127)])
def test_tiles_of_a_larger_result_meet_where_those_of_the_picture_do(shape):
    pixels = np.resize(NOISE, (*shape, 3))
    result = run_tiled(
        pixels,
        lambda tile: tile.repeat_interleave(2, 2).repeat_interleave(2, 3),
        tile=128,
        overlap=32,
        multiple_of=4,
        scale=2,
    )
    assert np.array_equal(result, pixels.repeat(2, 0).repeat(2, 1))


def test_every_tile_obeys_the_networks_size_rule():
    seen = []

    def network(tile):
        seen.append(tuple(tile.shape))
        return tile

    run_tiled(NOISE, network, tile=128, overlap=16, multiple_of=4, minimum_side=64)
    run_tiled(NOISE[:3, :5], network, tile=128, overlap=16, multiple_of=4, minimum_side=64)
    assert all(h % 4 == 0 and w % 4 == 0 and 64 <= min(h, w) and max(h, w) <= 128 for _, _, h, w in seen)


def test_no_seam_shows_on_a_flat_gradient_when_tiles_disagree():
    """Each tile is shifted by its own mean, as a network with statistics of its own might do."""
    gradient = np.linspace(60, 180, 900).astype(np.uint8)[None, :, None].repeat(300, 0).repeat(3, 2)
    result = run_tiled(gradient, lambda tile: tile + 0.2 * (tile.mean() - 0.5), tile=256, overlap=64)
    steps = np.abs(np.diff(result[:, :, 0].astype(int), axis=1))
    assert steps.max() <= 2


def test_spans_cover_the_side_and_overlap_enough():
    rng = np.random.default_rng(0)
    for _ in range(2000):
        side, multiple, tile = int(rng.integers(1, 9000)), int(rng.choice([1, 4, 8])), int(rng.choice([200, 512]))
        cut = cut_spans(side, tile, 48, multiple)
        assert cut[0].start == 0 and cut[-1].stop == side
        for span in cut:
            length = span.stop - span.start
            assert 0 < length <= tile and span.start % multiple == 0 and span.before + span.after <= length
        assert all(a.after == b.before == a.stop - b.start >= 48 for a, b in zip(cut, cut[1:], strict=False))


def test_windows_of_neighbours_sum_to_one():
    total = torch.zeros(5000)
    for span in cut_spans(5000, 512, 64, 4):
        total[span.start : span.stop] += span.compute_window()
    assert torch.allclose(total, torch.ones(5000), atol=1e-6)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_when_memory_runs_out_the_tile_is_halved_and_progress_never_goes_back(error):
    progress = []

    def hungry(tile):
        if tile.shape[-1] > 256:
            raise error
        return tile

    result = run_tiled(NOISE, hungry, tile=512, overlap=64, report=progress.append)
    assert np.array_equal(result, NOISE)
    assert progress == sorted(progress) and progress[-1] == 1.0


def test_memory_that_never_suffices_and_other_errors_are_raised_on():
    def failing(error):
        def network(tile):
            raise error

        return network

    with pytest.raises(MemoryError):
        run_tiled(NOISE, failing(MemoryError()), tile=512)
    with pytest.raises(RuntimeError, match="shapes"):
        run_tiled(NOISE, failing(RuntimeError("shapes do not fit")), tile=512)


def test_padding_mirrors_first_and_then_repeats():
    row = torch.arange(3.0).view(1, 1, 1, 3)
    assert pad_to_multiple(row, 4, 8)[0, 0, 0].tolist() == [0, 1, 2, 1, 0, 0, 0, 0]
    assert pad_to_multiple(torch.ones(1, 3, 8, 12), 4, 8).shape == (1, 3, 8, 12)


def test_pixels_survive_the_way_to_a_tensor_and_back():
    tensor = to_tensor(NOISE)
    assert tensor.shape == (1, 3, 701, 523) and tensor.min() >= 0 and tensor.max() <= 1
    assert np.array_equal(to_pixels(tensor), NOISE)


def test_pixels_are_rounded_and_clipped():
    values = torch.tensor([-0.5, 0.4999 / 255, 0.5001 / 255, 1.5]).view(1, 1, 1, 4)
    assert to_pixels(values)[0, :, 0].tolist() == [0, 0, 1, 255]
