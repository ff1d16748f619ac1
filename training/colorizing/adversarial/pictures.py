"""The coloured pictures that the NoGAN recipe learns from, decoded once and stored in memory, and batches of them."""

from pathlib import Path

import numpy as np

from training.colorizing.crops import Batch, crop_centre, crop_random, is_coloured, make_batch, shrink
from training.common.archives import is_held_back, list_pictures, read_rgb

MAX_STORED_SIDE = 176  # pixels: larger pictures are stored with this short side

# Archive, prefix of the names, share of each batch while pictures are small, share later. Small pictures
# are taken by number; at larger sizes those that are sharp there come first, and those of vegetation in the open, whose
# green is the hardest to tell.
SOURCES = (
    ("tiny-0.zip", "tiny/", 0.29, 0.09),
    ("tiny-1.zip", "tiny/", 0.29, 0.09),
    ("photos-0.zip", "photos/bsds", 0.02, 0.06),
    ("photos-1.zip", "photos/bsds", 0.02, 0.06),
    ("photos-2.zip", "photos/bsds", 0.02, 0.06),
    ("photos-0.zip", "photos/im", 0.05, 0.08),
    ("photos-1.zip", "photos/im", 0.05, 0.08),
    ("photos-2.zip", "photos/im", 0.05, 0.08),
    ("scenes.zip", "scenes/forest", 0.02, 0.06),
    ("scenes.zip", "scenes/mountain", 0.01, 0.03),
    ("scenes.zip", "scenes/sea", 0.01, 0.02),
    ("scenes.zip", "scenes/glacier", 0.01, 0.01),
    ("scenes.zip", "scenes/buildings", 0.01, 0.02),
    ("scenes.zip", "scenes/street", 0.01, 0.02),
    ("scenes.zip", "landscapes/", 0.03, 0.06),
    ("people-portraits.zip", "portraits/", 0.03, 0.07),
    ("people-street.zip", "street/", 0.01, 0.02),
    ("people-unlabelled.zip", "unlabelled/", 0.01, 0.02),
    ("faces.zip", "faces/", 0.06, 0.07),
)
SMALL_SIDE = 64  # up to this side the first shares hold


class NoGanPictures:
    """All coloured pictures of a folder of archives, or the tenth of them that is held back.

    limit: pictures of each source at most. Raises FileNotFoundError.
    """

    def __init__(self, data: Path, held: bool, limit: int | None = None):
        self.pictures: list[np.ndarray] = []
        self.kinds: list[int] = []
        self.sources: list[tuple[range, float, float]] = []
        names: dict[str, int] = {}
        for archive, prefix, small_share, large_share in SOURCES:
            start = len(self.pictures)
            for member in list_pictures(data, archive, prefix):
                if is_held_back(member.stem) != held or _is_full(limit, start, self.pictures):
                    continue
                picture = shrink(read_rgb(member), MAX_STORED_SIDE)
                if not is_coloured(picture):
                    continue
                kind = _read_kind(member.name)
                self.pictures.append(picture)
                self.kinds.append(-1 if kind is None else names.setdefault(kind, len(names)))
            self.sources.append((range(start, len(self.pictures)), small_share, large_share))
        self.kind_count = len(names)

    def __len__(self) -> int:
        return len(self.pictures)

    def draw_batch(self, size: int, side: int, random: np.random.Generator) -> Batch:
        """Return `size` random crops of `side` pixels, mirrored by chance, the sources in their shares."""
        shares = np.array(
            [(small if side <= SMALL_SIDE else large) if indices else 0 for indices, small, large in self.sources]
        )
        chosen = random.choice(len(self.sources), size, p=shares / shares.sum())
        indices = [int(random.integers(self.sources[i][0].start, self.sources[i][0].stop)) for i in chosen]
        crops = [crop_random(self.pictures[index], side, random) for index in indices]
        return make_batch(crops, random, [self.kinds[index] for index in indices])

    def choose_batch(self, count: int, side: int) -> Batch:
        """Return about `count` centred crops, always the same, the sources in their later shares, not degraded."""
        shares = np.array([share if indices else 0 for indices, _, share in self.sources])
        indices = np.concatenate(
            [
                np.linspace(indices.start, indices.stop - 1, round(count * share)).astype(int)
                for (indices, _, _), share in zip(self.sources, shares / shares.sum(), strict=True)
                if share
            ]
        )
        crops = [crop_centre(self.pictures[index], side) for index in indices]
        return make_batch(crops, kinds=[self.kinds[index] for index in indices])


def _is_full(limit: int | None, start: int, pictures: list) -> bool:
    return limit is not None and len(pictures) - start >= limit


def _read_kind(name: str) -> str | None:
    """Return what the name says the picture shows: WordNet's noun for tiny ones, the class of a scene."""
    folder, _, rest = name.partition("/")
    if folder == "tiny":
        return rest.partition("/")[0]
    return rest.partition("-")[0] if folder == "scenes" else None
