"""Small and large crops for the recipe of Enlarge, made as they are needed, the same ones for the same seed."""

import numpy as np
from PIL import Image

from training.common.archives import Member, read_rgb
from training.common.crops import cut_turned_crop
from training.common.degradation import compress_jpeg
from training.deblurring.pairs import load_photos

__all__ = ["load_photos", "load_validation_pairs", "make_pair", "reduce"]

MARGIN = 16  # of the large crop, at each side, so that no border of a crop is one of the small picture
SMALLEST = 0.6  # to which a photo is reduced first, for details of other sizes
FILTERS = (Image.Resampling.BICUBIC, Image.Resampling.BOX, Image.Resampling.BILINEAR, Image.Resampling.LANCZOS)
FILTER_SHARES = (0.7, 0.1, 0.1, 0.1)
WORN_SHARE = 0.2  # of the small crops: with a little noise, or from a JPEG file, or both
NOISE_LEVELS = 6.0  # at most, standard deviation in levels of 255
QUALITIES = 60, 96  # of JPEG
VALIDATION_PICTURES = 24


def make_pair(
    picture: np.ndarray, side: int, factor: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a small crop, uint8 (side, side, 3), and the large one, uint8 (factor * side, factor * side, 3)."""
    wanted = factor * side + 2 * MARGIN
    large = cut_turned_crop(picture, wanted, SMALLEST, random)
    small = reduce(large, factor, FILTERS[random.choice(len(FILTERS), p=FILTER_SHARES)])
    if random.random() < WORN_SHARE:
        small = wear(small, random)
    inner, outer = slice(MARGIN // factor, MARGIN // factor + side), slice(MARGIN, MARGIN + factor * side)
    return small[inner, inner], large[outer, outer]


def reduce(large: np.ndarray, factor: int, method: Image.Resampling = Image.Resampling.BICUBIC) -> np.ndarray:
    """Return uint8 (H, W, 3) at one `factor`-th of its size, with a filter as wide as that asks for.

    H and W are multiples of the factor.
    """
    height, width = large.shape[:2]
    return np.array(Image.fromarray(large).resize((width // factor, height // factor), method))


def wear(small: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Add a little noise, or save as JPEG and read again, or both."""
    both = random.random()
    if both < 0.6:
        noise = random.standard_normal(small.shape, dtype=np.float32) * random.uniform(0, NOISE_LEVELS)
        small = np.clip(np.rint(small + noise), 0, 255).astype(np.uint8)
    return compress_jpeg(small, int(random.integers(*QUALITIES))) if both > 0.4 else small


def load_validation_pairs(held: list[Member], factor: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return held-back photos reduced and as they are, their sides cut to multiples of the factor."""
    pairs = []
    for member in held[:VALIDATION_PICTURES]:
        picture = read_rgb(member)
        height, width = (length - length % factor for length in picture.shape[:2])
        pairs.append((reduce(picture[:height, :width], factor), picture[:height, :width]))
    return pairs
