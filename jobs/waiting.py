"""Waiting for the end of a job, for programs that would else ask again and again."""

import time

from jobs import lifecycle
from models import Job, release
from models.job import ENDED

MAX_WAIT_SECONDS = 20
_LOOK_EVERY_SECONDS = 0.3


def wait_for_end(user_id: int, job_id: str, seconds: float) -> Job:
    """Return the user's job once it has ended, or after so many seconds as it then is. Raises NotFound.

    No connection to the database is held meanwhile.
    """
    until = time.monotonic() + min(seconds, MAX_WAIT_SECONDS)
    job = lifecycle.find(user_id, job_id)
    while job.status not in ENDED and time.monotonic() < until:
        release()
        time.sleep(_LOOK_EVERY_SECONDS)
        job = lifecycle.find(user_id, job_id)
    return job
