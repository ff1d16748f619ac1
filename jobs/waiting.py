"""Waiting for the end of a job, or for its progress, for programs that would else ask again and again."""

import time

from jobs import lifecycle
from models import Job, release
from models.job import ENDED

MAX_WAIT_SECONDS = 20
_LOOK_EVERY_SECONDS = 0.3
# Progress is told to three decimals.
_MIN_STEP = 0.001


def wait_for_news(user_id: int, job_id: str, seconds: float, seen: float | None = None) -> Job:
    """Return the user's job once it has ended, or after so many seconds as it then is. Raises NotFound.

    With `seen`, the progress that the caller knows (0 to 1), also once it is another: a run that begins anew has less.
    No connection to the database is held meanwhile.
    """
    until = time.monotonic() + min(seconds, MAX_WAIT_SECONDS)
    job = lifecycle.find(user_id, job_id)
    while not _has_news(job, seen) and time.monotonic() < until:
        release()
        time.sleep(_LOOK_EVERY_SECONDS)
        job = lifecycle.find(user_id, job_id)
    return job


def _has_news(job: Job, seen: float | None) -> bool:
    return job.status in ENDED or (seen is not None and abs(job.progress - seen) >= _MIN_STEP)
