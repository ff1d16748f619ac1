"""The change map of a result: which pixels are the original's, which were changed and by how much, which replaced.

uint8 (H, W), of the result's size. 0: kept, bit for bit. 1 to 254: changed, by so many of 255 levels in the channel
that changed most; what changed by 255 counts as 254. 255: replaced, so that nothing of the original is there: a filled
hole, another background, what lies beyond the photo's edge. No torch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from errors import N_
from imaging.io.files import ZLIB_RUN_LENGTHS
from imaging.io.previews import encode as encode_image

KEPT, MAX_CHANGED, REPLACED = 0, 254, 255
# What the picture of a map shows: a colour over each place that is not kept, the stronger the more it changed.
CHANGED_COLOUR, REPLACED_COLOUR = (0, 176, 240), (230, 0, 150)
_WEAKEST, _STRONGEST = 70, 215  # of 255: how much of the colour covers the picture
_STRIPE_PIXELS, _STRIPE_SHARE = 6, 0.6  # replaced places are striped: colours alone do not tell all people the same
_STRIP_ROWS = 64
# What is told of each kind of place. "coloured" stands for "changed" where a tool changes colours alone, by a guess.
KINDS = {
    "kept": (N_("Kept"), N_("bit for bit as in the photo")),
    "changed": (N_("Changed"), N_("the stronger the colour, the more")),
    "coloured": (N_("Coloured"), N_("lightness kept, colour guessed")),
    "replaced": (N_("Replaced"), N_("nothing of the photo is left")),
}
_MEANING = "0: kept bit for bit; 1-254: changed by so many of 255 levels in one channel; 255: replaced"


@dataclass(frozen=True)
class Shares:
    """Which shares of a map's pixels were kept, changed and replaced; together 1."""

    kept: float
    changed: float
    replaced: float


def measure_changes(source: np.ndarray, result: np.ndarray, replaced: np.ndarray | None = None) -> np.ndarray:
    """Return the change map, uint8 (H, W), of a result, uint8 (H, W, 3) RGB or (H, W, 4) RGBA.

    source: uint8 (H, W, 3|4), the original's pixel at each place of the result. replaced: bool (H, W), the places that
    hold nothing of the original, whatever their values are. A picture without alpha is opaque.
    """
    height, width = result.shape[:2]
    changes = np.empty((height, width), np.uint8)
    for start in range(0, height, _STRIP_ROWS):
        rows = slice(start, start + _STRIP_ROWS)
        differences = _list_differences(source[rows], result[rows])
        most = next(differences)
        for difference in differences:
            np.maximum(most, difference, out=most)
        np.minimum(most, MAX_CHANGED, out=changes[rows])
    if replaced is not None:
        changes[replaced] = REPLACED
    return changes


def _list_differences(source: np.ndarray, result: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the absolute difference of each channel of a strip, uint8 (n, W)."""
    for channel in range(3):
        ours, theirs = result[:, :, channel], source[:, :, channel]
        yield np.maximum(ours, theirs) - np.minimum(ours, theirs)
    if source.shape[2] == 4 and result.shape[2] == 4:
        ours, theirs = result[:, :, 3], source[:, :, 3]
        yield np.maximum(ours, theirs) - np.minimum(ours, theirs)
    elif 4 in (source.shape[2], result.shape[2]):
        yield 255 - (source if source.shape[2] == 4 else result)[:, :, 3]


def count_shares(changes: np.ndarray) -> Shares:
    """Return the shares of a change map, uint8 (H, W)."""
    kept, replaced = (int(np.count_nonzero(changes == value)) for value in (KEPT, REPLACED))
    changed = changes.size - kept - replaced
    return Shares(kept / changes.size, changed / changes.size, replaced / changes.size)


def encode_map(changes: np.ndarray) -> bytes:
    """Return a change map, uint8 (H, W), as a grey PNG that says what its values mean."""
    out, notes = BytesIO(), PngInfo()
    notes.add_text("Description", _MEANING)
    Image.fromarray(changes).save(out, "PNG", compress_level=1, compress_type=ZLIB_RUN_LENGTHS, pnginfo=notes)
    return out.getvalue()


def draw_map(changes: np.ndarray, longest_side: int, quality: int) -> bytes:
    """Return a WebP of a change map to lay over the result, no side over `longest_side`; kept is transparent."""
    strength = _WEAKEST + (_STRONGEST - _WEAKEST) * np.sqrt(np.arange(256) / 255)  # small changes differ as well
    strength[[KEPT, REPLACED]] = 0, _STRONGEST
    opacity = Image.fromarray(np.rint(strength).astype(np.uint8)[changes])
    scale = min(1.0, longest_side / max(opacity.size))
    size = max(1, round(opacity.width * scale)), max(1, round(opacity.height * scale))
    cover = np.asarray(opacity.resize(size, Image.Resampling.BOX)).astype(np.float32)
    new = np.asarray(Image.fromarray((changes == REPLACED).view(np.uint8) * 255).resize(size, Image.Resampling.BOX))
    is_new = new > 127
    down, across = np.ogrid[: is_new.shape[0], : is_new.shape[1]]
    cover[is_new & ((down + across) // _STRIPE_PIXELS % 2 == 1)] *= _STRIPE_SHARE
    colours = np.where(is_new[:, :, None], *(np.array(each, np.uint8) for each in (REPLACED_COLOUR, CHANGED_COLOUR)))
    return encode_image(Image.fromarray(np.dstack([colours, np.rint(cover).astype(np.uint8)])), "webp", quality)
