"""Did a restorer do harm? What is looked for in each tile of its output before anyone sees it."""

import torch
import torch.nn.functional as F
from torch import Tensor

BLOCK, REACH = 8, 2  # halos are looked for in blocks of so many pixels, against so many blocks on either side
OVERSHOOT, RINGING_SHARE = 0.15, 0.05  # beyond all that lies around, in a part of the blocks
TINT, BRIGHTNESS = 3 / 255, 16 / 255  # shifts of the mean: of one channel against the others, and of all
MOSAIC = 6 / 255  # contrast between neighbouring pixels of a chequerboard or of stripes, beyond the source's


def find_artifact(source: Tensor, restored: Tensor) -> str:
    """Return what is wrong with `restored`, both (1, 3, H, W) in [0, 1]: "" or one of the names of `CHECKS`."""
    return next((name for name, found in CHECKS.items() if found(source, restored)), "")


def is_not_finite(source: Tensor, restored: Tensor) -> bool:
    return not bool(torch.isfinite(restored).all())


def has_colour_shift(source: Tensor, restored: Tensor) -> bool:
    """Blur moves light about but adds none, so the mean colour has to stay; the brightness, of which this is true in
    linear light only, may differ a little."""
    shift = (restored.mean((2, 3)) - source.mean((2, 3)))[0]
    return bool(shift.mean().abs() > BRIGHTNESS or (shift - shift.mean()).abs().max() > TINT)


def has_mosaic(source: Tensor, restored: Tensor) -> bool:
    """The finest patterns there are, chequerboards and stripes of one pixel, which broken upsampling draws."""
    return bool((measure_patterns(restored) - 2 * measure_patterns(source)).max() > MOSAIC)


def has_ringing(source: Tensor, restored: Tensor) -> bool:
    """Halos: brighter or darker than anything around them."""
    share = (measure_overshoot(source, restored) > OVERSHOOT).any(1).float().mean()
    return bool(share > RINGING_SHARE)


def measure_patterns(picture: Tensor) -> Tensor:
    """Return the contrast of three patterns of period two, each that of the tile as a whole: (3,)."""
    height, width = (length - length % 2 for length in picture.shape[-2:])
    if not height or not width:
        return picture.new_zeros(3)
    cells = F.pixel_unshuffle(picture[:, :, :height, :width].mean(1, keepdim=True), 2)[0].mean((1, 2))
    signs = cells.new_tensor([[1, -1, -1, 1], [1, -1, 1, -1], [1, 1, -1, -1]])
    return (signs @ cells).abs() / 2


def measure_overshoot(source: Tensor, restored: Tensor) -> Tensor:
    """Return (1, 3, rows, columns): how far each block reaches beyond the range of those around it in the source."""
    above, below = (
        find_brightest(sign * restored) - F.max_pool2d(find_brightest(sign * source), 2 * REACH + 1, 1, REACH)
        for sign in (1, -1)
    )
    return torch.maximum(above, below).clamp(min=0)


def find_brightest(picture: Tensor) -> Tensor:
    """The maximum of each block; blocks at the far borders may be smaller."""
    return F.max_pool2d(picture, BLOCK, BLOCK, ceil_mode=True)


CHECKS = {"not_finite": is_not_finite, "colour_shift": has_colour_shift, "mosaic": has_mosaic, "ringing": has_ringing}
