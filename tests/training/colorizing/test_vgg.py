"""The colorizer on VGG-16: the borrowed parameters mean the same there, and left-out sources are measured honestly."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from networks.layers.encoders import VGG16_BLOCKS, VGG16_MEAN_BGR, build_levels, list_vgg16_convolutions, load_vgg16
from networks.palette_colorizer import CHROMA_UNIT, PaletteColorizer
from training.colorizing.measure_left_out import TONE, frechet_distance, lay_tone
from training.colorizing.pictures import REPORT, TRAINING, VALIDATION
from training.colorizing.validate import find_gain


@pytest.fixture(scope="module")
def parameters() -> tuple[list, list]:
    """Kernels and biases of VGG-16's form, drawn at random."""
    torch.manual_seed(0)
    kernels, biases, channels = [], [], 3
    for widths in VGG16_BLOCKS:
        for width in widths:
            kernels.append(torch.randn(width, channels, 3, 3) * (2 / (9 * channels)) ** 0.5)
            biases.append(torch.randn(width) / 10)
            channels = width
    return kernels, biases


def test_a_grey_picture_has_the_maps_that_vgg_gives_the_same_plane_three_times(parameters):
    network = PaletteColorizer("vgg16").eval()
    load_vgg16(network.levels, *parameters)
    lightness = torch.rand(1, 1, 64, 96)
    kernels, biases = parameters
    bgr = 255 * lightness.expand(-1, 3, -1, -1) - torch.tensor(VGG16_MEAN_BGR).view(1, 3, 1, 1)
    for kernel, bias in zip(kernels[:2], biases[:2], strict=True):
        bgr = F.conv2d(bgr, kernel, bias, padding=1).relu()
    with torch.no_grad():
        ours = network.levels[0][0]((lightness - network.mean) / network.deviation)
    inside = (..., slice(2, -2), slice(2, -2))  # at the border padding means the mean plane, not that of each channel
    assert torch.allclose(ours[inside], bgr[inside], atol=1e-3 * bgr.abs().max())
    assert len(list_vgg16_convolutions(network.levels)) == 13


def test_the_network_keeps_the_size_of_its_input_and_fits_its_file():
    network = PaletteColorizer("vgg16").eval()
    with torch.no_grad():
        assert network.variants(torch.rand(1, 1, 64, 96)).shape == (1, 6, 64, 96)
    assert 2 * sum(tensor.numel() for tensor in network.state_dict().values()) < 45 * 2**20


def test_an_unknown_encoder_is_refused():
    with pytest.raises(ValueError, match="encoder must be one of"):
        build_levels("vgg19")


def test_no_source_is_both_learnt_from_and_measured():
    learnt = {(source.archive, source.prefix) for source in TRAINING}
    left_out = [(source.archive, source.prefix) for source in (*VALIDATION, *REPORT)]
    assert len(set(left_out)) == len(left_out) and not learnt & set(left_out)


def test_the_gain_brings_the_colourfulness_that_is_wanted():
    true = torch.randn(2, 2, 16, 16) * 0.1
    lightness = torch.full((2, 1, 16, 16), 0.5)
    assert find_gain(lightness, true / 2, true, 0.8) == pytest.approx(1.6, rel=0.1)


def test_the_frechet_distance_of_a_set_to_itself_is_nothing_and_grows_with_a_shift():
    rows = torch.from_numpy(np.random.default_rng(0).standard_normal((400, 8)))
    assert abs(frechet_distance(rows, rows)) < 1e-6
    assert frechet_distance(rows, rows + 2) == pytest.approx(8 * 4, rel=1e-6)


def test_the_constant_tone_keeps_the_lightness():
    lab = torch.zeros(1, 3, 4, 4)
    lab[:, 0] = 50
    rgb = lay_tone(lab, TONE)
    assert rgb.shape == (1, 3, 4, 4) and rgb[0, 0].mean() > rgb[0, 2].mean() and CHROMA_UNIT == 110
