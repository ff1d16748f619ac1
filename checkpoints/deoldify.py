"""From DeOldify's released files to `networks.deoldify.DeOldify`: spectral, weight, batch norms multiplied out."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor

from networks.deoldify import Affine, Block, DeOldify

EPSILON = 1e-5  # of batch norms


def convert(network: DeOldify, official: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state dict of `network` made of the tensors of an official file. Raises KeyError: one is missing."""
    state: dict[str, Tensor] = {}
    for name, module in network.named_modules():
        own = list(module.named_parameters(recurse=False))
        if own:
            tensors = _read_layer(official, *find_places(network, name), isinstance(module, Affine))
            state |= {f"{name}.{leaf}": tensors[leaf] for leaf, _ in own}
    return state


def find_places(network: DeOldify, name: str) -> tuple[str, str]:
    """Return what the file calls the convolution and the batch norm that our module `name` stands for, "" for none."""
    part, *rest = name.split(".")
    match part:
        case "stem":
            return "layers.0.0", "layers.0.1"
        case "layers":
            return _in_encoder(f"layers.0.{4 + int(rest[0])}.{rest[1]}", rest[2:])
        case "middle":
            return _in_unit("layers.1", "") if rest == ["0"] else _in_unit(f"layers.3.{int(rest[0]) - 2}", rest[1])
        case "blocks":
            return _in_block(network, f"layers.{4 + int(rest[0])}", rest[1:])
        case "last":
            return "layers.8.conv.0", ""
        case "residual":
            return f"layers.10.layers.{int(rest[0]) // 2}.0", ""
    return "layers.11.0", ""


def _in_encoder(place: str, rest: list[str]) -> tuple[str, str]:
    if rest[0] == "downsample":
        return f"{place}.downsample.0", f"{place}.downsample.1"
    return f"{place}.{rest[0]}", f"{place}.{rest[0].replace('conv', 'bn')}"


def _in_block(network: DeOldify, place: str, rest: list[str]) -> tuple[str, str]:
    if rest[0] == "shuffle":
        return f"{place}.shuf.conv.0", f"{place}.shuf.conv.1"
    if rest[0] == "norm":
        return "", f"{place}.bn"
    deep = len(cast(Block, network.blocks[0]).mix) > 1
    unit = f"{place}.conv{int(rest[1]) + 1}" if deep else f"{place}.conv"
    return (f"{unit}.3.{rest[3]}", "") if len(rest) > 3 else _in_unit(unit, rest[2])


def _in_unit(place: str, number: str) -> tuple[str, str]:
    """A convolution (0), a rectifier, a batch norm (2) and perhaps self-attention (3), which has names of its own."""
    if number == "3":
        return f"{place}.3", ""
    return (f"{place}.0", "") if number == "0" else ("", f"{place}.2" if number else place)


def _read_layer(official: Mapping[str, Tensor], conv: str, norm: str, affine: bool) -> dict[str, Tensor]:
    if affine:
        factor, summand = _batch_norm(official, norm)
        return {"weight": factor, "bias": summand}
    if f"{conv}.gamma" in official:
        return {"gamma": official[f"{conv}.gamma"]}
    weight = _multiply_out(official, conv)
    bias = official[f"{conv}.bias"] if f"{conv}.bias" in official else torch.zeros(len(weight))
    if norm:
        factor, summand = _batch_norm(official, norm)
        weight, bias = weight * factor.view(-1, *[1] * (weight.dim() - 1)), bias * factor + summand
    return {"weight": weight, "bias": bias}


def _multiply_out(official: Mapping[str, Tensor], place: str) -> Tensor:
    """Multiply out spectral norm (Miyato et al., ICLR 2018) or weight norm (Salimans, Kingma, NIPS 2016)."""
    if f"{place}.weight_orig" in official:
        weight = official[f"{place}.weight_orig"]
        largest = official[f"{place}.weight_u"] @ weight.flatten(1) @ official[f"{place}.weight_v"]
        return weight / largest
    if f"{place}.weight_g" in official:
        return torch._weight_norm(official[f"{place}.weight_v"], official[f"{place}.weight_g"], 0)
    return official[f"{place}.weight"]


def _batch_norm(official: Mapping[str, Tensor], place: str) -> tuple[Tensor, Tensor]:
    """Return the factor and the summand per channel that a batch norm at rest comes to."""
    factor = official[f"{place}.weight"] / (official[f"{place}.running_var"] + EPSILON).sqrt()
    return factor, official[f"{place}.bias"] - factor * official[f"{place}.running_mean"]
