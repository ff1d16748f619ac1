"""Pluralistic completion: shapes, the attention, and outputs that differ with the noise alone."""

import pytest
import torch

from networks.discriminators.pluralistic import PluralisticDiscriminator
from networks.pluralistic import Pluralistic, ShortLongAttention


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(4)
    return Pluralistic(width=4, codes=6).eval().requires_grad_(False)


def give_known() -> torch.Tensor:
    random = torch.Generator().manual_seed(7)
    known = torch.ones(2, 1, 64, 64)
    known[..., 24:40, 24:40] = 0
    return torch.cat((torch.rand((2, 3, 64, 64), generator=random) * known, known), 1)


def test_the_same_noise_gives_the_same_output_and_another_another(network):
    outputs = [
        network(give_known(), network.draw_noise(give_known(), torch.Generator().manual_seed(seed)))
        for seed in (1, 1, 2)
    ]
    assert outputs[0].shape == (2, 3, 64, 64) and 0 <= outputs[0].min() and outputs[0].max() <= 1
    assert torch.equal(outputs[0], outputs[1]) and not torch.equal(outputs[0], outputs[2])


def test_it_takes_other_sides_that_are_multiples_of_sixteen(network):
    picture = torch.rand(1, 4, 80, 48)
    assert network(picture).shape == (1, 3, 80, 48)
    assert network.draw_noise(picture, torch.Generator()).shape == (1, 6, 5, 3)


def test_decoding_gives_three_scales_each_half_the_one_before(network):
    features = network.encode(give_known())
    assert [tuple(level.shape[-2:]) for level in features] == [(32, 32), (16, 16), (8, 8), (4, 4)]
    guess = network.predict(features)
    assert guess.mean.shape == guess.spread.shape == (2, 6, 4, 4) and guess.spread.min() > 0
    scales = network.decode(guess.mean, features, give_known()[:, 3:])
    assert [tuple(scale.shape) for scale in scales] == [(2, 3, 64 >> i, 64 >> i) for i in range(3)]


def test_attention_keeps_its_shape_and_each_place_takes_a_whole():
    attention = ShortLongAttention(8)
    decoded, encoded, known = torch.rand(2, 8, 6, 6), torch.rand(2, 8, 6, 6), torch.ones(2, 1, 6, 6)
    assert attention(decoded, encoded, known).shape == (2, 8, 6, 6)
    likeness = attention.compare_places(decoded)
    assert likeness.shape == (2, 36, 36) and torch.allclose(likeness.sum(2), torch.ones(2, 36), atol=1e-5)


def test_long_term_attention_reaches_into_the_hole_only():
    attention = ShortLongAttention(4)
    decoded, encoded = torch.rand(1, 4, 4, 4), torch.rand(1, 4, 4, 4)
    before = attention(decoded, encoded, torch.ones(1, 1, 4, 4))
    attention.long.data.fill_(1.0)
    assert torch.equal(attention(decoded, encoded, torch.ones(1, 1, 4, 4)), before)
    assert not torch.equal(attention(decoded, encoded, torch.zeros(1, 1, 4, 4)), before)


def test_the_critic_scores_patches():
    critic = PluralisticDiscriminator(width=4)
    assert critic(torch.rand(2, 3, 64, 64)).shape == (2, 1, 4, 4)
    assert critic.features(torch.rand(2, 3, 64, 64)).shape == (2, 16, 4, 4)
