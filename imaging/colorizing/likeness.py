"""How much places of photos look alike, by the feature maps of an encoder. No torch."""

from collections.abc import Sequence

import cv2
import numpy as np

from imaging.guided_filter import resize_area

DESCRIPTOR_SIZE = 32  # numbers that stand for a place
UNIT = 127  # of a descriptor, so that whole numbers will do
MIN_COVER = 0.25  # of a place: where less is dabbed, a place nearby says more about the dab, if one is dabbed more
SOFTNESS = 0.05  # of similarities: how much further places count beside the most alike


def describe_places(maps: Sequence[np.ndarray]) -> np.ndarray:
    """Return the descriptors of the places of one photo, int8 (h, w, DESCRIPTOR_SIZE).

    `maps`: feature maps, level by level, float32 (h, w, C) each. The cosine of two descriptors says how much two places
    look alike. They are the principal components of the standardized features.
    """
    height, width = maps[0].shape[:2]
    features = standardize([level.reshape(height * width, -1) for level in maps])
    components = np.linalg.eigh(features.T @ features)[1][:, -DESCRIPTOR_SIZE:]
    descriptors = features @ components
    descriptors *= UNIT / np.maximum(np.linalg.norm(descriptors, axis=1, keepdims=True), 1e-6)
    rounded: np.ndarray = np.rint(descriptors).astype(np.int8).reshape(height, width, -1)
    return rounded


def compare_with_dabs(descriptors: np.ndarray, chroma: np.ndarray, dabbed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how alike each place is to the dabbed ones, float32 (h, w) in [-1, 1], and the chroma of these, (h, w, 2).

    `descriptors` as of `describe_places`, (h, w, D); `chroma` float32 (H, W, 2) is that of the places `dabbed`, bool
    (H, W), at least one.
    """
    height, width, size = descriptors.shape
    cover = resize_area(dabbed.astype(np.float32), (height, width))
    most_covered = (cover > 0) & (cover == cv2.dilate(cover, np.ones((3, 3), np.uint8)))
    chosen = ((cover >= MIN_COVER) | most_covered).ravel()
    cover = cover.ravel()
    colours = resize_area(chroma * dabbed[:, :, None], (height, width)).reshape(-1, 2)
    places = descriptors.reshape(-1, size).astype(np.float32) / UNIT
    similarity = places @ places[chosen].T
    best = similarity.max(1)
    mean, _ = average_colours(similarity, best, colours[chosen] / cover[chosen, None])
    return best.reshape(height, width), mean.reshape(height, width, 2).astype(np.float32)


def standardize(levels: Sequence[np.ndarray]) -> np.ndarray:
    """Return features of n places, level by level, float32 (n, C) each, as unit vectors (n, D).

    What all places have in common tells none of them from another: mean 0 and deviation 1 for each channel.
    """
    parts = []
    for features in levels:
        deviation = features.std(0)
        part = (features - features.mean(0)) / (deviation + 1e-3 * deviation.mean() + 1e-12)
        parts.append(part / (np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-6) * len(levels) ** 0.5))
    return np.hstack(parts)


def average_colours(similarity: np.ndarray, best: np.ndarray, colours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean (n, 2) and standard deviation (n,) of the colours that each place could take.

    `similarity` (n, m): of n places to m others, whose chroma is `colours` (m, 2); `best` (n,): its maximum.
    """
    weights = _weigh(similarity, best)
    mean = weights @ colours
    return mean, np.sqrt(np.maximum((weights @ colours**2 - mean**2).sum(1), 0))


def measure_belonging(similarity: np.ndarray, best: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return how much of what each place could be is `chosen`, bool (m,), float32 (n,) in [0, 1].

    `similarity` and `best` as for `average_colours`.
    """
    share: np.ndarray = _weigh(similarity, best)[:, chosen].sum(1)
    return share


def _weigh(similarity: np.ndarray, best: np.ndarray) -> np.ndarray:
    weights: np.ndarray = similarity - best[:, None]
    weights /= SOFTNESS
    np.exp(weights, out=weights)
    weights /= weights.sum(1, keepdims=True)
    return weights


def rescale(values: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    """Return float32 values that rise smoothly from 0 at the first of the `ends` to 1 at the second."""
    share = np.clip((values - ends[0]) / (ends[1] - ends[0]), 0, 1)
    return (share * share * (3 - 2 * share)).astype(np.float32)
