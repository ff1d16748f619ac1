"""The connection to a bucket: its address, the client of boto3, and what its errors mean here."""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import parse_qs, urlsplit

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from jobs.errors import StorageAway, StorageFull, StorageReadOnly

logger = logging.getLogger(__name__)

_GONE = {"404", "NoSuchKey", "NotFound"}
_FULL = {"QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientCapacity", "507"}
_READ_ONLY = {"XMinioStorageReadOnly", "MethodNotAllowed"}
# A larger object is sent in parts; it appears when the last is there.
_TRANSFER = TransferConfig(multipart_threshold=64 << 20, multipart_chunksize=16 << 20, use_threads=False)
_CONNECTIONS = 32


@dataclass(frozen=True)
class Place:
    """A bucket, the prefix of all keys ("" or with a slash at its end), and how its server is reached."""

    bucket: str
    prefix: str
    endpoint: str | None
    region: str | None

    @property
    def location(self) -> str:
        """Where that is, for people."""
        server = f" ({self.endpoint})" if self.endpoint else ""
        return f"s3://{self.bucket}/{self.prefix}{server}"


def parse_place(url: str) -> Place:
    """Read `s3://bucket/prefix?endpoint=https://…&region=…`, which the reader of the setting has checked."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    prefix = parts.path.strip("/")
    endpoint, region = (query.get(name, [None])[0] for name in ("endpoint", "region"))
    return Place(parts.netloc, f"{prefix}/" if prefix else "", endpoint, region)


class Connection:
    """Clients of one bucket, made when they are first needed in each process.

    Without keys boto3 looks for them in its own ways: environment, profile, role of the machine.
    """

    def __init__(self, place: Place, access_key: str | None, secret_key: str | None):
        self._place, self._bucket, self._keys = place, place.bucket, (access_key, secret_key)
        self._lock = threading.Lock()
        self._clients: dict[tuple[int, bool], Any] = {}
        self._is_away = False

    def call(self, operation: str, *, is_quick: bool = False, **arguments: Any) -> dict[str, Any]:
        """Call an operation of the bucket; `is_quick` gives up within seconds. Raises what `translate_errors` does."""
        with self.translate_errors():
            reply: dict[str, Any] = getattr(self._get_client(is_quick), operation)(Bucket=self._bucket, **arguments)
            for error in reply.get("Errors", ()):
                raise ClientError({"Error": error}, operation)
            return reply

    def upload(self, key: str, source: BinaryIO) -> None:
        """Write an object, a large one in parts. Raises what `translate_errors` does."""
        with self.translate_errors():
            self._get_client().upload_fileobj(source, self._bucket, key, Config=_TRANSFER)

    def list_objects(self, start: str) -> Iterator[dict[str, Any]]:
        """Yield what is known of every object whose key begins so, in order. Raises what `translate_errors` does."""
        with self.translate_errors():
            pages = self._get_client().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=start):
                yield from page.get("Contents", ())

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn errors into FileNotFoundError, StorageFull, StorageReadOnly and StorageAway.

        The log says once that the bucket is away and why, and once that it is back. It never gets a key or a signature.
        """
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _GONE:
                raise FileNotFoundError(f"no such object in {self._place.location}") from None
            if code in _FULL:
                raise StorageFull() from None
            if code in _READ_ONLY:
                raise StorageReadOnly() from None
            self._note_away(code or "no code")
            raise StorageAway() from None
        except (BotoCoreError, HTTPClientError) as error:
            self._note_away(type(error).__name__)
            raise StorageAway() from None
        if self._is_away:
            self._is_away = False
            logger.warning("The bucket %s answers again.", self._place.location)

    def _note_away(self, reason: str) -> None:
        if not self._is_away:
            logger.error("The bucket %s does not do what it should: %s.", self._place.location, reason)
        self._is_away = True

    def _get_client(self, is_quick: bool = False) -> Any:
        key = os.getpid(), is_quick  # a forked process must not share connections
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._make_client(is_quick)
            return self._clients[key]

    def _make_client(self, is_quick: bool) -> Any:
        access_key, secret_key = self._keys
        config = Config(
            connect_timeout=2 if is_quick else 5,
            read_timeout=3 if is_quick else 30,
            retries={"mode": "standard", "total_max_attempts": 1 if is_quick else 3},
            max_pool_connections=_CONNECTIONS,
            s3={"addressing_style": "path" if self._place.endpoint else "auto"},
            # Checksums that only Amazon's own servers are sure to know.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        session = boto3.session.Session(
            aws_access_key_id=access_key, aws_secret_access_key=secret_key, region_name=self._place.region
        )
        # A server of one's own takes any region; Amazon's needs the bucket's.
        region = session.region_name or ("us-east-1" if self._place.endpoint else None)
        return session.client("s3", endpoint_url=self._place.endpoint, region_name=region, config=config)
