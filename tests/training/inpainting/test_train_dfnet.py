"""The inpainting recipe in miniature: holes are holes, the loss falls, a run resumes, the export loads."""

import io
import json
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from networks import weights
from networks.dfnet import DFNet
from training.common import crops
from training.common.export import export
from training.common.perceptual import FeatureNetwork
from training.common.run import Run
from training.inpainting import hole_masks, train_dfnet
from training.inpainting.dfnet_losses import compute_losses, measure_variation


def paint_picture(random: np.random.Generator, height: int = 90, width: int = 120) -> bytes:
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2], pixels[height // 2 :] = random.integers(0, 256, (2, 3))
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with every archive of the recipe, a few small pictures in each."""
    folder, random = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    for archive, prefix, _ in crops.SOURCES:
        with zipfile.ZipFile(folder / archive, "a") as file:
            for number in range(14):
                file.writestr(f"{prefix}{number:03}.png", paint_picture(random))
            file.writestr(f"{prefix}000.mask.png", paint_picture(random))
    with zipfile.ZipFile(folder / "validation.zip", "w") as file:
        file.writestr("irregular-masks/1.png", paint_picture(random, 64, 64))
    torch.save(FeatureNetwork(width=4).state_dict(), folder / "features.pt")
    return folder


def words(data, tmp_path, *more: str) -> list[str]:
    return [
        "--data",
        str(data),
        "--features",
        str(data / "features.pt"),
        "--out",
        str(tmp_path),
        "--pictures",
        "6",
        "--holes",
        "5",
        "--batch",
        "2",
        "--width",
        "4",
        "--levels",
        "6",
        "--side",
        "64",
        "--threads",
        "1",
        *more,
    ]


@pytest.mark.parametrize("low, high", [(0.1, 0.2), (0.2, 0.3), (0.3, 0.4)])
def test_measured_holes_cover_what_they_should_and_come_back_with_their_seed(low, high):
    first, again = (hole_masks.draw_irregular(120, 180, low, high, np.random.default_rng(5)) for _ in range(2))
    assert low <= first.mean() <= high and np.array_equal(first, again)


@pytest.mark.parametrize("height, width", [(1, 2), (2, 2), (3, 40), (5, 5), (8, 12), (16, 16)])
@pytest.mark.parametrize("low, high", [(0.1, 0.2), (0.3, 0.4)])
def test_a_picture_that_is_too_small_for_strokes_gets_a_hole_all_the_same(height, width, low, high):
    for seed in range(10):
        hole = hole_masks.draw_irregular(height, width, low, high, np.random.default_rng(seed))
        assert hole.shape == (height, width) and 1 <= hole.sum() < hole.size
        assert low - 1 / hole.size <= hole.mean() <= high + 1 / hole.size


def test_a_single_pixel_is_refused_in_words():
    with pytest.raises(ValueError, match="no room for a hole"):
        hole_masks.draw_irregular(1, 1, 0.1, 0.2, np.random.default_rng(0))


def test_holes_of_every_kind_leave_something_and_take_something():
    random, given = np.random.default_rng(1), [np.eye(30, dtype=bool)]
    for _ in range(40):
        hole = hole_masks.draw_hole(64, 96, random, given)
        assert hole.shape == (64, 96) and hole.dtype == bool and 0 < hole.mean() < 0.9


def test_a_window_is_cut_from_a_hole_over_a_whole_photo_and_is_neither_empty_nor_full():
    random = np.random.default_rng(3)
    for known in (None, [np.eye(30, dtype=bool)]):
        part = train_dfnet.draw_window(96, random, known)
        assert part.shape == (96, 96) and train_dfnet.MIN_HOLE <= part.mean() <= train_dfnet.MAX_HOLE


def test_masks_and_held_back_pictures_are_not_trained_on(data):
    train, held = crops.list_sources(data)
    assert train and held and not {member.stem for member in train} & {member.stem for member in held}
    assert not any(".mask." in member.name for member in train + held)


def test_a_batch_is_cut_from_the_crops():
    bank = torch.arange(3, dtype=torch.uint8)[:, None, None, None].expand(3, 3, 40, 40) * 100
    parts = crops.draw_batch(bank, 8, 32, torch.Generator().manual_seed(0))
    assert parts.shape == (8, 3, 32, 32) and len(parts.unique()) <= 3 and 0 <= parts.min() and parts.max() <= 200 / 255


def test_a_perfect_result_costs_only_the_variation_of_the_picture_itself():
    scales = DFNet(width=4).train()(torch.rand(2, 4, 256, 256))
    picture = torch.full((2, 3, 256, 256), 0.5)
    perfect = [scale._replace(**dict.fromkeys(("result", "raw"), torch.full_like(scale.raw, 0.5))) for scale in scales]
    terms = compute_losses(perfect, picture, torch.ones(2, 1, 256, 256), FeatureNetwork(width=4))
    assert all(term.item() == pytest.approx(0, abs=1e-6) for term in terms.values())
    assert compute_losses(perfect, picture, torch.ones(2, 1, 256, 256), None)["style"] == 0
    assert measure_variation(torch.rand(1, 3, 9, 9), torch.ones(1, 1, 9, 9)) > 0.1


def test_the_loss_falls_on_a_batch_seen_again_and_again(data, tmp_path):
    torch.manual_seed(0)
    material = train_dfnet.Material(train_dfnet.parse_arguments(words(data, tmp_path)))
    trainer = train_dfnet.Trainer(DFNet(4, 6), FeatureNetwork(width=4).requires_grad_(False), "cpu")
    pictures, known = material.batch(2, 0)
    heard = []
    for step in range(10):
        trainer.set_rate(0.0, step + 300)
        heard.append(trainer.step(pictures, known)["loss"].item())
    assert max(heard[-3:]) < 0.9 * heard[0]
    assert np.isfinite(material.validate(trainer.ema.network)["hole_psnr"])


def test_a_run_ends_with_an_average_that_exports_and_loads(data, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["dfnet", *words(data, tmp_path, "--minutes", "0.02")])
    monkeypatch.setattr(train_dfnet, "Run", lambda name, **settings: Run(name, logs=tmp_path, **settings))
    train_dfnet.main()
    lines = [json.loads(line) for line in (tmp_path / "dfnet.jsonl").read_text().splitlines()]
    assert {"hole_psnr", "gain"} <= lines[-1].keys()
    monkeypatch.setattr("sys.argv", ["dfnet", *words(data, tmp_path, "--minutes", "0.02", "--resume")])
    train_dfnet.main()
    network = DFNet(4, 6, smooth=True)
    network.load_state_dict(torch.load(tmp_path / "average.pt", weights_only=True))
    export("dfnet", "dfnet", {"width": 4, "levels": 6, "smooth": True}, network, "none", "dfnet.md", {}, tmp_path)
    loaded = weights.load("dfnet", folder=tmp_path)
    with torch.inference_mode():
        assert loaded(torch.rand(1, 4, 64, 128)).shape == (1, 3, 64, 128)
