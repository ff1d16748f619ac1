"""What DFNet is asked for: structure at every scale, texture and calm at the fine ones.

Hong et al. 2019 (see `networks.dfnet`), section 3.3: an L1 loss on all fused results; perceptual and style losses
(Gatys, Ecker, Bethge, "Image Style Transfer Using Convolutional Neural Networks", CVPR 2016) and total variation on
those of the finest scales only. The features are those of `training.common.perceptual`, not of a borrowed network, so
that the weights of the terms are our own.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from networks.dfnet import Fused
from networks.features import FeatureNetwork

TEXTURED = 1  # so many of the finest scales
HOLE_WEIGHT, KNOWN_WEIGHT = 6.0, 0.5
RAW_WEIGHT = 1.5  # what is invented has to learn also where little of it is taken
EDGE_WEIGHT = 1.0
PERCEPTUAL_WEIGHT, STYLE_WEIGHT, VARIATION_WEIGHT = 0.3, 10.0, 0.1


def compute_losses(
    scales: list[Fused], pictures: Tensor, known: Tensor, features: FeatureNetwork | None
) -> dict[str, Tensor]:
    """Return the terms, each a scalar with its weight in it.

    scales: finest first. pictures: (N, 3, H, W) in [0, 1], the truth. known: (N, 1, H, W), 0 in the hole. Without
    `features` those of texture are 0.
    """
    zero = pictures.new_zeros(())
    names = ("hole", "raw", "edges", "known", "perceptual", "style", "variation")
    terms = dict.fromkeys(names, zero)
    for number, scale in enumerate(scales):
        wanted, here = _resize_to(pictures, scale.result), (_resize_to(known, scale.result) > 0.999).float()
        error = (scale.result - wanted).abs().mean(1, keepdim=True)
        terms["hole"] = terms["hole"] + HOLE_WEIGHT * _average(error, 1 - here) / len(scales)
        terms["known"] = terms["known"] + KNOWN_WEIGHT * _average(error, here) / len(scales)
        raw = (scale.raw - wanted).abs().mean(1, keepdim=True)
        terms["raw"] = terms["raw"] + RAW_WEIGHT * _average(raw, 1 - here) / len(scales)
        if number >= TEXTURED:
            continue
        terms["edges"] = terms["edges"] + EDGE_WEIGHT * measure_variation(scale.result - wanted, 1 - here) / TEXTURED
        if features is None:
            continue
        perceptual, style = _compare_texture(features, scale.result, wanted)
        terms["perceptual"] = terms["perceptual"] + PERCEPTUAL_WEIGHT * perceptual / TEXTURED
        terms["style"] = terms["style"] + STYLE_WEIGHT * style / TEXTURED
        terms["variation"] = (
            terms["variation"] + VARIATION_WEIGHT * measure_variation(scale.result, 1 - here) / TEXTURED
        )
    return terms


def measure_variation(pictures: Tensor, hole: Tensor) -> Tensor:
    """Return the mean absolute difference of neighbours inside the hole."""
    down = (pictures[:, :, 1:] - pictures[:, :, :-1]).abs().mean(1, keepdim=True)
    across = (pictures[:, :, :, 1:] - pictures[:, :, :, :-1]).abs().mean(1, keepdim=True)
    return _average(down, hole[:, :, 1:]) + _average(across, hole[:, :, :, 1:])


def compute_gram(features: Tensor) -> Tensor:
    """Return which features occur together, (N, C, H, W) -> (N, C, C): the mean of their products over the places."""
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def _compare_texture(network: FeatureNetwork, result: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        goals = [goal.float() for goal in network.features(wanted)]
    found = [one.float() for one in network.features(result)]
    pairs = list(zip(found, goals, strict=True))
    perceptual = torch.stack([(one - goal).abs().mean() for one, goal in pairs]).mean()
    style = torch.stack(
        [(compute_gram(one) - compute_gram(goal)).abs().mean() / one.shape[1] ** 0.5 for one, goal in pairs]
    ).mean()
    return perceptual, style


def _average(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp(min=1)


def _resize_to(field: Tensor, like: Tensor) -> Tensor:
    height, width = like.shape[-2:]
    return field if field.shape[-2:] == like.shape[-2:] else F.adaptive_avg_pool2d(field, (height, width))
