"""Fields that flow between neighbours of like brightness, after Levin, Lischinski, Weiss: "Colorization using
Optimization", SIGGRAPH 2004: colours pass freely where the brightness is even, and hardly over an edge. No torch.
"""

import cv2
import numpy as np

LEAK = 1e-6  # what is passed on over the strongest edge
SETTLED_STEP = 0.006  # of the range of L*: neighbours that differ by more hardly pass colours on
SETTLED_PULL = 2e-3  # towards a place's own guess, at SETTLED_SIDE pixels, against a passage of 1 between equals
SETTLED_SIDE = 128
SETTLED_ROUNDS = 80


def smooth_chroma(lightness: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    """Return `chroma`, float32 (h, w, C), with one colour where the `lightness`, (h, w) in [0, 1], is even.

    A network that is unsure gives an even sky a patch of blue and leaves the rest grey; here the whole sky shares
    what there is. How far colours reach goes with the size of the picture.
    """
    pull = np.full((*chroma.shape[:2], 1), SETTLED_PULL * (SETTLED_SIDE / min(chroma.shape[:2])) ** 2, np.float32)
    return solve_diffusion(remove_specks(lightness), SETTLED_STEP, pull, pull * chroma, chroma, SETTLED_ROUNDS)


def remove_specks(lightness: np.ndarray) -> np.ndarray:
    """Return float32 (h, w) without single pixels that would stand in the way."""
    return cv2.medianBlur(np.ascontiguousarray(lightness, np.float32), 3)


def solve_diffusion(
    lightness: np.ndarray, step: float, pull: np.ndarray, source: np.ndarray, start: np.ndarray, rounds: int
) -> np.ndarray:
    """Return the fields (h, w, C) where what flows in, `source` (h, w, C), balances `pull` (h, w, 1) times the field.

    By conjugate gradients from `start`, preconditioned by the diagonal; all fields at once.
    """
    down, right = (_weigh_passage(np.diff(lightness, axis=axis), step) for axis in (0, 1))
    total = pull.copy()
    total[:-1] += down
    total[1:] += down
    total[:, :-1] += right
    total[:, 1:] += right

    def apply_operator(field: np.ndarray) -> np.ndarray:
        result: np.ndarray = total * field
        result[:-1] -= down * field[1:]
        result[1:] -= down * field[:-1]
        result[:, :-1] -= right * field[:, 1:]
        result[:, 1:] -= right * field[:, :-1]
        return result

    field, residual = start, source - apply_operator(start)
    change = direction = residual / total
    energy = (residual * change).sum((0, 1))
    for _ in range(rounds):
        image = apply_operator(direction)
        length = energy / np.maximum((direction * image).sum((0, 1)), 1e-20)
        field = field + length * direction
        residual = residual - length * image
        change = residual / total
        before, energy = energy, (residual * change).sum((0, 1))
        direction = change + energy / np.maximum(before, 1e-20) * direction
    return field


def _weigh_passage(difference: np.ndarray, step: float) -> np.ndarray:
    """How freely colours pass between neighbours, in (0, 1], shape (h, w, 1)."""
    return (np.exp(-((difference / step) ** 2) / 2) + LEAK).astype(np.float32)[:, :, None]
