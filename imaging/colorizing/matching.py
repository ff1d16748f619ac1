"""Colours of a reference picture, carried to places of a grey photo that show the same thing.

Places are compared by feature maps of an encoder, both pictures seen as lightness, after He et al.: "Deep
Exemplar-based Colorization", SIGGRAPH 2018, and Zhang et al.: "Deep Exemplar-based Video Colorization", CVPR 2019. A
place without a good match takes nothing, so that it keeps the colours that it has. No torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from imaging.colorizing.diffusion import remove_specks, solve_diffusion
from imaging.colorizing.likeness import average_colours, measure_belonging, rescale, standardize

# A place takes nothing at the first value of each pair and everything at the second, smoothly in between.
SIMILAR = (0.2, 0.4)  # cosine of the best match
RELATED = (0.36, 0.48)  # cosine that a quarter of the photo's places reach: do the pictures show like things at all?
MUTUAL = (-0.4, -0.2)  # cosine less that of the match's own best match
AGREEING = (-0.22, -0.1)  # standard deviation of the matches' chroma, less than 0, in units of the chroma
BELONGING = (0.5, 0.8)  # share of the likeliest matches that lie on the chosen places of the reference
FOUND_SHARE = 0.02  # of the photo, taken from the reference: less is nothing in common
FOUND_CHOSEN_SHARE = 0.003  # the same for a thing, which may be small,
SURE = 0.5  # in places that are so sure at least
EDGE_STEP = 0.03  # of the range of L*: how uneven a cell may be before its colours come from its neighbours
FLOW_STEP = 0.006  # of the range of L*: neighbours that differ by more hardly pass colours on
PULL, EDGE_PULL = 8e-3, 2e-4  # at PULL_SIDE pixels, of a place towards its own match: in an even cell, on an edge
PULL_SIDE = 128
ROUNDS = 60


@dataclass(frozen=True)
class Matches:
    """What a photo takes from a reference, place by place of a coarse grid.

    `confidence`: float32 (h, w) in [0, 1]. `chroma`: float32 (h, w, 2), of the matches. `found_share`: of the photo,
    the least that counts as found, where places less sure than `found_sure` do not count at all.
    """

    confidence: np.ndarray
    chroma: np.ndarray
    found_share: float = FOUND_SHARE
    found_sure: float = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether the two pictures have nothing in common."""
        counting = self.confidence[self.confidence >= self.found_sure]
        return bool(counting.sum() < self.found_share * self.confidence.size)


def match_colours(
    photo: Sequence[np.ndarray],
    reference: Sequence[np.ndarray],
    chroma: np.ndarray,
    usable: np.ndarray,
    chosen: np.ndarray | None = None,
) -> Matches:
    """Match each place of `photo` with the places of `reference`.

    Both are feature maps, level by level, float32 (h, w, C) and (m, n, C); the levels of a picture have one size.
    `chroma`: float32 (m, n, 2) of the reference; `usable`: bool (m, n), which of its places may be taken, at least one.
    `chosen`: bool (m, n), the usable places whose colours are meant, at least one; the others still tell what a place
    shows, so that one that looks like them takes nothing. All are meant where it is None.
    """
    height, width = photo[0].shape[:2]
    levels = [
        np.concatenate([one.reshape(-1, one.shape[2]) for one in maps]) for maps in zip(photo, reference, strict=True)
    ]
    places, others = np.split(standardize(levels), [height * width])
    others, colours = others[usable.ravel()], chroma[usable]
    similarity = places @ others.T
    best = similarity.max(1)
    mutual = best - similarity.max(0)[similarity.argmax(1)]
    meant = np.ones(len(colours), bool) if chosen is None else chosen[usable]
    mean, deviation = average_colours(similarity[:, meant], similarity[:, meant].max(1), colours[meant])
    confidence = rescale(best, SIMILAR) * rescale(mutual, MUTUAL) * rescale(-deviation, AGREEING)
    confidence *= rescale(np.quantile(best, 0.75), RELATED)
    if chosen is not None:
        confidence *= rescale(measure_belonging(similarity, best, meant), BELONGING)
    least = (FOUND_SHARE, 0.0) if chosen is None else (FOUND_CHOSEN_SHARE, SURE)
    return Matches(confidence.reshape(height, width), mean.reshape(height, width, 2), *least)


def blend_matches(lightness: np.ndarray, chroma: np.ndarray, matches: Matches, gains: Sequence[float]) -> np.ndarray:
    """Return `chroma`, float32 (h, w, 2k) in pairs, with the colours of the matches where these are sure.

    `lightness` (h, w) in [0, 1]: what is even takes one colour as a whole, and colours end where it has an edge.
    `gains`: of the chroma of the matches, one for each pair.
    """
    size = lightness.shape[1], lightness.shape[0]
    held = np.dstack([matches.confidence, matches.confidence[:, :, None] * matches.chroma])
    held = cv2.resize(held, size, interpolation=cv2.INTER_LINEAR)
    pull = _weigh_evenness(lightness, matches.confidence.shape)
    found = solve_diffusion(remove_specks(lightness), FLOW_STEP, pull, pull * held, held, ROUNDS)
    share = np.clip(found[:, :, :1], 0, 1)
    pairs = np.concatenate([gain * found[:, :, 1:] for gain in gains], 2) / np.maximum(found[:, :, :1], 1e-4)
    blended: np.ndarray = chroma + share * (pairs - chroma)
    return blended.astype(np.float32)


def _weigh_evenness(lightness: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Return how firmly each place keeps its own match, (h, w, 1): a cell with an edge has a match for two things."""
    cell = max(1, round(lightness.shape[0] / grid[0]))
    side = 2 * (cell // 2) + 1
    mean, mean_square = (cv2.blur(field, (side, side)) for field in (lightness, lightness * lightness))
    evenness = np.exp(-np.maximum(mean_square - mean * mean, 0) / EDGE_STEP**2)
    pull: np.ndarray = (EDGE_PULL + (PULL - EDGE_PULL) * evenness) * (PULL_SIDE / min(lightness.shape)) ** 2
    return pull[:, :, None].astype(np.float32)
