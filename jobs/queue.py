"""The queue: messages that wake a worker, and nothing more.

A message holds a kind and an id. The row in the database is the truth: a message that is lost, doubled
or sent while the queue is down costs at most the few seconds until a worker's maintenance looks at the rows.
"""

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from flask import Flask
from flask.globals import app_ctx
from huey import Huey, RedisHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer
from redis import ConnectionPool, RedisError

logger = logging.getLogger(__name__)

JOB, QUICK_JOB, MAIL = "job", "quick", "mail"
_SQLITE_WAIT_SECONDS = 5
_REDIS_WAIT_SECONDS = 2
# While the queue is away, one message in so many seconds tries it: nobody else waits for it.
_RETRY_SECONDS = 5
# What the drivers of both queues raise when theirs does not answer.
DRIVER_ERRORS = (RedisError, sqlite3.Error, OSError)
_making = threading.Lock()


class JsonSerializer(Serializer):  # type: ignore[misc]  # huey says nothing of its types
    """Messages as JSON: what somebody slips into the queue is data, never code."""

    def _serialize(self, data: Message) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(*json.loads(bytes(data)))


class WakeUp:
    """One kind of message: `send` on the side of the site, `handle` on the side of the worker."""

    def __init__(self, url: str, kind: str):
        self.listener: Callable[[str], None] | None = None
        self.huey = _build_huey(url, f"revive-{kind}")
        self._task = self.huey.task(name="bell")(self._handle)

    def send(self, row_id: str) -> None:
        """Send the id of a row to whichever worker is free first."""
        self._task(row_id)

    def is_silent(self) -> bool:
        """Say whether no message waits. Raises whatever the queue's driver raises when it is away."""
        return bool(self.huey.storage.queue_size() == 0)

    def _handle(self, row_id: str) -> None:
        if self.listener is None:
            raise RuntimeError("a message came before anybody listened")
        self.listener(row_id)


class Outage:
    """Whether the queue answers: the log says so once when it is lost, and once when it is back."""

    def __init__(self) -> None:
        self._lost = False
        self._next_try = 0.0
        self._changing = threading.Lock()

    @property
    def is_lost(self) -> bool:
        """Whether the queue did not answer when it was last asked."""
        return self._lost

    def may_try(self) -> bool:
        """Say whether the queue is worth asking: it answered last time, or nobody has tried for a while."""
        with self._changing:
            if not self._lost:
                return True
            now = time.monotonic()
            if now < self._next_try:
                return False
            self._next_try = now + _RETRY_SECONDS
            return True

    def begin(self, error: BaseException) -> None:
        """Note that the queue did not answer."""
        with self._changing:
            was_lost, self._lost = self._lost, True
            self._next_try = time.monotonic() + _RETRY_SECONDS
        if not was_lost:
            logger.warning(
                "The queue does not answer (%s); what is wanted waits in the database.", type(error).__name__
            )

    def end(self) -> None:
        """Note that the queue answered."""
        with self._changing:
            was_lost, self._lost = self._lost, False
        if was_lost:
            logger.warning("The queue answers again.")


class OutageFilter(logging.Filter):
    """Keep out of the log what the queue's consumer says of an outage at every look, a page each time."""

    def __init__(self, outage: Outage):
        super().__init__()
        self._outage = outage

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, DRIVER_ERRORS):
            return True
        self._outage.begin(error)
        return False


def get_outage(app: Flask) -> Outage:
    """Return the app's knowledge of whether its queue answers."""
    with _making:
        found: Outage = app.extensions.setdefault("queue_outage", Outage())
        return found


def get_wake_up(app: Flask, kind: str) -> WakeUp:
    """Return the app's wake-up of this kind, made when first asked for."""
    with _making:
        wake_ups: dict[str, WakeUp] = app.extensions.setdefault("wake_ups", {})
        if kind not in wake_ups:
            wake_ups[kind] = WakeUp(app.config["QUEUE_URL"], kind)
        return wake_ups[kind]


def notify_worker(job_id: str) -> None:
    """Tell the workers of a queued job."""
    _ring(JOB, job_id)


def notify_quick_lane(job_id: str) -> None:
    """Tell the threads for quick jobs of one, too: whoever is free first takes it."""
    _ring(QUICK_JOB, job_id)


def notify_mailer(code_id: str) -> None:
    """Tell the workers of a code that waits to be mailed."""
    _ring(MAIL, code_id)


def notify_again(kind: str, row_ids: Iterable[str]) -> None:
    """Send once more for rows whose message seems lost: they wait, and the queue is empty."""
    _ring(kind, *row_ids, only_if_silent=True)


def _ring(kind: str, *row_ids: str, only_if_silent: bool = False) -> None:
    app = app_ctx.app
    outage = get_outage(app)
    if not only_if_silent and not outage.may_try():
        return
    try:
        wake_up = get_wake_up(app, kind)
        # A reminder asks even without a row to remind of: so a worker learns that the queue is back.
        if not only_if_silent or wake_up.is_silent():
            for row_id in row_ids:
                wake_up.send(row_id)
    except Exception as error:  # whatever the queue's driver raises: the row is there, maintenance will find it
        outage.begin(error)
    else:
        outage.end()


def _build_huey(url: str, name: str) -> Huey:
    serializer = JsonSerializer()
    if urlsplit(url).scheme == "sqlite":
        path = url.removeprefix("sqlite:///")
        # A message may be lost, so it is not worth a flush to the disk.
        return SqliteHuey(
            name, results=False, serializer=serializer, filename=path, timeout=_SQLITE_WAIT_SECONDS, fsync=False
        )
    pool = ConnectionPool.from_url(url, socket_connect_timeout=_REDIS_WAIT_SECONDS, socket_timeout=_REDIS_WAIT_SECONDS)
    return RedisHuey(name, results=False, serializer=serializer, connection_pool=pool)
