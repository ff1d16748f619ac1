"""What a tool gives back to a Python program."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from imaging.io import files
from imaging.io.files import Picture
from imaging.io.formats import DEFAULT_QUALITY
from imaging.io.outputs import write_file
from services.base import Result as RunResult
from services.running import measure_result

FORMATS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}


@dataclass(frozen=True, eq=False)
class Result:
    """What a tool gives back.

    `picture`: uint8 pixels (H, W, 3) RGB or (H, W, 4) RGBA; None when there is rightly none, which `verdict` explains.
    `mask`: uint8 (H, W), 0..255, where the tool made one, else None. `verdict`: a stable word where the result is not a
    plain success, such as "no_motion_blur", else ""; `sentence` says the same to a person. `alternatives`: further
    pictures as good as the first. `files`: name -> bytes of finished files, such as a sheet to print. `steps`: what the
    steps of a run did, (key, state, sentence), where state is changed, not_needed, unsure, off or failed. `checks`: the
    rows of a checklist, such as what an office asks of an ID photo, (key, state, value), where state is met, not_met or
    unsure. `change_map` says what was kept, changed and replaced. All sentences are in English.
    """

    picture: np.ndarray | None = field(repr=False)
    mask: np.ndarray | None = field(repr=False)
    verdict: str
    sentence: str
    alternatives: tuple[np.ndarray, ...] = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)
    steps: tuple[tuple[str, str, str], ...]
    checks: tuple[tuple[str, str, str], ...]
    _picture: Picture | None = field(repr=False)
    _made: RunResult = field(repr=False)

    @cached_property
    def change_map(self) -> np.ndarray | None:
        """What the tool did to each pixel, uint8 (H, W), measured when it is first asked for; None without a picture.

        0: kept bit for bit. 1 to 254: changed, by so many of 255 levels in the channel that changed most. 255:
        replaced, so that nothing of the photo is there.
        """
        return measure_result(self._made, self._picture) if self._picture else None

    def encode(self, format: str = "", quality: int = DEFAULT_QUALITY, metadata: str = "keep") -> bytes:
        """Return the picture as a "png", "jpeg" or "webp" file; as what suits it best when `format` is "".

        quality: 1 to 100, for jpeg and webp. metadata: "keep" what the camera did, "strip" it, or keep "all", place
        and owner as well. Raises ValueError where there is no picture, PictureError where the format cannot hold it.
        """
        if self._picture is None:
            raise ValueError(f"there is no picture to encode: {self.sentence}")
        return files.encode(self._picture, format or files.choose_format(self._picture), quality, metadata)

    def save(
        self,
        path: str | os.PathLike[str],
        quality: int = DEFAULT_QUALITY,
        metadata: str = "keep",
        overwrite: bool = False,
    ) -> Path:
        """Write the picture, whole or not at all, and return its path, which must end in .png, .jpg or .webp.

        Raises OutputExists when the file is there and `overwrite` is not set, ValueError for another ending, and what
        `encode` raises.
        """
        path = Path(path)
        if path.suffix.lower() not in FORMATS:
            raise ValueError(f"{path.name!r} must end in .png, .jpg or .webp")
        write_file(path, self.encode(FORMATS[path.suffix.lower()], quality, metadata), overwrite)
        return path
