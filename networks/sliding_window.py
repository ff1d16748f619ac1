"""Asking a network of squares about a picture: at several sides, its mirror image too, and finely along the outline.

A wide picture is shown as overlapping squares side by side, never squeezed into one: a network that learnt from upright
photographs does not know people who were squeezed to half their width.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

OWN_SIDES = 144, 192  # at which our weights for people are asked; chosen by measuring (training/LOG.md)
FINE_SIDE = 320  # at which they are asked about the outline
FINE_REACH, FINE_TRUST = 8, 0.25  # so many pixels to either side; the share of the prediction on the outline itself
WIDE = 1.15  # times as wide as high; below that one square shows the whole picture
WIDEST = 6.0  # a panorama is squeezed to that


def strip_size(height: int, width: int, side: int) -> tuple[int, int]:
    """Return the (height, width) at which squares of `side` show a picture: upright ones and squares fill one."""
    proportion = width / height
    return side, side if proportion <= WIDE else round(side * min(proportion, WIDEST))


def predict_strip(ask: Callable[[Tensor], Tensor], strip: Tensor, sides: Sequence[int] = OWN_SIDES) -> list[Tensor]:
    """Return what `ask` says of pictures (N, C, S, W), W >= S, each (N, 1, S, W).

    First square by square; then, of wide ones, the whole, which tells people from what looks like one in
    a part (`imaging.matting.matte.drop_islands`) and needs no fine outline.
    """
    squares = predict_sliding_window(partial(predict_fine, ask, sides=sides), strip)
    if strip.shape[3] == strip.shape[2]:
        return [squares]
    return [squares, predict_whole(partial(predict_multi_scale, ask, sides=sides), strip)]


def predict_sliding_window(ask: Callable[[Tensor], Tensor], strip: Tensor) -> Tensor:
    """Return what `ask` says of pictures (N, C, S, W), W >= S, as (N, 1, S, W): square by square, joined.

    The squares overlap by half or more; where they do, each counts the more the nearer its middle is.
    """
    side, width = strip.shape[2:]
    if width == side:
        return ask(strip)
    steps = math.ceil((width - side) / (side / 2))
    distance = torch.arange(1, side + 1, device=strip.device, dtype=strip.dtype)
    trust = torch.minimum(distance, distance.flip(0))
    total, weight = strip.new_zeros(strip.shape[0], 1, side, width), strip.new_zeros(width)
    for step in range(steps + 1):
        left = round(step * (width - side) / steps)
        total[..., left : left + side] += trust * ask(strip[..., left : left + side].contiguous()).to(total)
        weight[left : left + side] += trust
    return total / weight


def predict_whole(ask: Callable[[Tensor], Tensor], strip: Tensor) -> Tensor:
    """Return what `ask` says of pictures (N, C, S, W) squeezed into one square, stretched again: (N, 1, S, W)."""
    side, width = strip.shape[2:]
    squeezed = F.interpolate(strip, (side, side), mode="area")
    return F.interpolate(ask(squeezed).to(strip), (side, width), mode="bilinear", align_corners=False)


def predict_fine(ask: Callable[[Tensor], Tensor], rgb: Tensor, sides: Sequence[int] = OWN_SIDES) -> Tensor:
    """Return what `predict_multi_scale` says of pictures (N, C, S, S), near the outline mixed with what is seen at S
    itself.

    Small pictures tell a person from a chair, large ones where the sleeve ends. The prediction is (N, 1, S, S).
    """
    mask = predict_multi_scale(ask, rgb, sides)
    around = F.avg_pool2d((mask > 0.5).to(mask), 2 * FINE_REACH + 1, 1, FINE_REACH, count_include_pad=False)
    trust = FINE_TRUST * (1 - (2 * around - 1).abs())  # falls evenly with the distance from a straight outline
    return torch.lerp(mask, ask(rgb).to(mask), trust)


def predict_multi_scale(ask: Callable[[Tensor], Tensor], rgb: Tensor, sides: Sequence[int] = OWN_SIDES) -> Tensor:
    """Return the mean of `predict_flip_tta` for pictures (N, C, S, S) resized to each of the sides, as (N, 1, S, S)."""
    predictions = (predict_flip_tta(ask, resize(rgb, side, antialias=True)) for side in sides)
    resized = (resize(prediction.to(rgb), rgb.shape[-1]) for prediction in predictions)
    return sum(resized, torch.zeros(())) / len(sides)


def predict_flip_tta(ask: Callable[[Tensor], Tensor], rgb: Tensor) -> Tensor:
    """Return the mean of what a network predicts for pictures (N, 3, H, W) and for their mirror images.

    What it is unsure of differs between the two, so that the mean is right more often than either. Both are asked
    for at once, which takes less time than one after the other.
    """
    seen, mirrored = ask(torch.cat((rgb, rgb.flip(3)))).chunk(2)
    return (seen + mirrored.flip(3)) / 2


def resize(squares: Tensor, side: int, antialias: bool = False) -> Tensor:
    if squares.shape[-1] == side:
        return squares
    return F.interpolate(squares, (side, side), mode="bilinear", antialias=antialias)
