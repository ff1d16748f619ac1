"""One run of one job in the worker: claim it, decode, run the service, keep the result, say how it ended.

Every write says "if this job is still mine": a worker that lost its job, because the owner cancelled or
another worker took it over, changes nothing any more.
"""

import logging
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any

from flask import current_app
from sqlalchemy.exc import DBAPIError

import logs
import services
import traces
from accounts.settings.current import get_setting
from errors import N_
from imaging.io import files
from imaging.io.errors import PictureError, TooCostly
from jobs import options, process_identity
from jobs.errors import UNEXPECTED, JobError, StorageAway
from jobs.files import marker, results, storage
from jobs.scheduling import hands
from models import Job, count_changed, db, utc_now
from models.faults import describe
from models.job import DONE, FAILED, QUEUED, RUNNING
from models.transitions import change_status
from services import runtime
from services.base import Cancelled, Result, Service, ServiceError
from services.running import run_service
from worker.heartbeat import Heartbeat

logger = logging.getLogger(__name__)

TOO_LONG = "too_long"
_STAGES = {"read": N_("Reading the picture"), "save": N_("Saving the result")}
_TOO_LONG = N_("This picture took longer than this server allows and was stopped.")
_GONE_TOOL = N_("This tool is no longer part of this site.")
PICTURE_GONE = "picture_gone"
_PICTURE_GONE = N_("The picture of this job is no longer in the server's storage. Please upload it again.")
# A job whose picture or weights are missing is tried so often in all, and by this worker again after a while only.
MAX_TRIES = 3
_AVOID_SECONDS = 10
# Set when something was missing: the worker proves itself before it takes the next job.
fault_seen = threading.Event()
_avoided: dict[str, float] = {}
# While the database is away a finished job waits for it, trying so often and so long.
_FINISH_PAUSE_SECONDS = 1
_FINISH_TRIES = 300
# The runs of this process, so that one that broke off without a word is not taken for alive.
_active: set[str] = set()


def run(job_id: str, worker: str) -> bool:
    """Run a queued job to its end; return False when somebody else has it.

    Never raises for a job's own faults; raises DBAPIError when the database is lost before the run has begun.
    """
    this_run = process_identity.make_run(worker)
    _active.add(this_run)
    try:
        with logs.note_job(job_id):
            return _claim(job_id, this_run) and _run_claimed(job_id, this_run)
    finally:
        _active.discard(this_run)


def is_busy() -> bool:
    """Say whether this process is at work on any run."""
    return bool(_active)


def is_active(this_run: str) -> bool:
    """Say whether this process is at work on that run."""
    return this_run in _active


def list_avoided() -> list[str]:
    """Return the ids of the jobs that this worker leaves to others for a moment, since it could not run them."""
    now = time.monotonic()
    return [job_id for job_id, until in list(_avoided.items()) if now < until or _avoided.pop(job_id, None) is None]


def _run_claimed(job_id: str, this_run: str) -> bool:
    job = db.session.get(Job, job_id)
    if job is None:  # deleted in this very moment
        return True
    db.session.expunge(job)
    db.session.remove()  # a long run holds no connection
    with traces.span("job", _describe_for_trace(job), job.trace):
        _run_and_finish(job, this_run)
    return True


def _run_and_finish(job: Job, this_run: str) -> None:
    started, status = time.monotonic(), "taken away"
    runtime.begin_use()
    with Heartbeat(job.id, this_run, get_setting("JOB_MINUTES") * 60) as heartbeat:
        outcome = _compute_outcome(job, heartbeat)
        if outcome is not None:
            device = runtime.get_used_device() or "CPU"
            if _finish(job.id, this_run, outcome | {"device": device}, job.cache):
                status = outcome["status"]
    logger.info("Job %s (%s): %s after %.1f s", job.id, job.service, status, time.monotonic() - started)
    told = {"revive.status": status, "revive.error": (outcome or {}).get("error_key", "")}
    traces.note(told | {"revive.device": runtime.get_used_device() or "CPU"})


def _describe_for_trace(job: Job) -> dict[str, Any]:
    """What may be known of a job beside how long it took: nothing of its owner, its picture's name or its options."""
    waited = (utc_now() - job.created_at).total_seconds()
    size = {"revive.megapixels": round(job.width * job.height / 1e6, 1), "revive.attempt": job.attempts}
    return {"revive.service": job.service, "revive.seconds_since_created": round(waited, 3), **size}


def _claim(job_id: str, this_run: str) -> bool:
    mine = change_status(RUNNING, Job.id == job_id, worker=this_run, attempts=Job.attempts + 1)
    claimed = count_changed(mine) == 1
    db.session.commit()
    return claimed


