"""ZIP files that are made while they are sent: neither disk nor memory ever holds one whole."""

import threading
import time
import zipfile
from collections.abc import Generator, Iterator
from typing import BinaryIO

from jobs.errors import ServiceUnavailable
from jobs.files.backends.base import StoredFile

_RETRY_SECONDS = 60
_CHUNK_BYTES = 1 << 18
_lock = threading.Lock()
_sending: set[int] = set()  # whose archives are being sent


class Archive:
    """The bytes of a ZIP, piece by piece. `close` must be called, even when nothing was read."""

    def __init__(self, slots: threading.BoundedSemaphore, user_id: int, busy: str, pieces: Generator[bytes]):
        """Take one of the slots, and the account's only one, until closed.

        Raises ServiceUnavailable, saying `busy`, when there is none.
        """
        self._slots, self._user_id, self._pieces, self._closed = slots, user_id, pieces, False
        with _lock:
            if user_id in _sending or not slots.acquire(blocking=False):
                raise ServiceUnavailable("busy", busy, retry_after=_RETRY_SECONDS)
            _sending.add(user_id)

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        finally:
            self.close()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._pieces.close()
            with _lock:
                _sending.discard(self._user_id)
                self._slots.release()


class Pipe:
    """A file that cannot seek and remembers only what nobody has taken yet."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def close(self) -> None:
        """There is nothing to close; what was written can still be taken."""

    def take(self) -> bytes:
        """Return what was written since the last time."""
        data, self._waiting = b"".join(self._waiting), []
        return data


def stream_stored(archive: zipfile.ZipFile, pipe: Pipe, file: StoredFile, name: str) -> Iterator[bytes]:
    """Write one file as it is; one that was deleted meanwhile is left out."""
    try:
        source = file.open()
    except FileNotFoundError:
        return
    yield from stream_open_file(archive, pipe, source, name)


def stream_open_file(archive: zipfile.ZipFile, pipe: Pipe, source: BinaryIO, name: str) -> Iterator[bytes]:
    """Write an open file as it is, and close it."""
    with source, archive.open(make_entry(name, zipfile.ZIP_STORED), "w") as target:
        while chunk := source.read(_CHUNK_BYTES):
            target.write(chunk)
            yield pipe.take()


def make_entry(name: str, compression: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """Return the head of a member, readable by its owner only."""
    info = zipfile.ZipInfo(name, time.gmtime()[:6])
    info.compress_type = compression
    info.external_attr = 0o600 << 16
    return info
