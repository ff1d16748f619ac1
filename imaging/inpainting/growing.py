"""From a scribble on a thing to all of the thing: the mask grows to its edges.

Rother, Kolmogorov, Blake: "GrabCut: Interactive Foreground Extraction Using Iterated Graph Cuts", SIGGRAPH 2004: two
mixtures of colours, of the thing and of what is around it, and the cut between them that runs along edges.
"""

import cv2
import numpy as np

SIDE = 320  # of the copy that is cut, pixels
AROUND, MIN_AROUND = 1.0, 0.08  # beside a scribble, in parts of its longer side, and at least of the photo's
ROUNDS = 5
FRAME = 2  # pixels of the copy that are never of the thing
MAX_PIECES = 16  # of a scribble: more are no scribble, and would take long
MAX_TOUCH = 0.15  # of the frame of the copy: a thing that reaches it so far has no edges there


def grow_to_edges(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray | None:
    """Return the mask, bool (H, W), of uint8 (H, W, 3) `pixels`, with what of the thing lies around each piece of it.

    None where no edges are found that would end it, or where the mask has very many pieces.
    """
    grown = mask.copy()
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count - 1 > MAX_PIECES:
        return None
    for piece in range(1, count):
        window = _find_window(boxes[piece], mask.shape)
        found = _cut(pixels[window], labels[window] == piece)
        if found is None:
            return None
        grown[window] |= found
    return grown


def _find_window(box: np.ndarray, shape: tuple[int, ...]) -> tuple[slice, slice]:
    left, top, width, height = (int(value) for value in box[:4])
    around = round(max(AROUND * max(width, height), MIN_AROUND * max(shape)))
    rows = slice(max(0, top - around), min(shape[0], top + height + around))
    return rows, slice(max(0, left - around), min(shape[1], left + width + around))


def _cut(pixels: np.ndarray, scribble: np.ndarray) -> np.ndarray | None:
    """Return what of a window is the thing, bool (h, w)."""
    scale = min(1.0, SIDE / max(pixels.shape[:2]))
    size = tuple(max(2 * FRAME + 1, round(side * scale)) for side in pixels.shape[1::-1])
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    sure = cv2.resize(scribble.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.3
    states = np.full(sure.shape, cv2.GC_BGD, np.uint8)
    states[FRAME:-FRAME, FRAME:-FRAME] = cv2.GC_PR_BGD
    states[sure] = cv2.GC_FGD
    if not sure.any() or sure.all():
        return scribble
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, states, (0, 0, 0, 0), *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    thing = (states & 1).astype(np.uint8)  # certainly and probably of it are odd
    _, labels = cv2.connectedComponents(thing, connectivity=4)
    joined = np.isin(labels, np.unique(labels[sure & (thing > 0)])) & (thing > 0)
    inner = joined[FRAME:-FRAME, FRAME:-FRAME]
    rim = np.concatenate([inner[0], inner[-1], inner[:, 0], inner[:, -1]])
    if rim.mean() > MAX_TOUCH:
        return None
    grown = cv2.resize(joined.astype(np.float32), pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR) >= 0.5
    return np.asarray(grown | scribble)
