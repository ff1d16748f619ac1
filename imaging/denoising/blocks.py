"""The blocks of JPEG: how far their edges can be seen, and where they lie.

At the edges of blocks of 8 pixels, steps between neighbours stand out at every eighth column and row.
"""

from collections.abc import Iterable

import numpy as np

GRID = 8  # pixels from one edge to the next
_SMALL_STEP = 20.0  # levels of 255: larger ones are edges of things


def measure_blocks(windows: Iterable[tuple[int, int, np.ndarray]]) -> tuple[float, tuple[int, int]]:
    """Return how far the edges of JPEG's blocks can be seen, and the first row and column, 0 to 7, of a block.

    The first is by how many levels the steps at the edges exceed the others, in the weaker direction, the median of
    the windows. Steps of edges of things are not counted, nor where nothing changes at all. Row and column say
    something only where there are blocks.

    windows: top, left and luminance, float32 (H, W) in 0..255, of parts of the picture; at least one.
    """
    rows, columns, found = np.zeros((2, GRID)), np.zeros((2, GRID)), []
    for top, left, luminance in windows:
        down, across = _sum_steps(luminance.T), _sum_steps(luminance)
        found.append(min(_measure_comb(down), _measure_comb(across)))
        rows += np.roll(down, top, axis=1)
        columns += np.roll(across, left, axis=1)
    row, column = (int(_average(steps).argmax()) for steps in (rows, columns))
    return float(np.median(found)), (row, column)


def _measure_comb(steps: np.ndarray) -> float:
    """Return by how much the mean step into every eighth column is larger than the others."""
    means = _average(steps)
    return float(means.max() - np.median(means))


def _average(steps: np.ndarray) -> np.ndarray:
    """Return the mean step at each phase, (GRID,), from sums and numbers, (2, GRID)."""
    sums, counts = steps
    means: np.ndarray = sums / np.maximum(counts, 1)
    return means


def _sum_steps(luminance: np.ndarray) -> np.ndarray:
    """Return the sum and the number of the steps at each phase of the columns, (2, GRID); zeros in a narrow picture.

    Phase n holds the steps into the columns n, n + 8 and so on. A step is compared with its neighbours, so that a slope
    is none.
    """
    found = np.zeros((2, GRID))
    if luminance.shape[1] < 4 * GRID:
        return found
    steps = np.diff(luminance, axis=1)
    unusual = np.abs(steps[:, 1:-1] - (steps[:, :-2] + steps[:, 2:]) / 2)
    weights = unusual < _SMALL_STEP
    for phase in range(GRID):
        columns = slice((phase - 2) % GRID, None, GRID)
        found[:, phase] = (unusual * weights)[:, columns].sum(), weights[:, columns].sum()
    return found
