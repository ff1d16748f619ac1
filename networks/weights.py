"""From a name in the manifest to a network that is ready to run: verified, strict, float32, eval mode.

Only safetensors files are read: nothing here unpickles.
"""

from importlib import import_module
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from networks.manifest import WEIGHTS, WeightsUnavailable, verify

# Network name -> (module, class). Modules are imported when asked for, so that one network's worker
# does not pay for the others.
NETWORKS = {
    "damage_finder": ("networks.restoration.damage_finder", "DamageFinder"),
    "context_encoder": ("networks.context_encoder", "ContextEncoder"),
    "dcgan": ("networks.dcgan", "DCGAN"),
    "deconvolver": ("networks.deconvolver", "Deconvolver"),
    "dfnet": ("networks.dfnet", "DFNet"),
    "features": ("networks.features", "FeatureNetwork"),
    "face_finder": ("networks.face_finder", "FaceFinder"),
    "face_landmarker": ("networks.face_landmarker", "FaceLandmarker"),
    "lite_u2net": ("networks.lite_u2net", "LiteU2Net"),
    "nafnet": ("networks.nafnet", "NAFNet"),
    "pluralistic": ("networks.pluralistic", "Pluralistic"),
    "resnet_generator": ("networks.resnet_generator", "ResnetGenerator"),
    "deoldify": ("networks.deoldify", "DeOldify"),
    "palette_colorizer": ("networks.palette_colorizer", "PaletteColorizer"),
    "denoiser": ("networks.restoration.denoiser", "Denoiser"),
    "enlarger": ("networks.restoration.enlarger", "Enlarger"),
    "u2netp": ("networks.u2net", "U2NetP"),
    "u2net": ("networks.u2net", "U2Net"),
}


def build(network: str, arguments: dict | None = None) -> nn.Module:
    """Return a freshly initialised network of the class named `network`. Raises KeyError if unknown."""
    module, class_name = NETWORKS[network]
    return getattr(import_module(module), class_name)(**(arguments or {}))


def load(name: str, device: str = "cpu", folder: Path = WEIGHTS) -> nn.Module:
    """Return the network `name` of the manifest, in eval mode, float32, on `device`.

    The file's half-precision tensors are widened; every tensor must be there and have its shape.
    Raises WeightsUnavailable.
    """
    entry = verify(name, folder)
    try:
        network = build(entry.network, entry.arguments)
        tensors = load_file(Path(folder) / entry.file)
        network.load_state_dict({key: cast_to_float32(value) for key, value in tensors.items()}, strict=True)
    except (KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise WeightsUnavailable(name, "form") from error
    return network.to(device).eval().requires_grad_(False)


def cast_to_float32(tensor: torch.Tensor) -> torch.Tensor:
    """Floating point tensors as float32, counters as they are."""
    return tensor.float() if tensor.is_floating_point() else tensor
