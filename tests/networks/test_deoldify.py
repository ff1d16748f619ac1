import numpy as np
import pytest
import torch

from checkpoints.deoldify import convert, find_places
from networks.deoldify import DeOldify
from tests.fixtures import parity


@pytest.fixture(scope="module")
def artistic():
    network = DeOldify().eval()
    network.load_state_dict(convert(network, parity.checkpoint("deoldify-artistic")))
    return network.requires_grad_(False)


def test_it_computes_what_the_authors_implementation_computes(artistic):
    arrays = parity.arrays("deoldify-artistic")
    with torch.inference_mode():
        output = artistic.colorize_normalised(torch.from_numpy(arrays["in_normalized"]))
    np.testing.assert_allclose(output, arrays["out_normalized"], atol=1e-4)


def test_the_picture_keeps_the_brightness_of_the_grey_one_and_gets_chroma(artistic):
    with torch.inference_mode():
        chroma = artistic(torch.rand(1, 1, 48, 80))
    assert chroma.shape == (1, 2, 48, 80) and chroma.isfinite().all() and chroma.std() > 0.01


def test_an_odd_number_of_sixteens_is_fine(artistic):
    with torch.inference_mode():
        assert artistic(torch.rand(1, 1, 80, 80)).shape == (1, 2, 80, 80)


def test_half_precision_gives_about_the_same(artistic):
    picture = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        exact = artistic(picture)
        with torch.autocast("cpu", torch.bfloat16):
            quick = artistic(picture)
    assert (exact - quick).abs().mean() < 0.05 * exact.abs().mean() + 0.005


def test_stable_has_the_form_of_its_description():
    """Wide, on a ResNet-101, factor 2. The release itself was not at hand: its form, not its outputs."""
    with torch.device("meta"):
        network = DeOldify("resnet101", deep=False, width=2.0)
    assert [block.out for block in network.blocks] == [512, 512, 512, 256]
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert shapes["middle.2.0.weight"] == (4096, 2048, 3, 3)
    assert shapes["blocks.0.mix.0.0.weight"] == (512, 512 + 1024, 3, 3)
    assert shapes["blocks.1.mix.0.3.value.weight"] == (512, 512, 1)
    assert shapes["residual.0.weight"] == (259, 259, 3, 3)
    megabytes = sum(np.prod(shape) for shape in shapes.values()) * 4 / 2**20
    assert 800 < megabytes < 860  # its authors' file has 834


def test_every_part_of_stable_has_one_place_in_its_file():
    with torch.device("meta"):
        network = DeOldify("resnet101", deep=False, width=2.0)
    found = {
        name: find_places(network, name)
        for name, module in network.named_modules()
        if list(module.parameters(recurse=False))
    }
    assert len(set(found.values())) == len(found)
    assert found["layers.2.22.conv3"] == ("layers.0.6.22.conv3", "layers.0.6.22.bn3")
    assert found["blocks.3.mix.0.0"] == ("layers.7.conv.0", "") and found["blocks.3.mix.0.2"] == ("", "layers.7.conv.2")
    assert found["blocks.1.mix.0.3.query"] == ("layers.5.conv.3.query", "")
