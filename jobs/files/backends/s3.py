"""A bucket of S3-compatible object storage: one object per file, under the same names as in a folder.

An object appears whole or not at all. A bucket knows no folders that could be moved away at once, so what must go is
marked first (`uncommitted/<job id>`), and the mark stays for a while: what a worker still writes goes with it.
"""

import hashlib
import io
import itertools
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from jobs.files.backends import disk
from jobs.files.backends.base import BUCKET, Backend, Draft, Stat, StoredFile
from jobs.files.backends.s3_client import Connection, Place

_MARKS = "uncommitted/"
_KEY = re.compile(r"[0-9a-f]{2}/([0-9a-f]{32})/[^/]+")
_IN_MEMORY_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 18
_AT_ONCE = 1000  # the most that one request may delete
_DRAFT_SECONDS = 3600


class BucketDraft(Draft):
    """A draft on this machine's disk. What other jobs have is copied inside the bucket, and never comes here."""

    def __init__(self, job_id: str, folder: Path, backend: "S3Backend"):
        super().__init__(job_id, folder)
        self._backend = backend
        self._copies: dict[str, StoredFile] = {}

    def copy(self, source: StoredFile, name: str) -> int:
        size = source.stat().size
        self._copies[name] = source
        return size

    def keep(self) -> None:
        self._backend.mark_uncommitted(self.job_id)
        for name, source in self._copies.items():
            self._backend.copy(source, self.job_id, name)
        for path in sorted(self.folder.iterdir()):
            with path.open("rb") as file:
                self._backend.add(self.job_id, path.name, file)


class S3Backend(Backend):
    """Objects of one bucket under one prefix. `scratch` is a folder on this machine for what passes through."""

    kind = BUCKET

    def __init__(self, place: Place, access_key: str | None, secret_key: str | None, scratch: Path):
        self.location, self.scratch = place.location, scratch
        self.identity = hashlib.sha256(f"{place.bucket}/{place.prefix}".encode()).hexdigest()[:16]
        self._bucket, self._prefix = place.bucket, place.prefix
        self._connection = Connection(place, access_key, secret_key)

    def stat(self, job_id: str, name: str) -> Stat:
        seen = self._connection.call("head_object", Key=self._make_key(job_id, name))
        return Stat(seen["ContentLength"], seen["ETag"])

    def open(self, job_id: str, name: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        """Open a part of an object, which is fetched now: who reads it later must not wait for the network."""
        part: dict[str, Any] = (
            {} if not start and stop is None else {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"}
        )
        self.scratch.mkdir(parents=True, exist_ok=True)
        file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=str(self.scratch))
        try:
            self._fetch(job_id, name, cast(BinaryIO, file), part)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return cast(BinaryIO, file)

    @contextmanager
    def local_copy(self, job_id: str, name: str) -> Iterator[Path]:
        path = self.make_scratch_path(name.rpartition(".")[2])
        try:
            with path.open("xb") as file:
                self._fetch(job_id, name, file, {})
            yield path
        finally:
            path.unlink(missing_ok=True)

    def save(self, job_id: str, name: str, data: bytes) -> None:
        self.add(job_id, name, io.BytesIO(data))

    def add(self, job_id: str, name: str, source: BinaryIO) -> None:
        self._connection.upload(self._make_key(job_id, name), source)

    def copy(self, source: StoredFile, job_id: str, name: str) -> None:
        """Copy an object inside the bucket. Raises FileNotFoundError."""
        origin = {"Bucket": self._bucket, "Key": self._make_key(source.job_id, source.name)}
        self._connection.call("copy_object", Key=self._make_key(job_id, name), CopySource=origin)

    @contextmanager
    def draft(self, job_id: str) -> Iterator[Draft]:
        for left in self.scratch.glob("*"):  # by a crash: no worker need run on this machine
            disk.remove_if_old(left, _DRAFT_SECONDS)
        path = self.scratch / job_id
        try:
            path.mkdir(parents=True)
            yield BucketDraft(job_id, path, self)
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def remove(self, job_id: str) -> None:
        self.remove_files(job_id, *self.list_files(job_id))

    def remove_files(self, job_id: str, *names: str) -> None:
        for start in range(0, len(names), _AT_ONCE):
            keys = [{"Key": self._make_key(job_id, name)} for name in names[start : start + _AT_ONCE]]
            self._connection.call("delete_objects", Delete={"Objects": keys, "Quiet": True})

    def list_files(self, job_id: str) -> dict[str, int]:
        folder = f"{job_id[:2]}/{job_id}/"
        return {key.removeprefix(folder): item["Size"] for key, item in self._list(folder)}

    def list_job_ids(self, older_than_seconds: float = 0) -> Iterator[str]:
        found = ((match[1], item) for key, item in self._list("") if (match := _KEY.fullmatch(key)))
        for job_id, group in itertools.groupby(found, key=lambda pair: pair[0]):
            newest = max(item["LastModified"].timestamp() for _job_id, item in group)
            if not older_than_seconds or time.time() - newest > older_than_seconds:
                yield job_id

    def mark_uncommitted(self, job_id: str) -> None:
        self._connection.call("put_object", Key=f"{self._prefix}{_MARKS}{job_id}", Body=b"")

    def mark_committed(self, job_id: str) -> None:
        self._connection.call("delete_object", Key=f"{self._prefix}{_MARKS}{job_id}")

    def list_uncommitted(self, older_than_seconds: float) -> list[str]:
        until = time.time() - older_than_seconds
        marks = ((key, item["LastModified"].timestamp()) for key, item in self._list(_MARKS))
        return [key.removeprefix(_MARKS) for key, made_at in marks if made_at < until]

    def read_text(self, name: str) -> str:
        """Return the text of an object beside the jobs: soon, or StorageAway is raised."""
        try:
            reply = self._connection.call("get_object", is_quick=True, Key=f"{self._prefix}{name}")
            with self._connection.translate_errors():
                return cast(bytes, reply["Body"].read()).decode("utf-8", "replace").strip()
        except FileNotFoundError:
            return ""

    def write_text(self, name: str, text: str) -> None:
        self._connection.call("put_object", Key=f"{self._prefix}{name}", Body=f"{text}\n".encode())

    def remove_stale(self, older_than_seconds: float) -> int:
        return sum(disk.remove_if_old(path, older_than_seconds) for path in self.scratch.glob("*"))

    def measure_free_bytes(self) -> int | None:
        return None

    def _make_key(self, job_id: str, name: str) -> str:
        return f"{self._prefix}{job_id[:2]}/{job_id}/{name}"

    def _fetch(self, job_id: str, name: str, file: BinaryIO, part: dict[str, Any]) -> None:
        reply = self._connection.call("get_object", Key=self._make_key(job_id, name), **part)
        with self._connection.translate_errors():
            for chunk in reply["Body"].iter_chunks(_CHUNK_BYTES):
                file.write(chunk)

    def _list(self, start: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (key below the prefix, what is known of it) of every object whose key begins so, in order."""
        for item in self._connection.list_objects(f"{self._prefix}{start}"):
            yield item["Key"].removeprefix(self._prefix), item
