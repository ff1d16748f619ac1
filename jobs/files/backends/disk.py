"""What can be wrong with a disk of this machine, and the small acts on its files."""

import errno
import os
import shutil
import time
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP}


def is_full(error: BaseException) -> bool:
    """True for the ways in which a file system says that nothing more fits."""
    return isinstance(error, OSError) and error.errno in _FULL


def is_read_only(error: BaseException, *roots: Path) -> bool:
    """True for a file system that is read-only, and for a file or folder below the roots that is not ours to write."""
    if not isinstance(error, OSError) or error.errno not in READ_ONLY:
        return False
    return error.errno == errno.EROFS or str(error.filename or "").startswith(tuple(map(str, roots)))


def link(source: Path, target: Path) -> None:
    """Let `target` be the file `source` as well: linked, or copied where the file system knows no links."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        shutil.copyfile(source, target)


def flush(path: Path) -> None:
    """Have a file, or the entries of a folder, written to the disk now."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_if_old(path: Path, older_than_seconds: float) -> bool:
    """Delete a file or a folder that has not changed for so long; say whether it was."""
    try:
        if time.time() - path.stat().st_mtime <= older_than_seconds:
            return False
    except FileNotFoundError:
        return False
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    return True


def find_existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())
