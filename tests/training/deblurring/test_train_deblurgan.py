import numpy as np
import pytest
import torch

from networks import weights
from networks.discriminators.deblur_critic import DeblurCritic
from networks.resnet_generator import ResnetGenerator
from training.common.export import export
from training.deblurring import measure, pairs, train_deblurgan


@pytest.fixture
def trainer():
    torch.manual_seed(2)
    trainer = train_deblurgan.Trainer(ResnetGenerator(width=8, blocks=2), DeblurCritic(side=32, width=4))
    for group in trainer.generator_optimiser.param_groups:
        group["lr"] = 2e-3
    return trainer


def batch(scene, step, side=32, count=4):
    return train_deblurgan.draw_batch([scene], side, count, np.random.default_rng(step))


def test_content_training_lowers_the_loss(scene, trainer):
    losses = [trainer.content_step(*batch(scene, step % 3))["pixel"] for step in range(60)]
    assert sum(losses[-6:]) < 0.95 * sum(losses[:6])


def test_the_average_follows_the_generator(scene, trainer):
    before = trainer.ema.network.output.weight.clone()
    trainer.content_step(*batch(scene, 0))
    assert not torch.equal(trainer.ema.network.output.weight, before)


def test_an_adversarial_step_moves_generator_and_critic_and_stays_finite(scene, trainer):
    before = [next(network.parameters()).clone() for network in (trainer.generator, trainer.critic)]
    figures = [trainer.adversarial_step(*batch(scene, step)) for step in range(3)][-1]
    after = [next(network.parameters()) for network in (trainer.generator, trainer.critic)]
    assert not any(torch.equal(*pair) for pair in zip(before, after, strict=True))
    assert all(np.isfinite(value) for value in figures.values())


def test_the_critic_learns_to_tell_sharp_from_blurred(scene, trainer):
    for group in trainer.critic_optimiser.param_groups:
        group["lr"] = 2e-3
    distances = [trainer.adversarial_step(*batch(scene, step % 3))["distance"] for step in range(40)]
    assert sum(distances[-6:]) > sum(distances[:6])


def test_a_clipped_critic_keeps_its_weights_small_and_learns_too(scene):
    torch.manual_seed(2)
    trainer = train_deblurgan.Trainer(ResnetGenerator(width=8, blocks=2), DeblurCritic(side=32, width=4), "clipping")
    figures = [trainer.adversarial_step(*batch(scene, step)) for step in range(3)][-1]
    assert max(weight.abs().max() for weight in trainer.critic.parameters()) <= train_deblurgan.CLIPPED_AT
    assert figures["penalty"] == 0 and all(np.isfinite(value) for value in figures.values())


def test_the_gradient_penalty_is_zero_for_a_critic_of_slope_one():
    def critic(crops):
        return crops.flatten(1)[:, 0]

    _, penalty = train_deblurgan.compute_critic_losses(critic, torch.rand(4, 3, 8, 8), torch.rand(4, 3, 8, 8))
    assert penalty.item() == pytest.approx(0, abs=1e-9)


def test_batches_are_repeatable_and_paired(scene):
    (blurred, sharp), (again, _) = batch(scene, 7), batch(scene, 7)
    assert torch.equal(blurred, again)
    assert blurred.shape == sharp.shape == (4, 3, 32, 32)
    assert 0 <= blurred.min() and sharp.max() <= 1


def test_a_picture_smaller_than_the_crop_is_continued(scene):
    blurred, sharp, kernel = pairs.make_pair(scene[:20, :30], 32, np.random.default_rng(1))
    assert blurred.shape == sharp.shape == (32, 32, 3)
    assert kernel.shape == (33, 33) and kernel.sum() == pytest.approx(1, abs=1e-4)


def test_the_rate_falls_to_zero_within_each_stage_and_dropout_waits_for_the_second(trainer):
    rates, drops = [], []
    for progress in (0.0, 0.4, train_deblurgan.CONTENT_SHARE - 1e-4, train_deblurgan.CONTENT_SHARE, 0.9999):
        trainer.set_rates(progress, step=1000)
        rates.append(trainer.generator_optimiser.param_groups[0]["lr"])
        drops.append(trainer.generator.blocks[0].dropout.p)
    assert rates[0] == train_deblurgan.CONTENT_RATE and rates[3] == train_deblurgan.ADVERSARIAL_RATE
    assert rates[0] > rates[1] > rates[2] < 1e-6 > rates[4]
    assert drops == [0, 0, 0, train_deblurgan.DROPOUT, train_deblurgan.DROPOUT]


def test_the_export_of_a_trained_network_loads_and_restores_alike(scene, trainer, tmp_path):
    for step in range(4):
        trainer.content_step(*batch(scene, step))
    arguments = {"width": 8, "blocks": 2}
    export("deblur", "resnet_generator", arguments, trainer.ema.network, "test", "deblur.md", {}, folder=tmp_path)
    restored = measure.restore(weights.load("deblur", folder=tmp_path), scene)
    expected = measure.restore(trainer.ema.network, scene)
    assert np.abs(restored.astype(int) - expected).max() <= 2


def test_measuring_reports_a_network_that_does_nothing_as_no_gain(scene):
    identity = ResnetGenerator(width=8, blocks=1).eval()
    torch.nn.init.zeros_(identity.output.weight)
    figures = measure.measure(identity, [scene[:61, :83]])
    assert figures["mean"]["psnr_gain"] == figures["mean"]["ssim_gain"] == 0
    assert figures["sharp"]["psnr_to_input"] == 100
    assert figures["light"]["psnr_blurred"] > figures["heavy"]["psnr_blurred"]
