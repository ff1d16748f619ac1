import io
import zipfile
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

from networks import weights
from networks.manifest import read_entries
from networks.u2net import U2NetP
from training.common.archives import is_held_back
from training.common.distributed import ProcessGroup
from training.common.export import export
from training.matting import train
from training.matting.data import (
    PEOPLE_FREE,
    UNLABELLED,
    Collection,
    compose_people,
    draw_example,
    load_collection,
    occlude,
)


def person(height=96, width=72):
    """A bright ellipse on a dark, textured ground, and its mask."""
    y, x = np.mgrid[0:height, 0:width]
    inside = ((y - height * 0.55) / (height * 0.35)) ** 2 + ((x - width / 2) / (width * 0.3)) ** 2 < 1
    rgb = np.random.default_rng(0).integers(0, 60, (height, width, 3)).astype(np.uint8)
    rgb[inside] = (210, 170, 140)
    return rgb, inside.astype(np.uint8) * 255


def pictures():
    place = np.random.default_rng(1).integers(0, 60, (80, 80, 3)).astype(np.uint8)
    return Collection([person()], [person(120, 60)], [person(100, 50)], [place], [person(96, 80)[0]])


def archive(path, pictures):
    with zipfile.ZipFile(path, "w") as file:
        for name, pixels in pictures.items():
            content = io.BytesIO()
            Image.fromarray(pixels).save(content, "PNG" if name.endswith("png") else "WEBP")
            file.writestr(name, content.getvalue())


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    tmp_path, (rgb, mask) = tmp_path_factory.mktemp("data"), person()
    alpha = np.dstack((rgb, mask))
    numbers, pair = range(40), ((".webp", rgb), (".mask.png", mask))
    archive(
        tmp_path / "people-portraits.zip", {f"portraits/{n:04}{end}": pixels for n in numbers for end, pixels in pair}
    )
    archive(
        tmp_path / "people-street.zip",
        {f"street/{n:04}{end}": pixels for n in numbers for end, pixels in pair}
        | {f"cutouts/{n}.png": alpha for n in numbers}
        | {f"backgrounds/{n:03}.webp": rgb for n in numbers},
    )
    for number, first in enumerate((0, 587, 1175)):
        archive(tmp_path / f"photos-{number}.zip", {f"photos/bsds-{first + n:04}.webp": rgb for n in numbers})
    archive(
        tmp_path / "scenes.zip",
        {f"scenes/sea-{n:04}.webp": rgb for n in numbers} | {f"scenes/street-{n:04}.webp": rgb for n in numbers},
    )
    archive(tmp_path / "people-unlabelled.zip", {f"unlabelled/{n:04}.jpg": rgb for n in numbers})
    return tmp_path


def test_the_held_back_tenth_is_never_in_the_training_part(data):
    kept = sum(is_held_back(f"portraits/{n:04}") for n in range(40))
    assert 0 < kept == len(load_collection(data, validation=True).portraits)
    assert len(load_collection(data).portraits) == 40 - kept


def test_only_photographs_known_to_be_free_of_people_count_as_places(data):
    free = set(PEOPLE_FREE.read_text().split())
    photos = [
        n
        for first in (0, 587, 1175)
        for n in range(first, first + 40)
        if f"{n:04}" in free and not is_held_back(f"photos/bsds-{n:04}")
    ]
    backgrounds = [n for n in range(40) if not is_held_back(f"backgrounds/{n:03}")]
    scenes = [n for n in range(40) if not is_held_back(f"scenes/sea-{n:04}")][::4]
    assert len(load_collection(data).places) == len(photos) + len(backgrounds) + len(scenes)


def test_only_unlabelled_portraits_whose_predicted_masks_were_checked_are_learnt_from(data):
    checked = set(UNLABELLED.read_text().split())
    names = [n for n in range(40) if f"{n:04}" in checked and not is_held_back(f"unlabelled/{n:04}")]
    assert 0 < len(names) == len(load_collection(data).unlabelled)


def test_people_set_among_others_leave_these_in_the_mask(monkeypatch):
    monkeypatch.setattr("training.matting.data.AMONG_OTHERS", 1)
    everybody = np.full((96, 72, 3), 200, np.uint8), np.full((96, 72), 255, np.uint8)
    source, rng = pictures()._replace(portraits=[everybody], streets=[everybody]), np.random.default_rng(0)
    assert all(compose_people(source, 64, rng)[1].min() > 250 for _ in range(10))


