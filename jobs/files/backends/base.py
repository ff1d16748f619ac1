"""What a storage backend can do: the same for a folder and for a bucket.

A file has the id of its job and a name of ours; both are safe in paths and keys. `FileNotFoundError` says that it is
not there, `StorageFull`, `StorageReadOnly` and `StorageAway` what is wrong with the whole storage. No method needs the
application's context, and all may be called by several threads at once.
"""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

FOLDER, BUCKET = "folder", "bucket"
# Marks a job whose row was not yet written, or already deleted.
UNCOMMITTED = "row-unsure"
PART = ".part"


@dataclass(frozen=True)
class Stat:
    """Size in bytes, and a mark that changes when the content does."""

    size: int
    mark: str


@dataclass(frozen=True)
class StoredFile:
    """A file of a job, whether it is there or not."""

    backend: "Backend"
    job_id: str
    name: str

    @property
    def suffix(self) -> str:
        """The end of the name, with its dot."""
        return PurePosixPath(self.name).suffix

    def stat(self) -> Stat:
        """Return size and mark. Raises FileNotFoundError."""
        return self.backend.stat(self.job_id, self.name)

    def exists(self) -> bool:
        """Say whether the file is there."""
        try:
            self.stat()
        except FileNotFoundError:
            return False
        return True

    def open(self, start: int = 0, stop: int | None = None) -> BinaryIO:
        """Open the bytes from `start` up to, not including, `stop`, or to the end. Raises FileNotFoundError."""
        return self.backend.open(self.job_id, self.name, start, stop)

    def read(self) -> bytes:
        """Return the whole content. Raises FileNotFoundError."""
        with self.open() as file:
            return file.read()

    def local_copy(self) -> AbstractContextManager[Path]:
        """Yield a path on this machine, for what needs one; read it only. Raises FileNotFoundError."""
        return self.backend.local_copy(self.job_id, self.name)


class Draft(ABC):
    """A job that is put together: new files are written into `folder`, those of other jobs are copied."""

    def __init__(self, job_id: str, folder: Path):
        self.job_id, self.folder = job_id, folder

    @abstractmethod
    def copy(self, source: StoredFile, name: str) -> int:
        """Let the new job have the content of another job's file; return its bytes. Raises FileNotFoundError."""

    @abstractmethod
    def keep(self) -> None:
        """Store the draft as a job that is marked as uncommitted. Raises FileNotFoundError for a copy that is gone."""


class Backend(ABC):
    """One place where files of jobs lie.

    `location` says which, without secrets; `identity` is the same on every machine that reaches it; `scratch` is a
    folder on this machine for files that pass through.
    """

    kind: str
    location: str
    identity: str
    scratch: Path

    def get_file(self, job_id: str, name: str) -> StoredFile:
        """Return a file of a job, which need not be there."""
        return StoredFile(self, job_id, name)

    def make_scratch_path(self, suffix: str) -> Path:
        """Return the path of a file that does not exist yet and will not be kept."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        return self.scratch / f"{secrets.token_hex(8)}.{suffix}"

    @abstractmethod
    def stat(self, job_id: str, name: str) -> Stat:
        """Return size and mark of a file. Raises FileNotFoundError."""

    @abstractmethod
    def open(self, job_id: str, name: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        """Open a part of a file; reading and seeking in it never waits for a network. Raises FileNotFoundError."""

    @abstractmethod
    def local_copy(self, job_id: str, name: str) -> AbstractContextManager[Path]:
        """Yield a path of the file on this machine. Raises FileNotFoundError."""

    @abstractmethod
    def save(self, job_id: str, name: str, data: bytes) -> None:
        """Write a file of an existing job, whole or not at all. A folder raises FileNotFoundError when the job is gone.

        What comes too late into a bucket is found by the mark that deleting leaves.
        """

    @abstractmethod
    def add(self, job_id: str, name: str, source: BinaryIO) -> None:
        """Write a file of a job, whole or not at all, whether or not the job has other files."""

    @abstractmethod
    def draft(self, job_id: str) -> AbstractContextManager[Draft]:
        """Yield an empty draft; whatever it did not keep is removed."""

    @abstractmethod
    def remove(self, job_id: str) -> None:
        """Delete all files of a job."""

    @abstractmethod
    def remove_files(self, job_id: str, *names: str) -> None:
        """Delete single files of a job, where they exist."""

    @abstractmethod
    def list_files(self, job_id: str) -> dict[str, int]:
        """Return name -> bytes of every file of a job, in order; nothing when the job is gone."""

    @abstractmethod
    def list_job_ids(self, older_than_seconds: float = 0) -> Iterator[str]:
        """Yield the id of every job that has files, or of those in which nothing has changed for so long."""

    @abstractmethod
    def mark_uncommitted(self, job_id: str) -> None:
        """Mark a job as one whose files may be removed later if its row is missing then."""

    @abstractmethod
    def mark_committed(self, job_id: str) -> None:
        """Take that mark away."""

    @abstractmethod
    def list_uncommitted(self, older_than_seconds: float) -> list[str]:
        """Return the ids of the jobs that have been marked for so long."""

    @abstractmethod
    def read_text(self, name: str) -> str:
        """Return the text of a file beside the jobs, "" where there is none."""

    @abstractmethod
    def write_text(self, name: str, text: str) -> None:
        """Write a file beside the jobs, whole or not at all."""

    @abstractmethod
    def remove_stale(self, older_than_seconds: float) -> int:
        """Delete what crashes left behind on this machine and in the storage; return how many things that was."""

    @abstractmethod
    def measure_free_bytes(self) -> int | None:
        """Return how many bytes more it can take, None where it has no limit that it tells."""
