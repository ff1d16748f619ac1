"""The coloured pictures that a colorizer on a pretrained encoder learns from, decoded once and stored in memory.

Whole sources are left out of training: some for choices (validation), others for the figures of the card (report). One
picture in HELD_EVERY of each training source is held back too: how strong the colours come out is calibrated on
pictures of all kinds that the network has not seen.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from training.colorizing.crops import Batch, crop_random, is_coloured, make_batch, shrink
from training.common.archives import list_pictures, read_rgb

MAX_STORED_SIDE = 224  # pixels: larger pictures are stored with this short side
HELD_EVERY = 25
CROP_POWER = 2.0  # half of the crops have more than .85 of the short side: a picture is coloured as a whole


class Source(NamedTuple):
    """Pictures of one archive whose names start with `prefix`. share: of each batch. limit: pictures at most."""

    archive: str
    prefix: str
    share: float = 1.0
    limit: int | None = None


TRAINING = (
    Source("photos-0.zip", "photos/bsds", 0.05),
    Source("photos-1.zip", "photos/bsds", 0.05),
    Source("photos-2.zip", "photos/bsds", 0.05),
    Source("photos-0.zip", "photos/im", 0.08),
    Source("photos-1.zip", "photos/im", 0.08),
    Source("photos-2.zip", "photos/im", 0.08),
    Source("scenes.zip", "scenes/forest", 0.04),
    Source("scenes.zip", "scenes/mountain", 0.03),
    Source("scenes.zip", "scenes/sea", 0.03),
    Source("scenes.zip", "scenes/glacier", 0.01),
    Source("scenes.zip", "scenes/buildings", 0.02),
    Source("scenes.zip", "scenes/street", 0.03),
    Source("scenes.zip", "landscapes/", 0.06),
    Source("people-portraits.zip", "portraits/", 0.06),
    Source("people-street.zip", "street/", 0.03),
    Source("people-street.zip", "backgrounds/", 0.01),
    Source("people-unlabelled.zip", "unlabelled/", 0.02),
    Source("people-sport.zip", "sport/", 0.08),
    Source("people-varied.zip", "camvid/", 0.01),
    Source("colours-0.zip", "caltech/", 0.05),
    Source("colours-0.zip", "clothes/", 0.02),
    Source("colours-1.zip", "flower/", 0.03),
    Source("colours-1.zip", "grocery/", 0.02),
    Source("colours-1.zip", "pets/", 0.05),
    Source("faces.zip", "faces/", 0.03, limit=2000),
    Source("tiny-0.zip", "tiny/", 0.07),
    Source("tiny-1.zip", "tiny/", 0.07),
)
VALIDATION = (
    Source("people-varied.zip", "no-person/"),
    Source("people-varied.zip", "pennfudan/"),
)
REPORT = (
    Source("people-varied.zip", "coco/"),
    Source("people-varied.zip", "davis/"),
    Source("colours-0.zip", "pacs/"),
)


class ColourPictures:
    """The coloured pictures of the training sources in a folder of archives, without those held back.

    Raises FileNotFoundError.
    """

    def __init__(self, data: Path, sources: tuple[Source, ...] = TRAINING):
        self.pictures: list[np.ndarray] = []
        self.ranges, shares = [], []
        for source in sources:
            start = len(self.pictures)
            self.pictures += load_coloured_pictures(data, source, held=False)
            self.ranges.append((start, len(self.pictures)))
            shares.append(source.share if len(self.pictures) > start else 0)
        self.shares = np.array(shares) / sum(shares)

    def __len__(self) -> int:
        return len(self.pictures)

    def draw_batch(self, size: int, side: int, random: np.random.Generator) -> Batch:
        """Return `size` random crops of `side` pixels, mirrored by chance, the sources in their shares."""
        chosen = random.choice(len(self.ranges), size, p=self.shares)
        indices = [int(random.integers(*self.ranges[source])) for source in chosen]
        crops = [crop_random(self.pictures[index], side, random, CROP_POWER) for index in indices]
        return make_batch(crops, random)


def load_coloured_pictures(data: Path, source: Source, held: bool | None = None) -> Iterator[np.ndarray]:
    """Yield the pictures of a source that are not grey, uint8 (H, W, 3), evenly chosen up to its limit.

    held: only those that are held back from training (True), or only the others (False).
    """
    listed = list_pictures(data, source.archive, source.prefix)
    if held is not None:
        listed = [member for number, member in enumerate(listed) if (number % HELD_EVERY == 0) is held]
    if source.limit and len(listed) > source.limit:
        listed = [listed[index] for index in np.linspace(0, len(listed) - 1, source.limit).astype(int)]
    for member in listed:
        picture = shrink(read_rgb(member), MAX_STORED_SIDE)
        if is_coloured(picture):
            yield picture
