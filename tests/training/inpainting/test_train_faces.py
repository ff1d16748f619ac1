"""The recipes of the face networks in miniature: a few steps each, an average that exports and loads."""

import io
import json
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from networks import weights
from networks.dcgan import DCGAN
from networks.pluralistic import Guess, Pluralistic
from training.common.export import export
from training.common.run import Run
from training.inpainting import measure_faces, pluralistic_losses, train_dcgan, train_face_finder, train_pluralistic


def draw_face(random: np.random.Generator, side: int) -> bytes:
    """Two dark eyes and a mouth on a bright field: a face to a finder of edges."""
    pixels = np.full((side, side, 3), random.integers(150, 220), np.uint8)
    for top, left, height, width in ((36, 22, 6, 12), (36, 46, 6, 12), (58, 30, 6, 20)):
        pixels[top : top + height, left : left + width] = random.integers(10, 60, 3)
    return png(pixels)


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with a few drawn faces, and noise for pictures without any."""
    folder, random = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    with zipfile.ZipFile(folder / "faces.zip", "w") as file:
        for number in range(60):
            file.writestr(f"faces/{number:05}.png", draw_face(random, 80))
    for archive, prefix in train_face_finder.OTHERS:
        with zipfile.ZipFile(folder / archive, "w") as file:
            for number in range(30):
                coarse = random.integers(0, 256, (15, 15, 3), dtype=np.uint8)
                file.writestr(f"{prefix}{number:03}.png", png(coarse.repeat(6, 0).repeat(6, 1)))
    return folder


def run_briefly(recipe, tmp_path, monkeypatch, name: str, words: list[str]) -> list[dict]:
    """Run a recipe's main for a moment; return what it logged."""
    monkeypatch.setattr("sys.argv", [name, *words, "--out", str(tmp_path), "--minutes", "0.005"])
    monkeypatch.setattr(recipe, "Run", lambda name, **settings: Run(name, logs=tmp_path, **settings))
    recipe.main()
    return [json.loads(line) for line in (tmp_path / f"{name}.jsonl").read_text().splitlines()]


def test_faces_are_cut_close_and_a_tenth_is_held_back(data):
    train, held = train_dcgan.load_faces(data)
    assert len(train) + len(held) == 60 and len(held) > 0
    assert train.shape[1:] == (3, 68, 68) and held.shape[1:] == (3, 64, 64)


def test_dcgan_trains_ends_with_an_average_goes_on_and_its_export_loads(data, tmp_path, monkeypatch):
    words = ["--data", str(data), "--batch", "4", "--width", "4", "--validation-steps", "1"]
    assert "hole_psnr" in run_briefly(train_dcgan, tmp_path, monkeypatch, "dcgan", words)[-1]
    run_briefly(train_dcgan, tmp_path, monkeypatch, "dcgan", [*words, "--resume"])
    assert list(tmp_path.glob("faces-*.png"))
    network = measure_faces.load_trained("dcgan", tmp_path / "average.pt")
    export("dcgan", "dcgan", {"width": 4}, network, "none", "dcgan.md", {}, tmp_path)
    codes = network.draw_codes(2, torch.Generator().manual_seed(0))
    assert torch.allclose(weights.load("dcgan", folder=tmp_path)(codes), network(codes), atol=0.02)


def test_a_step_of_dcgan_moves_both_networks_and_the_average_follows():
    torch.manual_seed(0)
    trainer = train_dcgan.Trainer(DCGAN(width=4, latent=8), "cpu")
    before = [parameter.clone() for parameter in (*trainer.ema.network.parameters(),)]
    critic = trainer.build_released().critic.layers[0].weight
    for _ in range(3):
        figures = trainer.step(torch.rand(4, 3, 64, 64))
        assert all(np.isfinite(value.item()) for value in figures.values())
    assert not any(torch.equal(*pair) for pair in zip(before, trainer.ema.network.parameters(), strict=True))
    assert not torch.equal(critic, trainer.build_released().critic.layers[0].weight)


def test_the_released_critic_computes_what_the_normalised_one_does():
    torch.manual_seed(0)
    trainer, pictures = train_dcgan.Trainer(DCGAN(width=4, latent=8), "cpu"), torch.rand(3, 3, 64, 64)
    trainer.step(torch.rand(4, 3, 64, 64))
    released = trainer.build_released()
    trainer.network.eval()
    assert torch.allclose(released.critic(pictures), trainer.network.critic(pictures), atol=1e-5)


def test_pluralistic_trains_ends_with_an_average_goes_on_and_its_export_loads(data, tmp_path, monkeypatch):
    words = ["--data", str(data), "--batch", "2", "--width", "4", "--holes", "6"]
    last = run_briefly(train_pluralistic, tmp_path, monkeypatch, "pluralistic", words)[-1]
    assert last["best_psnr"] >= last["hole_psnr"] and last["diversity"] >= 0
    run_briefly(train_pluralistic, tmp_path, monkeypatch, "pluralistic", [*words, "--resume"])
    network = measure_faces.load_trained("pluralistic", tmp_path / "average.pt")
    arguments = {"width": network.width, "codes": network.codes}
    export("pluralistic", "pluralistic", arguments, network, "none", "pluralistic.md", {}, tmp_path)
    with torch.inference_mode():
        assert weights.load("pluralistic", folder=tmp_path)(torch.rand(1, 4, 64, 64)).shape == (1, 3, 64, 64)


