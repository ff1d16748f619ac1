"""Pictures straight from zip archives, of which nothing is unpacked to the disk, or from a folder.

A recipe is given one folder of archives; a member of one is addressed by the archive's path and the
name inside. The same tenth of every set is held back for validation, chosen by name so that it never
changes, whichever recipe asks.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

PICTURES = (".jpg", ".jpeg", ".png", ".webp")


class Member(NamedTuple):
    """One picture in one archive."""

    archive: Path
    name: str

    @property
    def stem(self) -> str:
        """The name up to the first dot of its last part: a picture and its mask share it."""
        folder, _, last = self.name.rpartition("/")
        return f"{folder}/{last.split('.')[0]}"


def list_members(data: Path, archive: str, prefix: str = "") -> list[Member]:
    """Return the pictures of `data/archive` whose names start with `prefix`, sorted by name."""
    path = Path(data) / archive
    names = open_archive(path).namelist()
    return [Member(path, name) for name in sorted(names) if name.startswith(prefix) and name.lower().endswith(PICTURES)]


def list_pictures(data: Path, archive: str, prefix: str = "") -> list[Member]:
    """Return what `list_members` returns, without the masks that stand beside pictures."""
    return [member for member in list_members(data, archive, prefix) if ".mask." not in member.name]


def split_held_back(listed: Iterable[Member]) -> tuple[list[Member], list[Member]]:
    """Return the members to learn from, and the tenth that is held back for validation."""
    parts: tuple[list[Member], list[Member]] = ([], [])
    for member in listed:
        parts[is_held_back(member.stem)].append(member)
    return parts


def read_rgb(member: Member) -> np.ndarray:
    """Return the picture as uint8 (H, W, 3), RGB."""
    return decode(member, "RGB")


def read_rgba(member: Member) -> np.ndarray:
    """Return the picture as uint8 (H, W, 4), RGB and straight alpha."""
    return decode(member, "RGBA")


def read_grey(member: Member) -> np.ndarray:
    """Return the picture as uint8 (H, W)."""
    return decode(member, "L")


def is_held_back(stem: str) -> bool:
    """Whether `stem` belongs to the tenth held back for validation: decided by its SHA-1, for ever."""
    return int(hashlib.sha1(stem.encode(), usedforsecurity=False).hexdigest(), 16) % 10 == 0


def read_folder(folder: Path) -> list[np.ndarray]:
    """Return the pictures of a folder, uint8 (H, W, 3), RGB, in the order of their names."""
    paths = sorted(path for path in Path(folder).iterdir() if path.suffix in PICTURES)
    return [read_file(path) for path in paths]


def read_file(path: Path) -> np.ndarray:
    """Return the picture of a file as uint8 (H, W, 3), RGB."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def decode(member: Member, mode: str) -> np.ndarray:
    with Image.open(io.BytesIO(open_archive(member.archive).read(member.name))) as picture:
        return np.asarray(picture.convert(mode))


@lru_cache(maxsize=32)
def open_archive(archive: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(archive)


def create_archive(archive: Path) -> zipfile.ZipFile:
    """Return a new, empty archive to write to. Raises FileExistsError."""
    return zipfile.ZipFile(archive, "x")
