"""Thin things of the scene: each kind is thin, lies in the photo, and is no damage; and where the finder was wrong."""

import numpy as np
import pytest
import torch

from training.common.archives import Member
from training.damage import mine, samples, second_things, thin_things, train


@pytest.fixture(scope="module")
def photo():
    down, across = np.mgrid[:96, :112]
    return np.dstack([90 + down // 2, 60 + across // 2, np.full_like(down, 110)]).astype(np.uint8)


class Bright:
    """Stands for the network: what is nearly white is damaged."""

    multiple_of, minimum_side = 16, 64

    def __call__(self, rgb):
        return (rgb.min(1, keepdim=True).values > 0.9).float()


@pytest.mark.parametrize("kind", thin_things.KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_of_thing_covers_a_small_part_of_some_photo(kind):
    covers = []
    for seed in range(12):
        paths = list(kind((96, 112), np.random.default_rng(seed)))
        covers.append(thin_things.draw_cover((96, 112), paths, 0.5))
    assert all(cover.shape == (96, 112) and 0 <= cover.min() and cover.max() <= 1 for cover in covers)
    assert 0.001 < np.mean([(cover > 0.3).mean() for cover in covers]) < 0.4


@pytest.mark.parametrize("kind", second_things.KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_of_held_back_thing_covers_a_small_part_of_some_photo(kind):
    covers = [np.clip(kind((96, 112), np.random.default_rng(seed)), 0, 1) for seed in range(12)]
    assert all(cover.shape == (96, 112) for cover in covers)
    assert 0.001 < np.mean([(cover > 0.3).mean() for cover in covers]) < 0.4


def test_things_are_in_the_photo_and_the_mask_says_where(photo):
    first, again = (thin_things.add_things(photo, np.random.default_rng(1)) for _ in range(2))
    assert np.array_equal(first, again) and (first != photo).any() and first.dtype == np.uint8
    pairs = [second_things.add_things(photo, np.random.default_rng(seed)) for seed in range(8)]
    assert any(seen.any() for _, seen in pairs)
    assert all((np.abs(drawn.astype(int) - photo).max(2)[seen] >= 20).all() for drawn, seen in pairs)


def test_where_an_undamaged_photo_is_marked_is_learnt_from(photo, tmp_path, monkeypatch):
    wired = photo.copy()
    wired[20:23, 30:90] = 255
    monkeypatch.setattr(mine, "AGED", 0.0)
    (row, column), *others = mine.find_places(wired, Bright(), np.random.default_rng(0))
    assert not others and row == pytest.approx(21 / 96, abs=0.02) and column == pytest.approx(59.5 / 112, abs=0.02)
    (tmp_path / "mined.json").write_text(f'["photos-0.zip", "a.png", {row}, {column}]\n')
    (place,) = mine.read_places(tmp_path / "mined.json", tmp_path)
    assert place == (Member(tmp_path / "photos-0.zip", "a.png"), row, column)
    crops = [samples.cut_near(wired, place, 64, np.random.default_rng(seed)) for seed in range(9)]
    assert all(crop.shape == (64, 64, 3) and crop.max() > 200 for crop in crops)


def test_pixels_of_small_marks_count_three_times():
    mask = np.zeros((40, 40), bool)
    mask[5:7, 5:7] = mask[20:30, 20:30] = True
    small = samples.choose_small(mask)
    assert small[5:7, 5:7].all() and small.sum() == 4


def test_a_later_run_starts_from_weights_at_a_lower_rate():
    learner, released = train.Learner(), train.DamageFinder()
    learner.start_from(released)
    assert learner.peak < 1
    for network in (learner.network, learner.ema.network):
        states = network.state_dict()
        assert all(torch.equal(states[name], state) for name, state in released.state_dict().items())


def test_the_mean_of_two_networks_lies_in_the_middle():
    first, second = train.DamageFinder(), train.DamageFinder()
    expected = (first.head.weight + second.head.weight) / 2
    train.mix(first, second)
    assert torch.allclose(first.head.weight, expected)
