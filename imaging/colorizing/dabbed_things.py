"""Which things of a coloured photo are meant, where a person marked them with dabs. No torch."""

from collections.abc import Sequence

import numpy as np

from imaging.colorizing.hints import spread_hints
from imaging.colorizing.likeness import compare_with_dabs, describe_places
from imaging.guided_filter import resize_area

REACHED = 0.5  # of a dab's colour: a place that takes more of it belongs to the dabbed thing


def find_dabbed_things(lightness: np.ndarray, dabbed: np.ndarray, maps: Sequence[np.ndarray]) -> np.ndarray:
    """Return which places a photo's dabs reach, bool (m, n), of the size of its feature maps.

    `lightness`: float32 (h, w) in [0, 1]. `dabbed`: bool (h, w), at least one. `maps`: feature maps, level by level,
    float32 (m, n, C) each. A dab reaches as far as its colour spreads when the photo itself is coloured.
    """
    no_colours = np.zeros((*lightness.shape, 2), np.float32)
    similarity, _ = compare_with_dabs(describe_places(maps), no_colours, dabbed)
    share = spread_hints(lightness, no_colours, dabbed).limit_to_likes(similarity, dabbed).share
    grid = maps[0].shape[:2]
    reached = resize_area(share, grid) >= REACHED
    cover = resize_area(dabbed.astype(np.float32), grid)
    things: np.ndarray = reached | (cover == cover.max())
    return things
