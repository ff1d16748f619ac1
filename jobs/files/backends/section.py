"""A part of a file as a file of its own."""

import io
from typing import Any, BinaryIO


class Section(io.RawIOBase):
    """A part of an open file, as a file of its own: the web server sends it without a thread."""

    def __init__(self, file: BinaryIO, start: int, stop: int):
        self._file, self._start, self._length, self._at = file, start, max(0, stop - start), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._start + self._at)
        data = self._file.read(max(0, min(len(buffer), self._length - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
