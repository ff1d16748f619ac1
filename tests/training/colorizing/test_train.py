import copy
import io
import json
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from networks import weights
from networks.layers.palette import expand_chroma, make_palette
from training.colorizing import nogan
from training.colorizing.adversarial import steps as nogan_steps
from training.colorizing.adversarial.loader import NoGanLoader
from training.colorizing.adversarial.pictures import SOURCES, NoGanPictures
from training.colorizing.adversarial.plan import GENERATOR_RATE, Phase
from training.colorizing.adversarial.steps import NoGan
from training.colorizing.calibration import (
    COLOURFULNESS,
    MAX_GAIN,
    Setting,
    Trial,
    calibrate,
    compute_rebalancing,
    compute_score,
    predict_logits,
)
from training.colorizing.class_rebalancing import Rarity
from training.colorizing.crops import Batch
from training.colorizing.measure import measure
from training.colorizing.nogan import Watch, train, validate
from training.colorizing.palette_loss import PaletteLoss
from training.colorizing.spectral import add_spectral_norm, fold_spectral_norm
from training.common.archives import is_held_back
from training.common.export import export
from training.common.run import Run


def paint_picture(random: np.random.Generator, grey: bool = False) -> bytes:
    """A picture of blue above green with a bright disc's worth of noise, or its grey copy."""
    picture = np.empty((72, 96, 3), np.uint8)
    picture[:36], picture[36:] = (70, 120, 220), (60, 140, 50)
    picture = np.clip(picture + random.integers(-20, 20, (72, 96, 1)), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(picture).convert("L" if grey else "RGB").save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with every archive of the recipe, a few small pictures in each."""
    folder, random = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    kinds = "n1/ n2/ a a a b b b -a -a -a -a -a -a a a a a a".split()
    names = {
        (archive, prefix): [f"{prefix}{kind}{number:02}.png" for number in range(12)]
        for (archive, prefix, *_), kind in zip(SOURCES, kinds, strict=True)
    }
    names[("validation.zip", "bsds-val/")] = ["bsds-val/1.png", "bsds-val/2.png"]
    for (archive, _), members in names.items():
        with zipfile.ZipFile(folder / archive, "a") as file:
            for name in members:
                file.writestr(name, paint_picture(random))
    with zipfile.ZipFile(folder / "faces.zip", "a") as file:
        file.writestr("faces/grey.png", paint_picture(random, grey=True))
    return folder


@pytest.fixture(scope="module")
def pictures(data):
    return NoGanPictures(data, held=False)


@pytest.fixture(scope="module")
def held(data):
    return NoGanPictures(data, held=True).choose_batch(6, 64)


@pytest.fixture(scope="module")
def fresh(pictures):
    """The method on the smallest encoder: most of a step's time goes into the encoder's matrices."""
    torch.manual_seed(0)
    return NoGan(Rarity(pictures.choose_batch(20, 32).chroma), pictures.kind_count, "efficientnet_lite0")


@pytest.fixture
def method(fresh):
    return copy.deepcopy(fresh)


@pytest.fixture
def batch(pictures):
    return pictures.draw_batch(4, 64, np.random.default_rng(0))


def test_grey_pictures_and_those_held_back_are_not_learned_from(data, pictures):
    names = [
        name
        for archive, prefix, *_ in SOURCES
        for name in zipfile.ZipFile(data / archive).namelist()
        if name.startswith(prefix) and "grey" not in name
    ]
    assert len(pictures) == sum(not is_held_back(name.rpartition(".")[0]) for name in names)


def test_tiny_pictures_and_scenes_say_what_they_show(pictures):
    assert pictures.kind_count == 8
    assert {pictures.kinds[indices.start] for indices, *_ in pictures.sources} == {-1, *range(8)}


def test_only_the_input_is_degraded(batch):
    assert batch.grey.shape == batch.lightness.shape == (4, 1, 64, 64) and batch.chroma.shape == (4, 2, 64, 64)
    assert 0 <= batch.grey.min() and batch.grey.max() <= 1
    blue = batch.chroma[:, 1].mean((1, 2)) < 0.2  # blue above green: the colours of every painted picture
    assert blue.all() and not torch.equal(batch.grey, batch.lightness)


def test_the_same_seed_draws_the_same_batch(pictures):
    one, other = (pictures.draw_batch(3, 64, np.random.default_rng(7)) for _ in range(2))
    assert torch.equal(one.grey, other.grey) and torch.equal(one.chroma, other.chroma)


def test_folding_spectral_normalisation_away_changes_nothing(fresh):
    generator = copy.deepcopy(fresh.generator).eval()
    grey = torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        assert torch.allclose(fold_spectral_norm(generator)(grey), generator(grey), atol=1e-5)


def test_the_normalised_convolutions_do_not_stretch():
    generator = add_spectral_norm(nogan.PaletteColorizer())
    generator(torch.rand(2, 1, 64, 64))
    weight = fold_spectral_norm(generator).decoder[0].shuffle.expand.weight
    assert torch.linalg.matrix_norm(weight.flatten(1), 2).item() == pytest.approx(1, abs=0.05)


def test_released_weights_come_back_as_they_are_under_the_norms_put_on_again():
    torch.manual_seed(0)
    released = fold_spectral_norm(add_spectral_norm(nogan.PaletteColorizer()))
    again = nogan.PaletteColorizer()
    nogan_steps.copy_matching(again, released.state_dict() | {"head.3.bias": torch.zeros(3)})
    grey = torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        assert torch.allclose(fold_spectral_norm(add_spectral_norm(again))(grey), released(grey), atol=0.02)


def test_a_distribution_that_knows_the_colour_has_the_least_loss(pictures):
    loss = PaletteLoss(Rarity(pictures.choose_batch(20, 32).chroma))
    chroma = (expand_chroma(make_palette()[[5, 40]]) / 110)[:, :, None, None].repeat(1, 1, 4, 4)
    logits = torch.zeros(2, len(make_palette()), 2, 2)
    logits[0, 5], logits[1, 40] = 6, 6
    assert loss(logits, chroma) < loss(torch.zeros_like(logits), chroma) < loss(logits.flip(0), chroma)


def test_the_loader_gives_the_same_batches_for_the_same_seed_and_others_after_them(pictures):
    one, other = (NoGanLoader(pictures, 3, 64, (7, 0)) for _ in range(2))
    first = one.next("cpu")
    assert torch.equal(first.grey, other.next("cpu").grey) and not torch.equal(first.grey, one.next("cpu").grey)


def test_processes_beside_the_training_prepare_batches(pictures):
    batch = NoGanLoader(pictures, 3, 64, (7, 0), workers=1).next("cpu")
    assert batch.grey.shape == (3, 1, 64, 64) and batch.chroma.shape == (3, 2, 64, 64)


def test_the_generator_alone_learns_blue_above_green(method, batch):
    """On one batch, at a rate so high that the fall does not depend on how a processor rounds."""
    losses = [method.generator_step(batch, 10 * GENERATOR_RATE)["colour_loss"] for _ in range(10)]
    assert np.mean(losses[-3:]) < np.mean(losses[:3]) - 1


def test_the_critic_alone_leaves_the_generator_as_it_is(method, batch):
    method.generator.eval()
    before = {name: value.clone() for name, value in method.generator.state_dict().items()}
    losses = [method.critic_step(batch)["critic_loss"] for _ in range(6)]
    assert losses[-1] < losses[0]
    assert all(torch.equal(before[name], value) for name, value in method.generator.state_dict().items())


def test_the_generator_waits_until_the_critic_is_worth_learning_from(method, batch, monkeypatch):
    weight = method.generator.head[-1].weight
    before = weight.clone()
    monkeypatch.setattr(nogan_steps, "CRITIC_READY", 0.0)
    assert "adversarial_loss" not in method.joint_step(batch) and torch.equal(weight, before)
    monkeypatch.setattr(nogan_steps, "CRITIC_READY", 9.0)
    assert "adversarial_loss" in method.joint_step(batch) and not torch.equal(weight, before)


def test_the_watch_keeps_the_best_generator_and_says_when_it_lies_behind(method, held, monkeypatch):
    score = iter((1.0, 0.9, *[0.95] * nogan.PATIENCE))
    monkeypatch.setattr(nogan, "validate", lambda generator, held, rarity: {"score": next(score)})
    watch = Watch(method, held)
    method.generator.head[-1].bias.data.fill_(0.25)
    watch.validate()
    method.generator.head[-1].bias.data.fill_(0.5)
    for _ in range(nogan.PATIENCE):
        assert not watch.is_past_the_inflection()
        watch.validate()
    assert watch.is_past_the_inflection()
    assert (method.best.head[-1].bias == 0.25).all()


def surely_grey(generator):
    torch.nn.init.zeros_(generator.head[-1].weight)
    generator.head[-1].bias.data.copy_(20.0 * (torch.arange(len(make_palette())) == 0))
    return generator


def test_the_grey_picture_has_the_error_one_and_no_colour(method, held):
    figures = validate(surely_grey(method.generator), held, method.rarity)
    assert figures["error"] == pytest.approx(1, abs=0.01) and figures["colourful"] < 0.02
    assert figures["score"] == pytest.approx(1, abs=0.01)


def test_a_batch_that_nobody_named_has_gradients_for_the_classifier_too(fresh, batch):
    method = NoGan(fresh.rarity, 8)  # on the encoder of the recipe
    unnamed = Batch(batch.grey, batch.lightness, batch.chroma, torch.full_like(batch.kind, -1))
    figures = method.generator_step(unnamed, 0.0)  # all processes must have the same gradients to share
    assert figures["classification_loss"] == 0
    assert all(torch.equal(weight.grad, torch.zeros_like(weight)) for weight in method.classifier.parameters())


@torch.no_grad()
def test_a_tilt_away_from_red_makes_it_rarer_and_taking_back_rebalancing_makes_loud_colours_rarer(method, held):
    rare = compute_rebalancing(method.rarity)
    trial = Trial(method.generator, predict_logits(method.generator.eval(), held), held, rare)
    red = make_palette()[:, 0]
    assert torch.corrcoef(torch.stack([trial.compute_tilt(Setting(rebalancing=0, red=-0.02)), red]))[0, 1] < -0.99
    assert torch.allclose(trial.compute_tilt(Setting(rebalancing=1.0)), -rare)


@torch.no_grad()
def test_the_gain_makes_the_pictures_as_colourful_as_is_asked_for(method, held):
    method.generator.eval()
    trial = Trial(
        method.generator, 3 * predict_logits(method.generator, held), held, compute_rebalancing(method.rarity)
    )
    setting, worst, figures = trial.fit_gain(Setting())
    assert worst == compute_score(figures)
    assert setting.gain == MAX_GAIN or figures.colourful == pytest.approx(COLOURFULNESS, abs=0.05)


@torch.no_grad()
def test_the_calibrated_network_carries_its_settings_to_whoever_builds_it(method, held):
    network = calibrate(method.generator, held, method.colour_loss.rarity)
    again = nogan.PaletteColorizer(**network.arguments).eval()
    again.load_state_dict(network.state_dict())
    assert torch.allclose(again(held.lightness), network(held.lightness), atol=1e-5)
    assert again.arguments == network.arguments
    assert predict_logits(again, held).isfinite().all()


class Ticking(Run):
    """A run whose clock moves on when it is read, so that a busy machine skips no stage."""

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.readings = 0

    def progress(self) -> float:
        self.readings += 1
        return min(1.0, self.readings / 16)


def test_the_three_stages_run_log_and_resume_and_the_export_loads(method, pictures, held, data, tmp_path):
    phases = (
        Phase("generator", 64, 2, 9, 0.2),
        Phase("generator", 64, 2, 9, 0.4),
        Phase("critic", 64, 2, 9, 0.7),
        Phase("joint", 64, 2, 1, 1.0),
    )
    train(Ticking("miniature", tmp_path / "run", logs=tmp_path), method, pictures, held, phases)
    lines = [json.loads(line) for line in (tmp_path / "miniature.jsonl").read_text().splitlines()]
    assert all(np.isfinite(value) for line in lines for value in line.values())
    steps = lines[-1]["step"]
    assert steps >= 4 and "score" in lines[-1]
    train(Ticking("miniature", tmp_path / "run", logs=tmp_path), method, pictures, held, phases)
    lines = [json.loads(line) for line in (tmp_path / "miniature.jsonl").read_text().splitlines()]
    assert lines[-1]["step"] > steps

    network = calibrate(method.best, held, method.colour_loss.rarity)
    figures = measure(network, data, side=64)
    assert all(np.isfinite(value) for value in figures.values())
    export("colorize", "palette_colorizer", network.arguments, network, "none", "none.md", figures, tmp_path)
    grey = torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        assert torch.allclose(weights.load("colorize", folder=tmp_path)(grey), network(grey), atol=0.01)