def _compute_outcome(job: Job, heartbeat: Heartbeat) -> dict[str, Any] | None:
    """Return the columns that tell how the run ended; None when the job is no longer ours."""
    service = services.get(job.service)
    try:
        if service is None:
            raise JobError("unknown_service", _GONE_TOOL)
        result = _run_service(service, job, heartbeat)
        heartbeat(0.93, _STAGES["save"])
        with traces.span("save the result"):
            return results.store(job, service, result) | {"status": DONE}
    except Cancelled:
        return _describe_failure(TOO_LONG, _TOO_LONG) if heartbeat.too_long else None
    except FileNotFoundError:
        return None if heartbeat.is_lost() else _explain_missing_file(job)
    except StorageAway:
        logger.warning("The storage is away; job %s goes back into the queue.", job.id)
        return _put_back(job) | {"attempts": job.attempts - 1}
    except (ServiceError, PictureError, JobError) as error:
        if error.key == runtime.WEIGHTS_UNAVAILABLE and job.attempts < MAX_TRIES and _can_others_run(job):
            return _put_back(job)
        known = service is not None and error.key in service.verdicts
        return _describe_failure(error.key, error.message) | {"verdict": error.key if known else ""}
    except MemoryError:
        return _describe_failure(TooCostly.key, TooCostly.message)
    except Exception:
        return _handle_unexpected(job)


def _run_service(service: Service, job: Job, heartbeat: Heartbeat) -> Result:
    heartbeat(0.0, _STAGES["read"])
    megapixels = current_app.config["MAX_MEGAPIXELS"]
    with traces.span("read the picture"), storage.get_file(job.id, job.original_file).local_copy() as path:
        picture = files.decode(path, megapixels)
    chosen = options.prepare_for_run(service, job, megapixels)

    def report(share: float, stage: str = "") -> None:
        heartbeat(0.03 + 0.9 * share, stage)

    with traces.span("run the tool"):
        return run_service(service, picture, chosen, report)


def _lacks_picture(job: Job) -> bool:
    """Say whether what was uploaded for the job is not where it should be."""
    stored = storage.list_files(job.id)
    named = (job.options.get(option.name) for option in options.list_uploads(services.get(job.service)))
    uploads = [job.original_file, *(name for name in named if name)]
    return not all(name in stored for name in uploads)


def _explain_missing_file(job: Job) -> dict[str, Any]:
    try:
        return _leave_to_others(job) if _lacks_picture(job) else _handle_unexpected(job)
    except StorageAway:
        return _put_back(job) | {"attempts": job.attempts - 1}


def _leave_to_others(job: Job) -> dict[str, Any]:
    """Put a job back whose picture is not here. It fails when the storage is the right one and never has it."""
    is_ours = marker.is_ours()
    db.session.remove()
    if is_ours and job.attempts >= MAX_TRIES:
        return _describe_failure(PICTURE_GONE, _PICTURE_GONE)
    place = storage.get_backend().location
    logger.warning("The picture of job %s is not in %s; the job goes back into the queue.", job.id, place)
    return _put_back(job) | ({} if is_ours else {"attempts": job.attempts - 1})


def _can_others_run(job: Job) -> bool:
    workers = hands.list_fit(job.service)
    db.session.remove()
    return len(workers) > 1  # this one is still among them


def _put_back(job: Job) -> dict[str, Any]:
    _avoided[job.id] = time.monotonic() + _AVOID_SECONDS
    fault_seen.set()
    return {"status": QUEUED}


def _describe_failure(key: str, message: str) -> dict[str, Any]:
    return {"status": FAILED, "error_key": key, "error_message": message}


def _handle_unexpected(job: Job) -> dict[str, Any]:
    """An error that nobody foresaw: the log has it under a number, and the number is all that the owner sees."""
    reference = secrets.token_hex(4)
    logger.exception("Unexpected error %s in job %s (%s)", reference, job.id, job.service)
    return _describe_failure(UNEXPECTED, reference)


def _finish(job_id: str, this_run: str, outcome: Mapping[str, Any], cache_before: list[str] | None = None) -> bool:
    """Write the end of the run, waiting for a database that is away; say whether it counts.

    The files that it stored are undone when the job is not ours, or when it failed, with the disk full for instance.
    """
    columns = {name: value for name, value in outcome.items() if name != "status"}
    end = change_status(outcome["status"], Job.id == job_id, Job.worker == this_run, **columns)
    for attempt in range(_FINISH_TRIES):
        try:
            with db.engine.begin() as connection:
                mine = connection.execute(end).rowcount
            if not mine and not _has_ended_by(job_id, this_run):
                break
            if outcome["status"] == FAILED:
                results.forget(job_id, cache_before)
            return True
        except DBAPIError as error:
            if not attempt:
                logger.warning("The database is %s; job %s waits for it.", describe(error), job_id)
            time.sleep(_FINISH_PAUSE_SECONDS)
    _forget_result(job_id)
    return False


def _has_ended_by(job_id: str, this_run: str) -> bool:
    """Say whether the job has ended by this run: the database was lost after it had written that."""
    ended = db.select(Job.id).where(Job.id == job_id, Job.worker == this_run, Job.status.in_((DONE, FAILED)))
    found = db.session.scalar(ended) is not None
    db.session.remove()
    return found


def _forget_result(job_id: str) -> None:
    """Remove what this run stored, unless the run that took over has already finished with the same names."""
    row = db.session.execute(db.select(Job.status, Job.cache).where(Job.id == job_id)).one_or_none()
    db.session.remove()
    if row is None or row.status not in (DONE, RUNNING, QUEUED):
        results.forget(job_id, row.cache if row else None)
