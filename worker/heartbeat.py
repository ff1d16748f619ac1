"""The heartbeat of a running job: tells the row that it lives and how far it is, and hears from it when to stop."""

import logging
import threading
import time

from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from models import Job, db, utc_now
from models.faults import describe
from models.job import RUNNING
from services.base import Cancelled

logger = logging.getLogger(__name__)

BEAT_SECONDS = 2
REPORT_SECONDS = 0.3


class Heartbeat:
    """The `report` of a service, and a thread that beats while the service is silent.

    `heartbeat(progress, stage)` raises Cancelled once the job is not this run's any more (cancelled, deleted, taken
    over) or its time is up; `too_long` tells the latter. A database that is away is no reason to stop.
    """

    def __init__(self, job_id: str, this_run: str, seconds: float):
        self.too_long = False
        self._engine = db.engine
        self._mine = update(Job).where(Job.id == job_id, Job.status == RUNNING, Job.worker == this_run)
        self._deadline = time.monotonic() + seconds
        self._lost = threading.Event()
        self._ended = threading.Event()
        self._reported = (0.0, "")  # when, and which stage
        self._is_away = False
        self._thread = threading.Thread(target=self._beat_on, name=f"heartbeat-{job_id[:8]}", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def __call__(self, progress: float, stage: str = "") -> None:
        now = time.monotonic()
        reported_at, reported_stage = self._reported
        if now - reported_at >= REPORT_SECONDS or stage != reported_stage:
            self._reported = now, stage
            self._write(progress=min(1.0, max(0.0, progress)), stage=stage)
        if self._lost.is_set():
            raise Cancelled()
        if now > self._deadline:
            self.too_long = True
            raise Cancelled()

    def is_lost(self) -> bool:
        """Ask the row once more whether the job is still ours."""
        self._write()
        return self._lost.is_set()

    def _beat_on(self) -> None:
        while not self._ended.wait(BEAT_SECONDS) and not self._lost.is_set():
            self._write()

    def _write(self, **values: object) -> None:
        try:
            with self._engine.begin() as connection:
                if not connection.execute(self._mine.values(heartbeat_at=utc_now(), **values)).rowcount:
                    self._lost.set()
            self._is_away = False
        except DBAPIError as error:
            if not self._is_away:
                logger.warning("The database is %s; the job goes on.", describe(error))
            self._is_away = True
