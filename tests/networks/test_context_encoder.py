"""The context encoder: what it starts from, what it changes, and that the file of its weights gives the same."""

import pytest
import torch

from networks import weights
from networks.context_encoder import SIDE, ContextEncoder, laplace_fill
from networks.discriminators.context import ContextDiscriminator
from training.common.export import export
from training.inpainting import train_context_encoder


@pytest.fixture(scope="module")
def batch():
    """Pictures (2, 3, 128, 128) of a ramp from left to right, and what is known of them."""
    ramp = torch.linspace(0.2, 0.8, SIDE).expand(2, 3, SIDE, SIDE).contiguous()
    known = torch.ones(2, 1, SIDE, SIDE)
    known[:, :, 40:80, 50:80] = 0
    return ramp, known


def test_a_ramp_is_continued_smoothly_and_what_is_known_stays(batch):
    pictures, known = batch
    smooth = laplace_fill(pictures * known, known)
    assert torch.allclose(smooth * known, pictures * known, atol=1e-6)
    assert (smooth - pictures).abs().max() < 0.12  # the hole is a quarter of the ramp wide


def test_where_nothing_is_known_all_is_dark():
    assert not laplace_fill(torch.zeros(1, 3, 16, 16), torch.zeros(1, 1, 16, 16)).any()


def test_each_place_in_the_hole_depends_on_each_place_around_it(batch):
    torch.manual_seed(0)
    network, (pictures, known) = ContextEncoder(width=4, bottleneck=16), batch
    given = torch.cat((pictures * known, known), 1)[:1].requires_grad_()
    network(given)[0, 0, 60, 60].backward()
    assert (given.grad[0, :3, ::16, ::16] != 0).float().mean() > 0.5


def test_outputs_are_colours_once_it_is_trained(batch):
    network, (pictures, known) = ContextEncoder(width=4, bottleneck=16).eval(), batch
    with torch.no_grad():
        network.decoder[-1].bias.fill_(5.0)
        output = network(torch.cat((pictures * known, known), 1))
    assert output.shape == pictures.shape and output.max() == 1 and output.min() >= 0


def test_three_steps_alone_lower_the_error_and_then_the_critic_has_its_say(batch):
    torch.manual_seed(1)
    trainer = train_context_encoder.Trainer(
        ContextEncoder(width=4, bottleneck=16), ContextDiscriminator(width=4), "cpu"
    )
    trainer.set_rate(0.0, train_context_encoder.WARM_UP_STEPS)
    pictures, known = batch
    heard = [trainer.step(pictures, known, judged=False)["error"] for _ in range(4)]
    assert heard[-1] < heard[0]
    before = trainer.critic.score.bias.clone()
    figures = trainer.step(pictures, known, judged=True)
    assert set(figures) == {"error", "critic", "adversarial"} and not torch.equal(before, trainer.critic.score.bias)


def test_the_export_loads_and_gives_the_same_output(batch, tmp_path):
    torch.manual_seed(2)
    network, (pictures, known) = ContextEncoder(width=4, bottleneck=16).eval(), batch
    sizes = {"width": 4, "bottleneck": 16}
    export("context_encoder", "context_encoder", sizes, network, "test", "context_encoder.md", {}, tmp_path)
    again, given = weights.load("context_encoder", folder=tmp_path), torch.cat((pictures * known, known), 1)
    with torch.no_grad():
        torch.testing.assert_close(again(given), network(given), rtol=1e-2, atol=2e-3)
