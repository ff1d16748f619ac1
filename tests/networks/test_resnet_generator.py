import pytest
import torch

from networks.resnet_generator import ResnetGenerator


@pytest.fixture
def generator():
    """A small generator that does something: freshly made it is the identity."""
    torch.manual_seed(1)
    generator = ResnetGenerator(width=8, blocks=2).eval()
    for layer in [generator.output, *(block.second for block in generator.blocks)]:
        torch.nn.init.normal_(layer.weight, std=0.1)
    return generator.requires_grad_(False)


@pytest.mark.parametrize("colour", [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.8, 0.1, 0.4)])
def test_a_flat_picture_keeps_its_colour(generator, colour):
    flat = torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, 48, 40)
    assert torch.allclose(generator(flat), flat, atol=1e-5)


def test_a_fresh_network_is_the_identity():
    picture = torch.rand(1, 3, 16, 16)
    assert torch.equal(ResnetGenerator(width=8, blocks=1)(picture), picture)


def test_a_picture_with_detail_is_changed(generator):
    picture = torch.rand(1, 3, 32, 32)
    assert (generator(picture) - picture).abs().max() > 0.01


@pytest.mark.parametrize("size", [(12, 12), (16, 44), (40, 12)])
def test_the_size_stays_down_to_the_minimum(generator, size):
    assert generator(torch.rand(1, 3, *size)).shape == (1, 3, *size)


def test_the_declared_minimum_is_a_valid_size():
    assert ResnetGenerator.minimum_side % ResnetGenerator.multiple_of == 0


def test_far_pixels_do_not_reach_each_other(generator):
    picture = torch.rand(1, 3, 128, 128)
    other = picture.clone()
    other[:, :, 64:] = torch.rand(1, 3, 64, 128)
    untouched = 64 - generator.reach
    assert torch.allclose(generator(picture)[:, :, :untouched], generator(other)[:, :, :untouched], atol=1e-5)


def test_two_tiles_agree_beyond_the_reach_of_their_edges(generator):
    picture = torch.rand(1, 3, 16, 256)
    left, right = generator(picture[..., :176]), generator(picture[..., 80:])
    reach = generator.reach
    shared = left[..., 80 + reach : 176 - reach]
    assert shared.shape[-1] > 16
    assert torch.allclose(shared, right[..., reach : 96 - reach], atol=1e-5)


def test_bfloat16_weights_give_nearly_the_same_picture_in_float32(generator):
    picture = torch.rand(1, 3, 32, 32)
    exact = generator(picture)
    rounded = generator.bfloat16()(picture)
    assert rounded.dtype == torch.float32
    assert (rounded - exact).abs().mean() < 0.01


def test_dropout_rests_outside_training():
    generator = ResnetGenerator(width=8, blocks=1, dropout=0.5)
    for layer in (generator.output, generator.blocks[0].second):
        torch.nn.init.normal_(layer.weight, std=0.1)
    picture = torch.rand(1, 3, 16, 16)
    assert not torch.equal(generator.train()(picture), generator(picture))
    assert torch.equal(generator.eval()(picture), generator(picture))
