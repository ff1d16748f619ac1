import pytest
import torch

from networks.discriminators.colour import ColourDiscriminator
from networks.discriminators.projected import ProjectedDiscriminator
from networks.layers.decoder import SelfAttention, SubPixel
from networks.layers.encoders import ENCODERS
from networks.layers.palette import compress_chroma, expand_chroma, make_palette
from networks.palette_colorizer import PaletteColorizer


@pytest.fixture(scope="module")
def colorizer():
    torch.manual_seed(0)
    network = PaletteColorizer()
    torch.nn.init.normal_(network.head[-1].weight, std=0.5)
    return network.eval()


@torch.no_grad()
@pytest.mark.parametrize(("height", "width"), [(64, 64), (96, 160)])
def test_chroma_comes_in_two_planes_of_the_size_of_the_lightness(colorizer, height, width):
    chroma = colorizer(torch.rand(2, 1, height, width))
    assert chroma.shape == (2, 2, height, width)
    assert chroma.abs().max() <= 1.1 and chroma.std() > 0


@torch.no_grad()
def test_the_smallest_declared_side_works(colorizer):
    side = PaletteColorizer.minimum_side
    assert side % PaletteColorizer.multiple_of == 0
    assert colorizer(torch.rand(1, 1, side, side)).isfinite().all()


@torch.no_grad()
def test_a_colour_that_is_sure_comes_out_as_it_is_at_any_temperature():
    network = PaletteColorizer()
    for number in (0, 7, 60):
        logits = torch.full((1, len(make_palette()), 2, 2), -30.0)
        logits[:, number] = 30
        colour = expand_chroma(make_palette()[number : number + 1])[0] / 110
        for temperature in (0.3, 1.0):
            assert torch.allclose(network.chroma(logits, temperature)[0, :, 0, 0], colour, atol=1e-4)


@torch.no_grad()
def test_contrast_takes_more_from_dull_colours_than_from_loud_ones():
    plain, contrasted = PaletteColorizer(), PaletteColorizer(contrast=0.4)
    logits = 20 * torch.nn.functional.one_hot(torch.tensor([0, 3, 80]), len(make_palette())).float().T[None, :, :, None]
    before, after = (network.chroma(logits, 1.0).norm(dim=1)[0, :, 0] for network in (plain, contrasted))
    assert after[1] < before[1] and after[2] > before[2] and after[0] < 1e-3


def test_the_compressed_plane_leads_back():
    chroma = 60 * torch.randn(2, 2, 5, 5)
    assert torch.allclose(expand_chroma(compress_chroma(chroma)), chroma, atol=1e-2)


@torch.no_grad()
def test_the_variants_are_natural_calm_and_vivid(colorizer):
    picture = torch.rand(1, 1, 64, 64)
    natural, calm, vivid = colorizer.variants(picture).split(2, 1)
    assert torch.allclose(natural, colorizer(picture), atol=1e-6)
    assert calm.norm() < natural.norm() < vivid.norm()


@torch.no_grad()
def test_a_picture_gets_the_same_colours_alone_and_in_company(colorizer):
    pictures = torch.rand(3, 1, 64, 64)
    assert torch.allclose(colorizer(pictures)[1:2], colorizer(pictures[1:2]), atol=1e-5)


def test_the_file_stays_under_45_mebibytes_in_half_precision():
    assert sum(tensor.numel() for tensor in PaletteColorizer().state_dict().values()) * 2 < 45 * 2**20


@torch.no_grad()
def test_the_deeper_encoder_colours_too():
    assert PaletteColorizer("resnet34").eval()(torch.rand(1, 1, 64, 64)).shape == (1, 2, 64, 64)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_encoder_describes_cells_of_8_pixels(encoder):
    with torch.inference_mode():
        maps = PaletteColorizer(encoder).eval().encode_cells(torch.rand(1, 1, 64, 96))
    assert [map_.shape for map_ in maps] == [(1, channels, 8, 12) for channels in ENCODERS[encoder].channels[-3:]]


def test_an_unknown_encoder_is_refused_by_name():
    with pytest.raises(ValueError, match="resnet18"):
        PaletteColorizer("resnet1000")


def test_normalisation_constants_are_not_part_of_the_weights(colorizer):
    assert not {"mean", "deviation", "palette"} & colorizer.state_dict().keys()


@torch.no_grad()
def test_fresh_subpixel_upsampling_draws_no_checkerboard():
    raised = SubPixel(8, 3)(torch.rand(1, 8, 5, 5))
    cells = raised.unfold(2, 2, 2).unfold(3, 2, 2)
    assert torch.allclose(cells, cells[..., :1, :1].expand_as(cells))


@torch.no_grad()
def test_fresh_attention_is_the_identity_and_later_sees_every_place():
    attention, maps = SelfAttention(16), torch.rand(1, 16, 4, 6)
    assert torch.equal(attention(maps), maps)
    attention.share.fill_(1.0)
    changed = maps.clone()
    changed[..., 0, 0] += 1
    assert (attention(changed) - attention(maps)).abs()[..., -1, -1].max() > 0


@torch.no_grad()
def test_the_critic_gives_one_verdict_per_patch():
    assert ColourDiscriminator(8)(torch.rand(2, 1, 64, 96), torch.zeros(2, 2, 64, 96)).shape == (2, 1, 4, 6)


@torch.no_grad()
def test_the_convolutions_of_the_critic_never_stretch_by_more_than_one():
    critic = ColourDiscriminator(8)
    for _ in range(20):  # each pass takes the power iteration one step further
        critic(torch.rand(1, 1, 64, 64), torch.zeros(1, 2, 64, 64))
    critic.eval()
    for layer in critic.layers:
        if isinstance(layer, torch.nn.Conv2d):
            assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2) < 1.1


def test_the_critic_on_features_judges_the_places_of_every_map_and_learns_only_its_heads():
    critic = ProjectedDiscriminator((8, 16), width=4)
    maps = [torch.randn(2, 8, 8, 12, requires_grad=True), torch.randn(2, 16, 4, 6, requires_grad=True)]
    verdicts = critic(maps)
    assert verdicts.shape == (2, 4 * 6 + 2 * 3)
    verdicts.sum().backward()
    assert all(map_.grad is not None and map_.grad.any() for map_ in maps)
    assert all(weight.grad is None for weight in critic.projections.parameters())
    assert any(weight.grad is not None for weight in critic.heads.parameters())
