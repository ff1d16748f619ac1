"""Colour hints: dabs of colour that spread through a picture as far as its brightness lets them.

Neighbours of like brightness have like colours (`imaging.colorizing.diffusion`), where they also look alike
(`imaging.colorizing.likeness`). Here the colours are there already,
guessed; so what spreads is first of all how much a place belongs to a dab, and it fades with distance, so that what
nobody dabbed keeps its guess. No torch.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from imaging.colorizing.diffusion import remove_specks, solve_diffusion
from imaging.colorizing.likeness import rescale
from imaging.guided_filter import resize_area

MIN_COVER = 0.15  # of a pixel of the working size: what is painted less is no dab
BRIGHTNESS_STEP = 0.02  # of the range of L*: neighbours that differ by more hardly pass colours on
FADING = 4e-4  # per pixel, against a passage of 1 between equal neighbours: how soon a colour is lost on its way
HOLD = 10.0  # how firmly a dab keeps its own colour
COARSEST_SIDE = 48  # pixels of the shorter side of the first solution
COARSE_ROUNDS, FINE_ROUNDS = 200, 60  # of conjugate gradients
LIKE = (0.1, 0.3)  # similarity to the dabbed places at which a place takes nothing, and from which on all
SURE = 0.4  # belonging from which on a place takes a dab's colour in full


@dataclass(frozen=True)
class SpreadHints:
    """`share` float32 (h, w) in [0, 1]: how much a place takes from the dabs; `chroma` float32 (h, w, 2): what."""

    share: np.ndarray
    chroma: np.ndarray

    def limit_to_likes(self, similarity: np.ndarray, dabbed: np.ndarray) -> "SpreadHints":
        """Return the hints without what reached places that look different from the dabbed ones, hair beside a face.

        `similarity` as of `imaging.colorizing.likeness.compare_with_dabs`; `dabbed` bool (h, w).
        """
        height, width = self.share.shape
        limit = rescale(cv2.resize(similarity, (width, height), interpolation=cv2.INTER_LINEAR), LIKE)
        return SpreadHints(self.share * np.maximum(limit, dabbed), self.chroma)

    def apply_to(self, chroma: np.ndarray) -> np.ndarray:
        """Return `chroma`, float32 (h, w, 2k) in pairs, with the dabs' colours in their places."""
        pairs = np.tile(self.chroma, chroma.shape[2] // 2)
        spread: np.ndarray = chroma + self.share[:, :, None] * (pairs - chroma)
        return spread


def find_dabs(paint: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the colours, uint8 (h, w, 3), and which places are dabbed, bool (h, w), of paint, uint8 (H, W, 4)."""
    cover = paint[:, :, 3:].astype(np.float32) / 255
    colours = paint[:, :, :3] * cover
    cover = resize_area(np.ascontiguousarray(cover[:, :, 0]), size)
    colours = resize_area(colours, size) / np.maximum(cover, 1e-3)[:, :, None]
    return np.clip(np.rint(colours), 0, 255).astype(np.uint8), cover >= MIN_COVER


def spread_hints(lightness: np.ndarray, chroma: np.ndarray, dabbed: np.ndarray) -> SpreadHints:
    """Spread the `chroma`, float32 (h, w, 2), of the places `dabbed`, bool (h, w), over `lightness`, (h, w) in [0, 1].

    Without a dab nothing is taken anywhere.
    """
    if not dabbed.any():
        return SpreadHints(np.zeros(dabbed.shape, np.float32), np.zeros_like(chroma))
    held = np.dstack([dabbed.astype(np.float32), chroma * dabbed[:, :, None]])
    found = _solve(remove_specks(lightness), held)
    belonging = np.clip(found[:, :, 0], 0, 1)
    share = rescale(belonging, (0, SURE))
    colours = found[:, :, 1:] / np.maximum(belonging, 1e-6)[:, :, None]
    return SpreadHints(share, colours.astype(np.float32))


def _solve(lightness: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Solve for fields (h, w, C) that are `held` where held[..., 0] is 1, flow between likes and fade."""
    height, width = lightness.shape
    if min(height, width) >= 2 * COARSEST_SIDE:
        half = (height + 1) // 2, (width + 1) // 2
        smaller = resize_area(held, half)
        cover = smaller[:, :, :1]
        smaller = np.where(cover > MIN_COVER, smaller / np.maximum(cover, 1e-6), 0).astype(np.float32)
        start = cv2.resize(
            _solve(resize_area(lightness, half), smaller), (width, height), interpolation=cv2.INTER_LINEAR
        )
        return _step_along_gradient(lightness, held, start, FINE_ROUNDS)
    return _step_along_gradient(lightness, held, np.zeros_like(held), COARSE_ROUNDS)


def _step_along_gradient(lightness: np.ndarray, held: np.ndarray, start: np.ndarray, rounds: int) -> np.ndarray:
    return solve_diffusion(lightness, BRIGHTNESS_STEP, FADING + HOLD * held[:, :, :1], HOLD * held, start, rounds)
