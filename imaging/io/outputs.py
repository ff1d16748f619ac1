"""The files that one run of a command writes: each under a name of its own, whole or not at all.

Nothing that was there before the run is replaced, unless the person asked for it, and an input never is.
"""

import os
import secrets
import threading
import unicodedata
from collections.abc import Iterable
from pathlib import Path

MAX_NAME_BYTES = 255


class OutputExists(Exception):
    """The name is taken: `path` is that file, `is_input` says whether the run reads it."""

    def __init__(self, path: Path, is_input: bool = False):
        super().__init__(str(path))
        self.path = path
        self.is_input = is_input


class Outputs:
    """Names for the outputs of `inputs` in one folder, and the one way to write them, from any thread.

    `overwrite`: replace files that were there before the run. `protected`: further files that are never replaced.
    """

    def __init__(self, inputs: Iterable[Path], overwrite: bool = False, protected: Iterable[Path] = ()):
        self._overwrite = overwrite
        inputs = list(inputs)
        self._inputs = {_read_identity(path) for path in [*inputs, *protected]}
        self._lock = threading.Lock()
        self._written: set[str] = set()
        self._stems = _make_distinct_stems(inputs)
        self._reserved = {_fold(stem) for stem in self._stems.values()}

    def stem_of(self, source: Path) -> str:
        """Return the stem that the outputs of this input have; no two inputs of the run share one.

        It is the input's own, with the suffix in it ("IMG_1-heic") where another input has the same stem.
        """
        return self._stems[source]

    def extend(self, stem: str, addition: str) -> str:
        """Return "STEM-ADDITION" as a stem for a further output, with a number where that is taken."""
        with self._lock:
            extended = self._find_free(stem, addition)
            self._reserved.add(_fold(extended))
        return extended

    def exists(self, path: Path, addition: str = "") -> bool:
        """Say whether there is a file where `write` would put this one, its stem extended by the addition if any."""
        stem = self._find_free(path.stem, addition) if addition else path.stem
        return os.path.lexists(_shorten(path.with_name(stem + path.suffix)))

    def write(self, files: dict[Path, bytes]) -> list[Path]:
        """Write all of these files and return their paths, shortened where the name was too long.

        Raises OutputExists before anything is written where one of them may not be replaced.
        """
        paths = {_shorten(path): data for path, data in files.items()}
        with self._lock:
            for path in paths:
                self._check(path)
            for path, data in paths.items():
                write_file(path, data, overwrite=self._overwrite)
                self._written.add(_fold(str(path.absolute())))
        return list(paths)

    def _find_free(self, stem: str, addition: str) -> str:
        extended, number = f"{stem}-{addition}", 1
        while _fold(extended) in self._reserved:
            number += 1
            extended = f"{stem}-{addition}-{number}"
        return extended

    def _check(self, path: Path) -> None:
        if not os.path.lexists(path):
            return
        is_input = path.exists() and _read_identity(path) in self._inputs
        if is_input or not self._overwrite or _fold(str(path.absolute())) in self._written:
            raise OutputExists(path, is_input)


def check_folder(folder: Path) -> None:
    """Make the folder if need be, and write a file into it and delete it. Raises OSError where that fails."""
    folder.mkdir(parents=True, exist_ok=True)
    probe = _name_part(folder / "probe")
    try:
        probe.write_bytes(b"")
    finally:
        probe.unlink(missing_ok=True)


def write_file(path: Path, data: bytes, overwrite: bool = False) -> None:
    """Write the whole file or none. Raises OutputExists where the name is taken and `overwrite` is not set."""
    part = _name_part(path)
    try:
        part.write_bytes(data)
        if overwrite:
            os.replace(part, path)
        else:
            _rename_to_new(part, path)
    finally:
        part.unlink(missing_ok=True)


def _rename_to_new(part: Path, path: Path) -> None:
    """Give a file its name, which must be free: a link fails where a rename would replace."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise OutputExists(path) from None
    except OSError:  # a file system without links
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            raise OutputExists(path) from None
        os.replace(part, path)


def _name_part(path: Path) -> Path:
    return path.with_name(f".{secrets.token_hex(8)}.part")


def _make_distinct_stems(inputs: list[Path]) -> dict[Path, str]:
    """Return a stem for each input: its own where no other has it, whatever the case and the spelling of letters."""
    shared = [_fold(path.stem) for path in inputs]
    stems, taken = {}, {stem for stem in shared if shared.count(stem) == 1}
    for path, own in zip(inputs, shared, strict=True):
        stem, number = path.stem, 1
        if own not in taken:
            stem = f"{path.stem}-{path.suffix[1:]}" if path.suffix else path.stem
            while _fold(stem) in taken or _fold(stem) in shared:
                number += 1
                stem = f"{path.stem}-{path.suffix[1:]}-{number}"
            taken.add(_fold(stem))
        stems[path] = stem
    return stems


def _fold(name: str) -> str:
    """Return a name as file systems compare it that tell neither case nor the spelling of a letter apart."""
    return unicodedata.normalize("NFC", name).casefold()


def _read_identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:  # an input that was taken away meanwhile
        return None
    return found.st_dev, found.st_ino


def _shorten(path: Path) -> Path:
    """Return the path with a name of at most MAX_NAME_BYTES; what falls away is the middle, so that numbers stay."""
    name = os.fsencode(path.name)
    if len(name) <= MAX_NAME_BYTES:
        return path
    tail = os.fsencode(path.stem)[-24:] + os.fsencode(path.suffix)
    head = name[: MAX_NAME_BYTES - len(tail)]
    return path.with_name(_drop_half_characters(head) + _drop_half_characters(tail))


def _drop_half_characters(name: bytes) -> str:
    """Return the text without the halves of characters at its ends."""
    while name and name[0] & 0xC0 == 0x80:
        name = name[1:]
    return name.decode("utf-8", "ignore")
