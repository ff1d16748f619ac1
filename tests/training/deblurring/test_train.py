import numpy as np
import pytest
import torch

from networks import weights
from networks.deconvolver import Deconvolver
from training.common.distributed import ProcessGroup
from training.common.export import export
from training.deblurring import measure, train
from training.deblurring.pairs import Crops

SMALL = {"width": 4, "restorer_width": 4, "encoder": (1,), "middle": 1, "decoder": (1,), "rounds": 2}


@pytest.fixture
def trainer():
    torch.manual_seed(2)
    trainer = train.Trainer(Deconvolver(**SMALL))
    for group in trainer.optimiser.param_groups:
        group["lr"] = 8e-3
    return trainer


@pytest.fixture
def batches(scene):
    """Three batches of three crops, again and again."""
    made = [next(train.load_batches([scene], 48, 3, step, (5,), 0)) for step in range(3)]
    return lambda step: made[step % 3]


def test_training_lowers_the_loss_and_finds_the_kernels(trainer, batches):
    figures = [trainer.step(ProcessGroup(), *batches(step)) for step in range(30)]
    for name, part in (("pixel", 0.96), ("kernel", 0.8)):
        assert sum(one[name] for one in figures[-6:]) < part * sum(one[name] for one in figures[:6]), name


def test_the_average_follows_the_network(trainer, batches):
    before = trainer.ema.network.restorer.ending.weight.clone()
    for step in range(2):
        trainer.step(ProcessGroup(), *batches(step))
    assert not torch.equal(trainer.ema.network.restorer.ending.weight, before)


def test_crops_are_repeatable_and_come_with_their_kernel(scene):
    first, again = (Crops([scene], 48, (7, 1), range(3, 9)) for _ in range(2))
    for one, other in zip(first[2], again[2], strict=True):
        assert torch.equal(one, other)
    blurred, sharp, kernel = first[2]
    assert blurred.shape == sharp.shape == (48, 48, 3) and blurred.dtype == torch.uint8
    assert kernel.shape == (33, 33) and kernel.sum() == pytest.approx(1, abs=1e-5)
    assert not torch.equal(Crops([scene], 48, (7, 2), range(3, 9))[2][0], blurred)


def test_a_run_goes_on_with_the_crops_it_has_not_seen(scene):
    all_at_once = Crops([scene], 48, (7,), range(0, 2**31))
    _, sharp, _ = next(train.load_batches([scene], 48, 2, 5, (7,), 0))
    assert torch.equal(sharp[1], all_at_once[11][1])


def test_the_losses_are_least_for_the_truth():
    sharp, kernel = torch.rand(2, 3, 32, 32), torch.zeros(2, 33, 33)
    kernel[:, 16, 16] = 1
    luminance = (sharp * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    truth = train.Restored(sharp, kernel[:, None], luminance)
    elsewhere = train.Restored(sharp + 0.1, kernel[:, None].roll(5, 2), luminance + 0.1)
    right, wrong = train.compute_losses(truth, sharp, kernel), train.compute_losses(elsewhere, sharp, kernel)
    assert right["kernel"] == 0 and wrong["kernel"] == pytest.approx(2)
    assert all(right[name] < wrong[name] for name in right)


def test_the_rate_rises_at_first_and_falls_to_zero(trainer):
    rates = []
    for progress, step in ((0.0, 0), (0.1, 500), (0.5, 3000), (0.9999, 6000)):
        trainer.set_rate(progress, step)
        rates.append(trainer.optimiser.param_groups[0]["lr"])
    assert rates[0] < rates[2] < rates[1] <= train.RATE and rates[3] < 1e-6


def test_a_lower_rate_can_be_asked_for():
    trainer = train.Trainer(Deconvolver(**SMALL), rate=2e-4)
    trainer.set_rate(0.0, 5000)
    assert trainer.optimiser.param_groups[0]["lr"] == pytest.approx(2e-4)


def test_the_level_counts_a_decibel_alike_for_small_and_large_errors():
    levels = []
    for error in (0.08, 0.16, 0.32):
        sharp, kernel = torch.zeros(1, 3, 32, 32), torch.zeros(1, 33, 33)
        wrong = train.Restored(sharp + error, kernel[:, None], sharp[:, :1])
        levels.append(train.compute_losses(wrong, sharp, kernel)["level"].item())
    assert levels[1] - levels[0] == pytest.approx(levels[2] - levels[1], abs=0.1)
    assert levels[1] - levels[0] == pytest.approx(6.02, abs=0.1)


def test_validation_finds_no_gain_in_a_fresh_network_and_no_harm_either(scene):
    figures = train.validate(Deconvolver(**SMALL).eval(), [(scene[:64, :64], scene[:64, 8:72])])
    assert figures["psnr_gain"] == pytest.approx(0, abs=1e-6) and figures["sharp_psnr"] == 100


def test_the_export_of_a_trained_network_loads_and_restores_alike(scene, trainer, batches, tmp_path):
    for step in range(4):
        trainer.step(ProcessGroup(), *batches(step))
    export("deblur", "deconvolver", SMALL, trainer.ema.network, "test", "deblur.md", {}, folder=tmp_path)
    restored = measure.restore(weights.load("deblur", folder=tmp_path), scene)
    expected = measure.restore(trainer.ema.network, scene)
    assert np.abs(restored.astype(int) - expected).max() <= 2


def test_alone_a_process_changes_nothing(trainer, batches):
    trainer.step(ProcessGroup(), *batches(0))
    before = [weight.grad.clone() for weight in trainer.network.parameters()]
    ProcessGroup().average_gradients(trainer.network)
    assert all(torch.equal(*pair) for pair in zip(before, (w.grad for w in trainer.network.parameters()), strict=True))
    assert ProcessGroup().leads and ProcessGroup().broadcast(0.25) == 0.25
