"""What lies behind prints on a scanner or a table: its colour at each place, and what differs from it."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

RING_SHARE = 0.02  # of the longer side: how wide the ring along the picture's edges is in which the backdrop is seen
BIN = 8.0  # levels of Lab: how coarse the histogram is in which the backdrop's colour is looked for
MIN_RING_SHARE = 0.3  # of the ring: less than this in one colour is no backdrop
DISTANCES = (3.5, 6.0, 12.0)  # in deviations of the backdrop: from where on a place differs from it
STEEP, FAINT = 6.0, 3.0  # times as steep as the backdrop usually is: an edge at all, and one where it is long
MIN_FAINT_PIXELS = 40
MIN_DEVIATION = np.array([0.8, 0.6, 0.6], np.float32)  # levels of Lab
OFFSET = 16 * 2.55  # of L* in levels of 255, below which it is no longer a cube root
LIT_FACTORS, LIT_LEVELS = (0.5, 1.3), 4.0  # of L* + 16, in shadow and shine; levels of a* and b* by which it may differ
MIN_LIT = 0.05  # of the picture: so much of the backdrop is in other light
FIT_SIDE = 160  # pixels of the longer side at which the colour's course over the picture is fitted


@dataclass(frozen=True)
class Backdrop:
    """`distance`, float32 (H, W): how many of the backdrop's own deviations each place differs from it.

    `steepness`, float32 (H, W): levels of Lab per pixel. `usual`: the backdrop's own steepness. `levels`, float32
    (H, W): how many levels of Lab a place differs by. `lit`, bool (H, W): it may be the backdrop in other light, as
    in the shadow of a hand.
    """

    distance: np.ndarray
    steepness: np.ndarray
    usual: float
    levels: np.ndarray
    lit: np.ndarray

    def list_masks(self) -> Iterator[np.ndarray]:
        """Yield masks, bool (H, W), of what is not the backdrop, from the most to the least sensitive."""
        edges = self.steepness > STEEP * self.usual
        low, middle, high = (self.distance > distance for distance in DISTANCES)
        yield low | _keep_long(self.steepness > FAINT * self.usual)
        yield middle | edges
        yield high | edges
        yield middle
        yield high
        if (self.lit & low).mean() > MIN_LIT:
            yield (middle & ~self.lit) | edges


def find_backdrop(lab: np.ndarray) -> Backdrop | None:
    """Return the backdrop of a picture, float32 (H, W, 3) Lab in levels of 255; None where its edges show no one."""
    ring = find_ring(lab.shape[0], lab.shape[1])
    colour = _find_mode(lab[ring])
    near = np.abs(lab - colour).max(axis=2) < 2.5 * BIN
    if near[ring].mean() < MIN_RING_SHARE:
        return None
    course, deviation = _fit_course(lab, near, ring)
    difference = lab - course
    distance = np.sqrt(((difference / deviation) ** 2).sum(axis=2))
    steepness = _measure_steepness(lab)
    quiet = distance < DISTANCES[0]
    usual = float(np.median(steepness[quiet & ring])) if (quiet & ring).any() else float(np.median(steepness))
    levels = np.sqrt((difference**2).sum(axis=2))
    return Backdrop(distance, steepness, max(usual, 0.3), levels, _find_lit(lab, course))


def _find_lit(lab: np.ndarray, course: np.ndarray) -> np.ndarray:
    """Return where a picture has the backdrop's hue in another light, bool (H, W).

    More or less light multiplies L* + 16, a* and b* by one factor.
    """
    factor = (lab[:, :, 0] + OFFSET) / (np.maximum(course[:, :, 0], 0) + OFFSET)
    change = np.abs(lab[:, :, 1:] - factor[:, :, None] * course[:, :, 1:]).max(axis=2)
    return np.asarray((change < LIT_LEVELS) & (factor > LIT_FACTORS[0]) & (factor < LIT_FACTORS[1]))


def _keep_long(edges: np.ndarray) -> np.ndarray:
    """Leave out of edges, bool (H, W), what is no more than a speck."""
    labels, stats = cv2.connectedComponentsWithStats(edges.astype(np.uint8), connectivity=8)[1:3]
    return np.asarray((stats[:, cv2.CC_STAT_AREA] >= MIN_FAINT_PIXELS)[labels] & edges)


def find_ring(height: int, width: int) -> np.ndarray:
    """Return the ring along a picture's edges, bool (H, W)."""
    ring = np.ones((height, width), bool)
    thick = max(2, round(RING_SHARE * max(height, width)))
    ring[thick:-thick, thick:-thick] = False
    return ring


def _find_mode(colours: np.ndarray) -> np.ndarray:
    """Return the most frequent colour of (n, 3), the mean of its surroundings."""
    bins, counts = np.unique(np.floor(colours / BIN), axis=0, return_counts=True)
    middle = (bins[np.argmax(counts)] + 0.5) * BIN
    for _ in range(4):
        near = np.abs(colours - middle).max(axis=1) < 1.5 * BIN
        middle = colours[near].mean(axis=0)
    return np.asarray(middle, np.float32)


def _fit_course(lab: np.ndarray, near: np.ndarray, ring: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the backdrop's colour at each place, float32 (H, W, 3), a quadric, and its deviations (3,).

    Light falls off over a table. Places are left out of the fit that differ from it by more than the ring does.
    """
    height, width = lab.shape[:2]
    step = max(1, max(height, width) // FIT_SIDE)
    small, inside = lab[::step, ::step].reshape(-1, 3), near[::step, ::step].ravel()
    on_ring = ring[::step, ::step].ravel()
    terms = _make_terms(np.arange(0, height, step) / height, np.arange(0, width, step) / width)
    deviation = np.full(3, BIN, np.float32)
    for round_number in range(5):
        used = inside & on_ring if round_number == 0 else inside
        factors = np.linalg.lstsq(terms[used][:, : 1 if round_number == 0 else 6], small[used], rcond=None)[0]
        residual = small - terms[:, : len(factors)] @ factors
        seen = inside & on_ring
        deviation = np.maximum(1.4826 * np.median(np.abs(residual[seen]), axis=0), MIN_DEVIATION)
        inside = (np.abs(residual) < 3.5 * deviation + 1).all(axis=1)
        if (inside & on_ring).sum() < 30:
            break
    all_terms = _make_terms(np.arange(height) / height, np.arange(width) / width)[:, : len(factors)]
    return (all_terms @ factors).reshape(height, width, 3).astype(np.float32), deviation.astype(np.float32)


def _make_terms(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the terms of a quadric at each place of a grid, (n, 6)."""
    y, x = (each.ravel() for each in np.meshgrid(rows - 0.5, columns - 0.5, indexing="ij"))
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1).astype(np.float32)


def _measure_steepness(lab: np.ndarray) -> np.ndarray:
    """Return the length of the gradient of all channels, float32 (H, W), in levels per pixel."""
    across = cv2.Scharr(lab, cv2.CV_32F, 1, 0, scale=1 / 32)
    down = cv2.Scharr(lab, cv2.CV_32F, 0, 1, scale=1 / 32)
    return np.asarray(np.sqrt((across**2 + down**2).sum(axis=2)))
