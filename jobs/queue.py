"""The queue: a bell that wakes a worker, and nothing more.

A message holds a kind and an id. The row in the database is the truth: a bell that is lost, doubled
or rung while the queue is down costs at most the few seconds until a worker's sweep looks at the rows.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from flask import Flask, current_app
from huey import Huey, RedisHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer
from redis import ConnectionPool

logger = logging.getLogger(__name__)

JOB, MAIL = "job", "mail"
_SQLITE_WAIT_SECONDS = 5
_REDIS_WAIT_SECONDS = 2
_making = threading.Lock()


class JsonSerializer(Serializer):
    """Messages as JSON: what somebody slips into the queue is data, never code."""

    def _serialize(self, data: Message) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(*json.loads(bytes(data)))


class Bell:
    """One kind of message: `ring` on the side of the site, `heard` on the side of the worker."""

    def __init__(self, url: str, kind: str):
        self.listener: Callable[[str], None] | None = None
        self.huey = _huey(url, f"revive-{kind}")
        self._task = self.huey.task(name="bell")(self._heard)

    def ring(self, row_id: str) -> None:
        """Send the id of a row to whichever worker is free first."""
        self._task(row_id)

    def is_silent(self) -> bool:
        """Say whether no message waits. Raises whatever the queue's driver raises when it is away."""
        return self.huey.storage.queue_size() == 0

    def _heard(self, row_id: str) -> None:
        self.listener(row_id)


def bell(app: Flask, kind: str) -> Bell:
    """Return the app's bell of this kind, made when first asked for."""
    with _making:
        bells = app.extensions.setdefault("bells", {})
        if kind not in bells:
            bells[kind] = Bell(app.config["QUEUE_URL"], kind)
        return bells[kind]


def ring_job(job_id: str) -> None:
    """Tell the workers of a queued job."""
    _ring(JOB, job_id)


def ring_mail(code_id: str) -> None:
    """Tell the workers of a code that waits to be mailed."""
    _ring(MAIL, code_id)


def remind(kind: str, row_ids: Iterable[str]) -> None:
    """Ring once more for rows whose bell seems lost: they wait, and the queue is empty."""
    _ring(kind, *row_ids, only_if_silent=True)


def _ring(kind: str, *row_ids: str, only_if_silent: bool = False) -> None:
    try:
        chime = bell(current_app._get_current_object(), kind)
        if row_ids and (not only_if_silent or chime.is_silent()):
            for row_id in row_ids:
                chime.ring(row_id)
    except Exception as error:  # whatever the queue's driver raises: the row is there, the sweep will find it
        logger.warning("The queue does not answer (%s); the next sweep finds the row.", type(error).__name__)


def _huey(url: str, name: str) -> Huey:
    serializer = JsonSerializer()
    if urlsplit(url).scheme == "sqlite":
        path = url.removeprefix("sqlite:///")
        # A bell may be lost, so it is not worth a flush to the disk.
        return SqliteHuey(
            name, results=False, serializer=serializer, filename=path, timeout=_SQLITE_WAIT_SECONDS, fsync=False
        )
    pool = ConnectionPool.from_url(url, socket_connect_timeout=_REDIS_WAIT_SECONDS, socket_timeout=_REDIS_WAIT_SECONDS)
    return RedisHuey(name, results=False, serializer=serializer, connection_pool=pool)
