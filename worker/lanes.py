"""The threads of a worker that run jobs: some take any job, others quick ones alone (`jobs.scheduling.lanes`).

Messages wake them. While the queue is away each lane looks at the rows by itself.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask
from huey.consumer import Consumer
from sqlalchemy.exc import DBAPIError

from jobs.queue import get_outage, get_wake_up
from jobs.scheduling import scheduler
from models.faults import describe
from worker import runner
from worker.proof import Proof

logger = logging.getLogger(__name__)

_SQLITE_POLL_SECONDS = 0.2
_AWAY_POLL_SECONDS = 2  # how often a Redis that is away is asked, and the rows meanwhile


class _Consumer(Consumer):
    """Huey's consumer as one of several in a process that has signal handlers of its own."""

    def _set_signal_handlers(self) -> None:
        pass


def start_consumer(app: Flask, kind: str, listener: Callable[[str], None], threads: int) -> Consumer:
    """Start threads that call the listener with each message of a kind."""
    wake_up = get_wake_up(app, kind)
    wake_up.listener = listener
    blocking = getattr(wake_up.huey.storage, "blocking", False)
    consumer = _Consumer(
        wake_up.huey,
        workers=threads,
        periodic=False,
        initial_delay=0.05,
        max_delay=_AWAY_POLL_SECONDS if blocking else _SQLITE_POLL_SECONDS,
    )
    consumer.start()
    return consumer


class Lane:
    """Threads that run jobs. `prove` returns what the worker may take now; `stopping` ends the lane."""

    def __init__(
        self,
        app: Flask,
        worker: str,
        kind: str,
        threads: int,
        *,
        quick_only: bool,
        prove: Callable[[], Proof],
        stopping: threading.Event,
    ):
        self.kind = kind
        self.jobs_begun = 0
        self._app, self._worker, self._threads, self._quick_only = app, worker, threads, quick_only
        self._prove, self._stopping = prove, stopping
        self._free = threading.Semaphore(threads)

    def start(self) -> Consumer:
        """Begin to take jobs."""
        threading.Thread(target=self._poll, name=f"poll-{self.kind}", daemon=True).start()
        return start_consumer(self._app, self.kind, self._work, self._threads)

    def pick(self) -> str | None:
        """Return the id of the job that the lane would take now. Needs the application's context."""
        proof = self._prove()
        if not proof.takes_jobs:
            return None
        return scheduler.pick_next(quick_only=self._quick_only, unable=proof.unable, without=runner.list_avoided())

    def _work(self, _message: Any = "") -> None:
        """Run what waits until nothing does: the message only says that there is something."""
        with self._free:
            self._work_on()

    def _work_on(self) -> None:
        with self._app.app_context():
            try:
                while not self._stopping.is_set() and (job_id := self.pick()):
                    self.jobs_begun += 1
                    runner.run(job_id, self._worker)
            except DBAPIError as error:
                logger.debug("The database is %s: maintenance notifies again.", describe(error))

    def _poll(self) -> None:
        """Look at the rows while the queue is away, with no more threads than the lane has."""
        while not self._stopping.wait(_AWAY_POLL_SECONDS):
            if get_outage(self._app).is_lost and self._free.acquire(blocking=False):
                try:
                    self._work_on()
                finally:
                    self._free.release()