def test_what_stands_in_front_of_people_is_no_person():
    rgb, mask = (np.full((64, 64, 3), 200, np.uint8), np.full((64, 64), 255, np.uint8))
    place, rng = np.zeros((40, 40, 3), np.uint8), np.random.default_rng(0)
    for _ in range(20):
        covered, left = occlude(rgb, mask, place, rng)
        assert left[:25].all() and (left < 255).any()
        np.testing.assert_allclose(covered[..., 0], left / 255 * 200, atol=1)


class Circle(torch.nn.Module):
    """Finds the middle of the frame in every picture."""

    def forward(self, rgb):
        y, x = torch.meshgrid(*(torch.linspace(-1, 1, side) for side in rgb.shape[2:]), indexing="ij")
        return (x**2 + y**2 < 0.25).float().expand(len(rgb), 1, -1, -1)


def test_a_teacher_adds_the_unlabelled_portraits_and_the_hard_ones_again():
    source = pictures()
    rgb, mask = source.portraits[0]
    enriched = train.add_unlabelled(source, Circle(), ProcessGroup()).portraits
    assert [len(enriched), enriched[0]] == [2 + train.HARD_AGAIN, (rgb, mask)]  # the circle is not the ellipse
    added, found = enriched[1]
    assert added is source.unlabelled[0] and set(np.unique(found[:5])) == {0} and found[48, 40] == 255
    assert all(again[0] is rgb for again in enriched[2:])


def test_examples_are_squares_of_the_asked_side_with_a_mask_each():
    rng, source = np.random.default_rng(0), pictures()
    for _ in range(60):
        rgb, mask = draw_example(source, 64, rng)
        assert rgb.shape == (64, 64, 3) and rgb.dtype == np.uint8
        assert mask.shape == (64, 64) and mask.dtype == np.uint8


def test_some_examples_have_nobody_in_them():
    rng, source = np.random.default_rng(0), pictures()
    empty = sum(not draw_example(source, 64, rng)[1].any() for _ in range(100))
    assert 5 < empty < 40


def test_the_rate_warms_up_and_decays():
    for plan in (train.FROM_NOTHING, train.FROM_RELEASED):
        rates = [train.compute_rate(plan, progress) for progress in (0, train.WARM_UP, 0.5, 1)]
        assert rates[0] < rates[1] == plan.peak_rate > rates[2] > rates[3] > 0


def test_the_overlap_term_is_nought_for_the_truth_and_one_for_its_opposite():
    mask = torch.zeros(2, 1, 64, 64)
    mask[:, :, 16:48] = 1
    logits = 200 * (mask - 0.5)
    assert train.soft_iou_loss(logits, mask) < 1e-3
    assert train.soft_iou_loss(-logits, mask) > 0.97


def test_halfway_to_other_weights_there_are_the_means():
    first, second = U2NetP().eval(), U2NetP().eval()
    second.encoders[0].inlet.norm.running_mean.fill_(4)
    means = {name: (own + second.state_dict()[name]) / 2 for name, own in first.state_dict().items()}
    train.move_halfway(first, second)
    assert all(torch.allclose(own, means[name]) for name, own in first.state_dict().items() if own.is_floating_point())
    assert first.encoders[0].inlet.norm.running_mean.mean() == 2


def test_a_few_steps_lower_the_loss_and_what_was_learnt_can_be_exported_and_loaded(tmp_path):
    torch.manual_seed(0)
    rng, network = np.random.default_rng(0), U2NetP().to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3)
    rgb, mask = train.draw_batch(pictures(), 64, 2, rng)
    losses = [train.train_step(network, optimiser, rgb, mask)[0] for _ in range(6)]
    assert losses[-1] < 0.9 * losses[0]
    export("background", "u2netp", {}, network, "test", "background.md", {"loss": losses[-1]}, tmp_path)
    loaded = weights.load("background", folder=tmp_path)
    with torch.inference_mode():
        assert torch.allclose(loaded(rgb), network.eval()(rgb), atol=0.02)


def test_the_recipe_runs_on_the_device_it_is_given_and_exports(data, tmp_path, monkeypatch):
    command = f"background --data {data} --minutes 0 --device cpu --out {tmp_path}/run --weights {tmp_path}/weights"
    monkeypatch.setattr("sys.argv", command.split())
    monkeypatch.setattr(train, "predict", partial(train.predict, side=64))
    threads = torch.get_num_threads()
    train.main()
    torch.set_num_threads(threads)
    assert "portraits_iou" in read_entries(tmp_path / "weights")["background"].figures
    assert weights.load("background", folder=tmp_path / "weights").multiple_of == 32
