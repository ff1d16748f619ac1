"""What is told of a job while it waits and runs: its place in the queue, and how long it may take.

Times are learnt from what this server did lately: the median of seconds per megapixel of the same service, by the
same network or way where there was one. Nothing is told before there is something to learn from, nor once a job takes
longer than that.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from statistics import median
from typing import Any

from flask_babel import gettext
from sqlalchemy import func, select

import services
from jobs import scheduler
from jobs.errors import UNEXPECTED
from jobs.files.storage import ORIGINAL
from models import Job, Setting, Worker, db, utc_now
from models.job import DONE, FAILED, QUEUED, RUNNING
from models.setting import PAUSED
from services.base import STATES

LEARN_FROM_JOBS = 25
LEARN_FROM_DAYS = 30
WORKER_SEEN_SECONDS = 20
WAYS = ("network", "engine", "what")  # options that decide how long a run takes


def view(job: Job, estimate: bool = True) -> dict[str, Any]:
    """Return the public facts of a job, in the request's language; addresses are the views' business.

    Without `estimate` its place and its time stay None, `paused` and `no_worker` False: lists do not show them.
    """
    service = services.get(job.service)
    verdicts = service.verdicts if service else {}
    return {
        "id": job.id,
        "service": job.service,
        "status": job.status,
        "verdict": job.verdict,
        "verdict_message": translate(verdicts.get(job.verdict, "")),
        "checks": _describe_checks(job),
        "notice": translate(service.notice) if service and job.result_file else "",
        "progress": round(job.progress, 3),
        "stage": translate(job.stage),
        "position": find_position(job) if estimate else None,
        "eta_seconds": estimate_seconds(job) if estimate else None,
        "paused": is_paused(job) if estimate else False,
        "no_worker": job.status == QUEUED and not _count_worker_threads() if estimate else False,
        "device": job.device,
        "pages": job.image_pages,
        "pages_note": _describe_pages(job),
        "error": _describe_error(job),
    }


def find_position(job: Job) -> int | None:
    """Return the job's place in the queue, 1 being next; None when it does not wait."""
    if job.status != QUEUED:
        return None
    return 1 + len(scheduler.count_ahead(job))


def is_paused(job: Job) -> bool:
    """Say whether the job waits because an administrator has paused the queue."""
    return job.status == QUEUED and db.session.get(Setting, PAUSED) is not None


def estimate_seconds(job: Job) -> int | None:
    """Return in how many seconds the job may be done; None when it has ended, is paused, or nobody can tell."""
    if job.status not in (QUEUED, RUNNING) or is_paused(job):
        return None
    pace = _estimate_seconds_per_pixel(job.service, job.options)
    if pace is None:
        return None
    own = pace * job.width * job.height
    if job.status == RUNNING:
        gone = (utc_now() - job.started_at).total_seconds() if job.started_at else 0.0
        return max(1, round(own - gone)) if gone < own else None
    hands = _count_worker_threads()
    if not hands:
        return None
    running = db.session.execute(select(Job.service, Job.width * Job.height).where(Job.status == RUNNING)).all()
    before: Counter[str] = Counter()
    for key, pixels in [*running, *scheduler.count_ahead(job)]:
        before[key] += pixels
    waits = [(_estimate_seconds_per_pixel(key) or 0.0) * pixels for key, pixels in before.items()]
    return max(1, round(sum(waits) / hands + own))


def _describe_pages(job: Job) -> str:
    if job.image_pages < 2:
        return ""
    note: str = gettext("The file holds %(count)s pictures. Only the largest one was taken.", count=job.image_pages)
    return note


def _describe_error(job: Job) -> dict[str, str] | None:
    if job.status != FAILED:
        return None
    if job.error_key == UNEXPECTED:
        message = gettext(
            "Something went wrong on our side. It was logged under the number %(reference)s.",
            reference=job.error_message,
        )
        return {"key": job.error_key, "message": message}
    return {"key": job.error_key, "message": translate(job.error_message)}


def translate(text: str) -> str:
    """Return one of our sentences in the language of the request; empty text stays empty."""
    return gettext(text) if text else ""  # the empty text is the catalogue's own header


def _describe_checks(job: Job) -> list[dict[str, str]]:
    """Return the rows of the result's checklist in the language of the request."""
    titles = service.checks if (service := services.get(job.service)) else {}
    return [
        {**check, "title": translate(titles.get(check["key"], "")), "state_message": translate(STATES[check["state"]])}
        for check in job.checks or ()
    ]


def _estimate_seconds_per_pixel(service: str, options: Mapping[str, Any] | None = None) -> float | None:
    """Return the median of the latest jobs of this service that made a picture; None when there are none.

    With `options`, of those that went the same WAYS, if there are any. Jobs that went on with the original of an
    earlier one are left out: they may have had its work to start from.
    """
    since = utc_now() - timedelta(days=LEARN_FROM_DAYS)
    lately = (
        select(Job.started_at, Job.finished_at, Job.width * Job.height, Job.options)
        .where(Job.service == service, Job.status == DONE, Job.created_at > since, Job.parent_variant != ORIGINAL)
        .where(Job.result_file != "")
        .order_by(Job.created_at.desc())
        .limit(LEARN_FROM_JOBS)
    )
    paces = [
        ((finished - started).total_seconds() / each, _select_way(chosen))
        for started, finished, each, chosen in db.session.execute(lately)
        if started and finished and each
    ]
    alike = [pace for pace, way in paces if options is not None and way == _select_way(options)]
    return median(alike or [pace for pace, _ in paces]) if paces else None


def _select_way(options: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(options.get(name) for name in WAYS)


def _count_worker_threads() -> int:
    """Return how many jobs the living workers run at once."""
    living = Worker.seen_at > utc_now() - timedelta(seconds=WORKER_SEEN_SECONDS)
    # MySQL's sums are decimals, which do not go together with floats.
    return int(db.session.scalar(select(func.coalesce(func.sum(Worker.threads), 0)).where(living)) or 0)
