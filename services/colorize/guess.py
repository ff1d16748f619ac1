"""The colours that a network guesses for a picture, small, and how they are cached for later runs."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from errors import N_
from imaging.colorizing.likeness import describe_places
from imaging.guided_filter import resize_area
from imaging.tensors import pad_to_multiple, to_tensor
from networks.layers.colour_space import rgb_to_lab
from services import inference, runtime
from services.base import CACHE, Report
from services.colorize import OWN, VARIANTS, features

CHROMA_UNIT = 110.0  # the networks' a and b are in units of this
STEPS = 10  # of a cached guess, to one CIE unit
MAX_PROPORTION = 4
RENDER_UNIT = 16  # pixels to one of DeOldify's render factors
PLACE = "guess"  # the name under which a guess is cached


@dataclass(frozen=True)
class Guess:
    """`chroma` float32 (h, w, 6): a* and b* in the networks' unit of 110, a pair for each of VARIANTS.

    `descriptors` int8 (m, n, D): what the places of the picture look like, see `imaging.colorizing.likeness`; None for
    networks without an encoder of ours. `made` names the network, its weights and its working size, so that a cached
    guess is not taken for another.
    """

    chroma: np.ndarray
    made: str
    descriptors: np.ndarray | None = None

    def pack(self) -> Mapping[str, bytes]:
        """Return the guess in tenths of a CIE unit, for `Result.cache`: differences of neighbours compress well."""
        file = io.BytesIO()
        steps = np.rint(self.chroma * (CHROMA_UNIT * STEPS)).astype(np.int16)
        differences = np.diff(np.diff(steps, axis=0, prepend=np.int16(0)), axis=1, prepend=np.int16(0))
        descriptors = np.zeros(0, np.int8) if self.descriptors is None else self.descriptors
        np.savez_compressed(file, chroma=differences, made=np.array(self.made), descriptors=descriptors)
        return {PLACE: file.getvalue()}


def guess(rgb: np.ndarray, options: Mapping[str, Any], report: Report) -> Guess:
    """Return the guess for uint8 (H, W, 3): the one an earlier run cached, or the network's. Raises ServiceError."""
    network, side = options["network"], int(options["detail"])
    if network != OWN:
        side = RENDER_UNIT * int(options["render_factor"])
    made = f"{network} {runtime.fingerprint_weights(network)} {side}"
    cache = _unpack(options.get(CACHE, {}), made)
    if cache is not None:
        runtime.note_cached_use(network)
        return cache
    report(0.0, N_("Loading the network"))
    loaded = inference.networks.get(network)
    report(0.1, N_("Guessing the colours"))
    height, width = rgb.shape[:2]
    size = choose_working_size(height, width, side) if network == OWN else (side, side)
    small = resize_area(rgb, size)
    descriptors = _describe(loaded, rgb, small) if network == OWN else None
    return Guess(_predict(loaded, small), made, descriptors)


def choose_working_size(height: int, width: int, side: int) -> tuple[int, int]:
    """Return (height, width) with a short side of `side`, as in training, or less for very long pictures."""
    scale = min(side / min(height, width), MAX_PROPORTION * side / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def read_lightness(rgb: np.ndarray) -> Tensor:
    """Return CIE L* / 100 of uint8 (H, W, 3) as a float32 tensor (1, 1, H, W)."""
    return rgb_to_lab(to_tensor(rgb).contiguous())[:, :1] / 100


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """Return uint8 (h, w, 3) as CIE L*a*b*, float32 (h, w, 3)."""
    return rgb_to_lab(to_tensor(rgb).contiguous())[0].permute(1, 2, 0).numpy()


def _predict(network: inference.Network, small: np.ndarray) -> np.ndarray:
    height, width = small.shape[:2]
    seen = pad_to_multiple(read_lightness(small), network.multiple_of, network.minimum_side)
    output = network(seen, "variants")[0, :, :height, :width]
    return np.ascontiguousarray(output.permute(1, 2, 0).cpu().numpy())


def _describe(network: inference.Network, rgb: np.ndarray, small: np.ndarray) -> np.ndarray:
    """Return the descriptors of a picture. `small` is the same picture, taken where it has the size for that."""
    height, width = rgb.shape[:2]
    size = choose_working_size(height, width, features.SIDE)
    compared = small if small.shape[:2] == size else resize_area(rgb, size)
    return describe_places(features.encode(network, read_lightness(compared)))


def _unpack(cache: Mapping[str, bytes], made: str) -> Guess | None:
    """Return what `Guess.pack` made, unless there is none, it is of another kind or it is damaged."""
    if PLACE not in cache:
        return None
    try:
        with np.load(io.BytesIO(cache[PLACE]), allow_pickle=False) as file:
            differences, of = file["chroma"].astype(np.int16), str(file["made"])
            descriptors = file["descriptors"] if file["descriptors"].ndim == 3 else None
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    if of != made or differences.ndim != 3 or differences.shape[2] != 2 * len(VARIANTS):
        return None
    steps = differences.cumsum(0, np.int16).cumsum(1, np.int16)
    return Guess(steps.astype(np.float32) / (CHROMA_UNIT * STEPS), made, descriptors)
