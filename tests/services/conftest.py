"""Real, small networks with fixed random weights, exported as the recipes export theirs."""

import pytest
import torch

from imaging.matting import predictors
from networks import sliding_window
from networks.lite_u2net import LiteU2Net
from networks.weights import build
from services import inference, runtime
from training.common.export import export

ARGUMENTS = {
    "deblur": ("deconvolver", {"width": 4, "restorer_width": 4, "middle": 1}),
    "denoise": ("denoiser", {"width": 8, "blocks": (1,), "middle": 1}),
    "denoise-jpeg": ("denoiser", {"width": 8, "blocks": (1, 1), "middle": 1}),
    "enlarge": ("enlarger", {"width": 8, "blocks": 1}),
    "deblurgan": ("resnet_generator", {"width": 8, "blocks": 1}),
    "colorize": ("palette_colorizer", {"encoder": "resnet18"}),
    "background": ("u2netp", {}),
    "people": ("lite_u2net", {}),
    "face": ("face_landmarker", {}),
}


def export_small(folder, everybody: bool = True) -> None:
    """Write weights for every service; the networks for people take everything, or nothing, for a person.

    The face network sees no face anywhere.
    """
    torch.manual_seed(0)
    for name, (network_name, arguments) in ARGUMENTS.items():
        network = build(network_name, arguments).eval()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.01)
            if name in ("background", "people"):
                network.fuse.bias.fill_(8.0 if everybody else -8.0)
            if name == "face":
                network.judge[-1].bias.fill_(-80.0)
            if name == "colorize":  # a fresh one is unsure of everything, and therefore grey
                network.head[-1].bias.add_(torch.randn_like(network.head[-1].bias))
        export(name, network_name, arguments, network, "none", f"{name}.md", {}, folder)


@pytest.fixture(scope="session")
def small_weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    export_small(folder)
    return folder


@pytest.fixture(autouse=True)
def run_on_small_weights(small_weights, monkeypatch):
    """Random weights see no more at the sizes that the released ones are asked at, and take ten times as long."""
    monkeypatch.setattr(runtime.folders, "weights", small_weights)
    monkeypatch.setattr(LiteU2Net, "photo_sides", (96, 128))
    monkeypatch.setattr(LiteU2Net, "crop_side", 96)


@pytest.fixture
def small_squares(monkeypatch):
    """The same of networks that are asked in squares."""
    monkeypatch.setattr(sliding_window, "OWN_SIDES", (64, 96))
    monkeypatch.setattr(sliding_window, "FINE_SIDE", 128)
    monkeypatch.setattr(predictors, "TILE_SIDE", 64)
    monkeypatch.setattr(predictors, "CROP_SIDE", 64)


def replace_networks_for_people(monkeypatch, forward) -> None:
    """Put `forward` in the place of both networks that look for people, asked in squares."""
    for name in ("background", "people"):
        network = inference.networks.get(name)
        monkeypatch.setattr(network, "_module", forward)
        monkeypatch.setattr(network, "photo_sides", ())
