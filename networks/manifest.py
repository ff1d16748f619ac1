"""What weights/manifest.json promises, and whether the files keep it. No torch here.

The web process reads this module to say which services can run; only the worker, through
`networks.weights`, goes on to build a network from a file that was verified here.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

WEIGHTS = Path(__file__).resolve().parent.parent / "weights"
MANIFEST = "manifest.json"
REASONS = ("missing", "checksum", "unlisted", "form")


class WeightsUnavailable(Exception):
    """The weights `name` cannot be used; `reason_key` is one of `REASONS`.

    missing: no such file; checksum: the file is not the one that was listed; unlisted: the manifest
    does not know the name; form: the manifest, or the tensors in the file, are not of the agreed form.
    """

    def __init__(self, name: str, reason_key: str):
        super().__init__(f"weights {name!r} unavailable: {reason_key}")
        self.name = name
        self.reason_key = reason_key


@dataclass(frozen=True)
class Entry:
    """One set of weights as the manifest lists it."""

    name: str
    network: str  # a key of networks.weights.NETWORKS
    arguments: dict  # keyword arguments of that network's class
    file: str  # a bare file name inside the weights folder
    sha256: str
    bytes: int
    licence: str
    card: str  # a file beside it that says how it was made; "" for imported weights
    figures: dict = field(default_factory=dict)
    source: str = ""  # of imported weights: where the official file comes from
    source_sha256: str = ""  # of imported weights: of the official file
    imported_at: str = ""  # of imported weights: ISO 8601, UTC


def read_entries(folder: Path = WEIGHTS) -> dict[str, Entry]:
    """Read the manifest of `folder`: weights name -> Entry, empty where there is no manifest.

    Raises WeightsUnavailable("manifest", "form") when the manifest is not what it should be.
    """
    path = Path(folder) / MANIFEST
    if not path.exists():
        return {}
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        return {name: Entry(name=name, **fields) for name, fields in listed.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise WeightsUnavailable("manifest", "form") from error


def verify(name: str, folder: Path = WEIGHTS) -> Entry:
    """Return the Entry of `name` once its file is shown to be the listed one.

    Raises WeightsUnavailable with the reason otherwise. The size is compared before the hash, so that
    a truncated file is refused without reading it.
    """
    entry = read_entries(folder).get(name)
    if entry is None:
        raise WeightsUnavailable(name, "unlisted")
    if Path(entry.file).name != entry.file:  # a manifest may not point outside its own folder
        raise WeightsUnavailable(name, "form")
    path = Path(folder) / entry.file
    if not path.is_file():
        raise WeightsUnavailable(name, "missing")
    if path.stat().st_size != entry.bytes or hash_file(path) != entry.sha256:
        raise WeightsUnavailable(name, "checksum")
    return entry


def find(name: str, folders: Iterable[Path]) -> Path:
    """Return the first of `folders` whose manifest lists `name`: shipped weights stand before imported ones.

    Raises WeightsUnavailable: "unlisted" when none does, "form" when a manifest on the way cannot be read.
    """
    for folder in folders:
        if name in read_entries(folder):
            return Path(folder)
    raise WeightsUnavailable(name, "unlisted")


def put(folder: Path, name: str, entry: dict, partial: Path) -> None:
    """Move the finished file `partial` to `entry["file"]` in `folder` and list it; a file listed before is deleted."""
    folder = Path(folder)
    with lock_folder(folder):
        listed = _list_entries(folder)
        before = listed.get(name, entry)["file"]
        os.replace(partial, folder / entry["file"])
        _write(folder, listed | {name: entry})
        _delete(folder, before, unless=entry["file"])


def drop(folder: Path, name: str) -> None:
    """Take `name` off the manifest of `folder` and delete its file. Raises WeightsUnavailable when it is unlisted."""
    folder = Path(folder)
    if not folder.is_dir():
        raise WeightsUnavailable(name, "unlisted")
    with lock_folder(folder):
        listed = _list_entries(folder)
        if name not in listed:
            raise WeightsUnavailable(name, "unlisted")
        file = listed.pop(name)["file"]
        _write(folder, listed)
        _delete(folder, file)


def _list_entries(folder: Path) -> dict[str, dict]:
    manifest = folder / MANIFEST
    try:
        return json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
    except ValueError as error:
        raise WeightsUnavailable("manifest", "form") from error


def _write(folder: Path, listed: dict[str, dict]) -> None:
    partial = folder / f".{MANIFEST}.partial"
    with partial.open("w", encoding="utf-8") as file:
        file.write(json.dumps(listed, indent=2, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, folder / MANIFEST)


def _delete(folder: Path, file: str, unless: str = "") -> None:
    if file != unless and Path(file).name == file:  # a manifest may not point outside its own folder
        (folder / file).unlink(missing_ok=True)


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold the folder itself as the lock: no lock file is left behind."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file as lowercase hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
