"""A file that holds a little space beside the SQLite database, given up when its disk is full.

SQLite writes every change to its log first, a deletion too: without a free block people could neither sign in nor
delete what fills the disk. A database server has a disk of its own, so it needs no such file.
"""

import contextlib
import os
from pathlib import Path

from models.faults import find_sqlite_folder

RESERVE_BYTES = 4 * 2**20
_NAME = "reserved-space"
_ALMOST_NOTHING_BYTES = 2**20
_PART_OF_FREE = 3


def hold() -> None:
    """Take the space if nobody has it and there is plenty; otherwise do nothing."""
    folder = find_sqlite_folder()
    if (
        folder is None
        or _count_held_bytes(folder) == RESERVE_BYTES
        or _free_bytes(folder) < _PART_OF_FREE * RESERVE_BYTES
    ):
        return
    path = folder / _NAME
    try:
        path.write_bytes(os.urandom(RESERVE_BYTES))  # zeros would take no space on some file systems
    except OSError:
        path.unlink(missing_ok=True)


def release_if_full() -> None:
    """Free the reserved space for those who must write now, if the disk is nearly full."""
    folder = find_sqlite_folder()
    if folder is not None and _free_bytes(folder) < _ALMOST_NOTHING_BYTES:
        release()


def release() -> None:
    """Give the space up."""
    folder = find_sqlite_folder()
    if folder is not None:
        with contextlib.suppress(OSError):
            (folder / _NAME).unlink(missing_ok=True)


def measure_room_for_pictures(folder: Path) -> int:
    """Return how many bytes pictures may take in `folder`: on the database's disk they leave the reserve alone."""
    free, database = _free_bytes(folder), find_sqlite_folder()
    if database is None or folder.stat().st_dev != database.stat().st_dev:
        return free
    return free + _count_held_bytes(database) - RESERVE_BYTES


def _free_bytes(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def _count_held_bytes(folder: Path) -> int:
    try:
        return min((folder / _NAME).stat().st_size, RESERVE_BYTES)
    except FileNotFoundError:
        return 0
