"""What every way of filling holes declares. No torch and no OpenCV here: the web process reads it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Progress = Callable[[float], None]
# fill(rgb uint8 (h, w, 3), hole bool (h, w), barred bool (h, w), report) -> uint8 (h, w, 3): all of the hole filled.
# `barred` marks what must not be copied from; report(share in (0, 1]) may raise Cancelled, so it is called often.
Fill = Callable[[np.ndarray, np.ndarray, np.ndarray, Progress], np.ndarray]


@dataclass(frozen=True)
class Engine:
    """One way of filling a hole.

    `prepared(seed)` loads what is needed and returns the fill of one result; the same seed gives the same result.
    With `varied` other seeds give alternatives; otherwise the seed is ignored. `weights` names the set without which
    it is not offered. `longest_side` is how many pixels of a crop it really computes; what is larger it enlarges. None
    says that it works at any size. With `by_regions` False it gets the whole photo with its whole hole at once instead
    of a crop around each piece of the hole.
    `verdict(hole, seeds)` is the stable key of a sentence that stands beside results of these seeds, "" for none.
    """

    key: str
    label: str
    prepared: Callable[[int], Fill]
    weights: str = ""
    varied: bool = False
    longest_side: int | None = None
    by_regions: bool = True
    verdict: Callable[[np.ndarray, range], str] = lambda hole, seeds: ""
