"""Has a picture colours of its own, or one tone laid over its brightness, as grey, sepia and faded prints have?

A tone is one hue that goes with brightness. A faded colour photo has several hues, or the same one where the
brightness does not ask for it. A grey photo with a coloured stamp, date or frame has both: one tone all over, but for
a place; there its colours can be kept while the rest gets new ones.
"""

from dataclasses import dataclass

import cv2
import numpy as np

SIDE = 96  # pixels of the longer side at which it is looked at
LEVELS = 8  # of brightness, between which a tone may change: shadows and lights of a print differ
COLOURED = 2.2  # CIE units: a chroma that the tone does not explain, and more, at a tenth of the places
SMALL_COLOURED = 4.2  # the same at a hundredth of the places
STRONG = 8.0  # CIE units: a thing of that chroma is coloured by itself
MAX_THING_SHARE = 0.25  # of the picture: coloured things on a grey photo are no larger
QUIET = 0.8  # CIE units: the rest of such a photo has less, at nine tenths of its places
TONE_SLACK = 25.0  # CIE units: of a tone that strong half of what lies along its own hue is forgiven
GROWTH = 5  # pixels of SIDE by which a thing is grown: its blurred edge belongs to it
SMOOTHNESS = 3e-3  # of the tone over brightness: what holds places of one brightness to those of others
FIT_ROUNDS, FIT_OUTLIER = 6, 2.0  # of reweighted least squares; CIE units beyond which a place counts less


@dataclass(frozen=True)
class Tone:
    """The colours of a print by brightness: `chroma` float32 (LEVELS, 2), a* and b* at even steps of L*.

    `things` float32 (h, w) in [0, 1] are coloured by themselves, at a size of no side over SIDE; 0 almost everywhere.
    """

    chroma: np.ndarray
    things: np.ndarray

    def measure_own_share(self, lab: np.ndarray, things: np.ndarray) -> np.ndarray:
        """Return which share of each pixel of `lab`, (H, W, 3), is a coloured thing's: float32 (H, W, 1) in [0, 1].

        `things` (H, W, 1) is the part of the field of that name that lies there.
        """
        steps = np.linspace(0, 100, LEVELS)
        tone = np.stack([np.interp(lab[:, :, 0], steps, self.chroma[:, pair]) for pair in (0, 1)], 2)
        distance = np.linalg.norm(lab[:, :, 1:] - tone, axis=2, keepdims=True)
        sure = np.clip((distance - STRONG / 2) / (STRONG / 2), 0, 1)
        share: np.ndarray = (np.clip(2 * things, 0, 1) * sure).astype(np.float32)
        return share


def find_tone(lab: np.ndarray) -> Tone | None:
    """Return the Tone of float32 (H, W, 3), CIE L*a*b*, of any size; None where it shows colours beyond one.

    A grey photo with coloured things has a tone; its things say where they are.

    Taken for black-and-white: of 360 colour photos of five sources 5, and 23 of the same at half saturation (saved as
    JPEG of quality 85); all of 36 historical photographs; of 360 grey photos with grain, uneven yellowing and a grey,
    sepia, brown, selenium, gold or cyanotype tone 357, the others being cyanotypes. The numbers above were chosen on
    the same pictures.
    """
    small = _reduce(lab)
    chroma, rest = _fit_tone(small)
    distance = _measure_distance(rest, small[:, :, 1:] - rest)
    strong = (distance > STRONG).astype(np.uint8)
    grown = cv2.dilate(strong, np.ones((GROWTH, GROWTH), np.uint8)).astype(np.float32)
    if 0 < strong.mean() <= MAX_THING_SHARE and not grown.all():
        if np.quantile(distance[grown == 0], 0.9) < QUIET:
            return Tone(chroma, grown)
    tenth, hundredth = np.quantile(distance, (0.9, 0.99))
    if tenth > COLOURED or hundredth > SMALL_COLOURED:
        return None
    return Tone(chroma, np.zeros_like(grown))


def _reduce(lab: np.ndarray) -> np.ndarray:
    scale = SIDE / max(lab.shape[:2])
    size = max(1, round(lab.shape[1] * scale)), max(1, round(lab.shape[0] * scale))
    small = cv2.resize(np.ascontiguousarray(lab, np.float32), size, interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(small, (0, 0), 1.0)  # chroma noise of JPEG and film is not colour


def _measure_distance(rest: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """Return how far from the tone each place is, (H, W): of what lies along a strong tone's own hue less counts."""
    pairs = tone.reshape(-1, 2)
    powers, axes = np.linalg.eigh(pairs.T @ pairs / len(pairs))
    along, across = rest @ axes[:, 1], rest @ axes[:, 0]
    distance: np.ndarray = np.hypot(across, along / (1 + np.sqrt(max(powers[1], 0)) / TONE_SLACK))
    return distance


def _fit_tone(lab: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the tone, (LEVELS, 2), and what it cannot explain of a* and b*, (H, W, 2).

    The tone is a function of L* with LEVELS knots, and it may change evenly over the picture, and towards its edges,
    as it does where paper yellowed. Places far from it count less, so that a stamp does not draw it to itself.
    """
    height, width = lab.shape[:2]
    places = np.clip(lab[:, :, 0].ravel() / 100 * (LEVELS - 1), 0, LEVELS - 1)
    knots = np.maximum(0, 1 - np.abs(places[:, None] - np.arange(LEVELS)))
    down, right = (part.ravel() for part in np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j])
    # Paper yellows most where it is bright, so that the change over the picture goes with brightness.
    drift = np.stack([down, right, down**2, right**2], 1) * (lab[:, :, :1].reshape(-1, 1) / 100)
    basis = np.hstack([knots, drift])
    chroma = lab[:, :, 1:].reshape(-1, 2)
    bends = np.diff(np.eye(LEVELS), 2, axis=0)
    smooth = 1e-7 * np.eye(basis.shape[1])
    smooth[:LEVELS, :LEVELS] += SMOOTHNESS * bends.T @ bends
    weights = np.ones((len(basis), 1))
    for _ in range(FIT_ROUNDS):
        weighted = (basis * weights).T
        fitted = np.linalg.solve(weighted @ basis + len(basis) * smooth, weighted @ chroma)
        rest = chroma - basis @ fitted
        weights = 1 / np.maximum(1, np.linalg.norm(rest, axis=1, keepdims=True) / FIT_OUTLIER) ** 2
    return fitted[:LEVELS].astype(np.float32), rest.reshape(height, width, 2)
