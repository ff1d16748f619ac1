"""Drawn damage is the same again from one seed, and the mask is where the photo changed."""

import zipfile
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from training.damage import first_generator, measure, samples, second_generator, train
from training.damage.tolerance import Counts, count_matches


@pytest.fixture(scope="module")
def photo():
    down, across = np.mgrid[:96, :112]
    return np.dstack([90 + down // 2, 60 + across // 2, np.full_like(down, 110)]).astype(np.uint8)


@pytest.mark.parametrize("kind", first_generator.KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_of_damage_covers_a_part_of_some_photo(kind):
    layers = [layer for seed in range(12) for layer in kind((96, 112), np.random.default_rng(seed))]
    covers = [layer.alpha for layer in layers]
    assert all(cover.shape == (96, 112) and 0 <= cover.min() and cover.max() <= 1.001 for cover in covers)
    assert 0.002 < np.mean([(cover > 0.3).mean() for cover in covers]) < 0.5


@pytest.mark.parametrize("kind", second_generator.KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_of_held_back_damage_covers_a_part_of_some_photo(kind):
    covers = [np.clip(kind((96, 112), np.random.default_rng(seed)), 0, 1) for seed in range(12)]
    assert all(cover.shape == (96, 112) for cover in covers)
    assert 0.0001 < np.mean([(cover > 0.3).mean() for cover in covers]) < 0.5


def test_one_seed_gives_one_picture_and_another_gives_another(photo):
    first, again, other = (samples.damage_photo(photo, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(first, again, strict=True))
    assert not np.array_equal(first.rgb, other.rgb)
    one, same = (second_generator.damage_photo(photo, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one[0], same[0]) and np.array_equal(one[1], same[1]) and one[2] == same[2]


def test_an_undamaged_photo_has_an_empty_mask_and_is_known_all_over(photo):
    for seed in range(6):
        sample = samples.damage_photo(photo, np.random.default_rng(seed), clean=True)
        assert not sample.mask.any() and sample.known.all()


def test_two_pixels_beside_are_as_good_and_three_are_not():
    true = np.zeros((20, 30), np.uint8)
    true[10, 5:25] = 255
    near, far = np.roll(true, 2, 0), np.roll(true, 3, 0)
    assert count_matches(near, true) == Counts(20, 20, 20, 20) and count_matches(near, true).f1 == 1
    assert count_matches(far, true) == Counts(20, 0, 20, 0) and count_matches(far, true).f1 == 0
    half = true.copy()
    half[:, 15:] = 0
    assert count_matches(half, true) == Counts(10, 10, 20, 12)  # two pixels beyond its end are reached
    assert count_matches(half, true).recall == 0.6 and count_matches(half, true).precision == 1
    assert Counts().f1 == 1  # nothing damaged, nothing found


def test_the_recipe_learns_from_archives_and_its_weights_are_measured(tmp_path, photo, monkeypatch):
    content = BytesIO()
    Image.fromarray(photo).save(content, "PNG")
    names = {archive: prefix for archive, prefix, _ in samples.SOURCES} | dict(measure.LEFT_OUT)
    for archive, prefix in names.items():
        with zipfile.ZipFile(tmp_path / archive, "w") as file:
            for number in range(12):
                file.writestr(f"{prefix or 'photos/'}{number:04}.png", content.getvalue())
    torch.manual_seed(0)
    photos, held = samples.list_photos(tmp_path)
    learner, before = train.Learner(), train.DamageFinder().state_dict()
    batch = train.draw_batch([samples.draw_sample(photos, 64, np.random.default_rng(n)) for n in range(2)])
    assert held and all(plane.shape == (2, channels, 64, 64) for plane, channels in zip(batch, (3, 1, 1), strict=True))
    losses = [learner.step(*batch, 0.1) for _ in range(4)]
    assert losses[-1] < losses[0] and learner.network.state_dict().keys() == before.keys()
    state = tmp_path / "checkpoint.pt"
    torch.save({"states": {"ema": learner.ema.state_dict()}}, state)
    monkeypatch.setattr(measure, "CHOICES", 4)
    finder = measure.Finder(measure.load_ema(state))
    assert len(list(measure.choose_limits(finder, tmp_path, 1))) == 12
    figures = measure.report(finder, tmp_path, every=12)
    assert 0 <= figures["f1"] <= 1 and {"false_area_aged", "false_area_bsds-val"} <= figures.keys()
