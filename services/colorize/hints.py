"""The colours that a person dabs on a photo, and how far they reach."""

import numpy as np

from imaging.colorizing.hints import find_dabs, spread_hints
from imaging.colorizing.likeness import compare_with_dabs, rescale
from imaging.colorizing.matching import Matches, blend_matches
from services.base import Picture
from services.colorize import VARIANTS, guess

ALIKE = (0.55, 0.75)  # similarity to the dabbed places from which on a place takes their colour, wherever it is


def apply_hints(
    lightness: np.ndarray, chroma: np.ndarray, hints: Picture, descriptors: np.ndarray | None, alike: bool
) -> np.ndarray:
    """Return `chroma`, float32 (h, w, 2k), with the colours of the dabs, over `lightness`, (h, w) in [0, 1].

    `descriptors` as of a Guess. `alike`: a dab also colours places apart from it that look the same.
    """
    colours, dabbed = find_dabs(hints.pixels, lightness.shape)
    chroma_of_dabs = guess.to_lab(colours)[:, :, 1:] / guess.CHROMA_UNIT
    spread = spread_hints(lightness, chroma_of_dabs, dabbed)
    if descriptors is not None and dabbed.any():
        similarity, wanted = compare_with_dabs(descriptors, chroma_of_dabs, dabbed)
        spread = spread.limit_to_likes(similarity, dabbed)
        if alike:
            matches = Matches(rescale(similarity, ALIKE), wanted)
            chroma = blend_matches(lightness, chroma, matches, (1.0,) * len(VARIANTS))
    return spread.apply_to(chroma)