def test_every_part_of_pluralistic_learns_from_one_step():
    torch.manual_seed(0)
    trainer = train_pluralistic.Trainer(Pluralistic(width=4, codes=4), "cpu", critic_width=4)
    before = {name: tensor.clone() for name, tensor in trainer.network.named_parameters()}
    known = torch.ones(2, 1, 64, 64)
    known[..., 16:48, 16:48] = 0
    for _ in range(3):
        figures = trainer.step(torch.rand(2, 3, 64, 64), known)
    assert all(np.isfinite(value.item()) for value in figures.values())
    still = [name for name, tensor in trainer.network.named_parameters() if torch.equal(before[name], tensor)]
    assert not still


def test_equal_guesses_have_no_divergence_and_a_small_hole_asks_for_little_spread():
    guess = Guess(torch.randn(1, 2, 4, 4), torch.rand(1, 2, 4, 4) + 0.1)
    assert pluralistic_losses.compute_divergence(guess, guess).item() == pytest.approx(0, abs=1e-6)
    narrow = Guess(torch.zeros(1, 2, 4, 4), torch.full((1, 2, 4, 4), 0.2))
    known = torch.ones(1, 1, 64, 64)
    small = pluralistic_losses.compute_divergences(narrow, narrow, known)[0]
    assert small < pluralistic_losses.compute_divergences(narrow, narrow, known * 0)[0]


def test_what_is_not_counted_costs_nothing():
    pictures, counted = torch.zeros(1, 3, 64, 64), torch.ones(1, 1, 64, 64)
    counted[..., 16:48, 16:48] = 0
    made = [(1 - counted).expand(-1, 3, -1, -1)]
    assert pluralistic_losses.compute_appearance_loss(made, pictures, counted).item() == 0


def test_the_finder_trains_is_measured_and_its_export_loads(data, tmp_path, monkeypatch):
    words = ["--data", str(data), "--each", "1", "--steps", "3", "--export", "--folder", str(tmp_path)]
    words += ["--out", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["finder", *words])
    monkeypatch.setattr(train_face_finder, "BATCH", 8)
    monkeypatch.setattr(train_face_finder, "SEARCHED", 2)
    train_face_finder.main()
    figures = json.loads((tmp_path / "manifest.json").read_text())["facefinder"]["figures"]
    assert 0 <= figures["faces_found"] <= 1 and figures["off_by_50"] >= 0
    finder = weights.load("facefinder", folder=tmp_path)
    assert finder(torch.rand(1, 3, 60, 52), torch.ones(1, 1, 60, 52)).shape == (1, 4, 4, 2)


def test_a_face_is_drawn_as_far_off_and_as_large_as_asked():
    face, below = torch.zeros(1, 3, 48, 48), torch.zeros(1, 3, 48, 48)
    centre = [
        48 * (start + train_face_finder.FACE_SIDE / 2)
        for start in (train_face_finder.FACE_TOP, train_face_finder.FACE_LEFT)
    ]
    top, left = (round(value) for value in centre)
    face[:, :, top - 2 : top + 2, left - 2 : left + 2] = 1.0
    same = train_face_finder.place_faces(face, below, torch.zeros(1, 3))
    assert torch.allclose(same, face, atol=1e-4)
    moved = train_face_finder.place_faces(face, below, torch.tensor([[0.1, -0.05, np.log(1.5)]]))[0, 0]
    rows, columns = ((moved.sum(axis) * torch.arange(48)).sum() / moved.sum() for axis in (1, 0))
    assert rows.item() == pytest.approx(top - 0.5 + 4.8, abs=0.6)
    assert columns.item() == pytest.approx(left - 2.9, abs=0.6)
    assert moved.sum().item() == pytest.approx(16 * 1.5**2, rel=0.1)


def test_faces_in_place_and_none_are_named_and_those_between_are_not():
    none = [float("nan")] * 3
    place = torch.tensor([[0.0, 0.0, 0.0], none, [0.1, 0.0, 0.0]])
    outputs = torch.zeros(3, 4)
    outputs[0, 0], outputs[1, 0], outputs[2, 1] = 20.0, -20.0, 0.1
    assert train_face_finder.compute_loss(outputs, place).item() == pytest.approx(0, abs=1e-6)
    outputs[1, 0] = 20.0
    assert train_face_finder.compute_loss(outputs, place).item() > 5


@pytest.mark.parametrize("kind", measure_faces.KINDS)
def test_measured_holes_come_back_with_their_seed(kind):
    one, again = (measure_faces.draw_hole(kind, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one, again) and 0.1 < one.mean() < 0.6


def test_measuring_keeps_known_pixels_and_counts_the_nearest_completion(monkeypatch):
    torch.manual_seed(0)
    network, held = Pluralistic(width=4, codes=4).eval().requires_grad_(False), torch.rand(2, 3, 64, 64)
    figures = measure_faces.evaluate("pluralistic", network, held, "box", None)
    assert figures["best_psnr"] >= figures["hole_psnr"] and figures["diversity"] > 0
    known = torch.ones(1, 1, 64, 64)
    known[..., 20:40, 20:40] = 0
    complete = measure_faces.METHODS["pluralistic"](network, 1)
    found = measure_faces.complete_and_blend(complete, held[:1], known)
    assert torch.equal(found * known, held[:1] * known)
