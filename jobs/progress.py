"""What is told of a job while it waits and runs: its place in the queue, and how long it may take.

Times are learnt from what this server did lately (`jobs.scheduling.run_times`). Nothing is told before there is
something to learn from, nor once a job takes longer than that.
"""

import heapq
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext
from sqlalchemy import select

import services
from jobs.errors import UNEXPECTED
from jobs.scheduling import hands, scheduler
from jobs.scheduling.lanes import QUICK
from jobs.scheduling.run_times import RunTimes
from jobs.scheduling.scheduler import WORK, Work
from models import Job, Setting, db, utc_now
from models.job import FAILED, QUEUED, RUNNING
from models.setting import PAUSED
from services.base import CHANGED, STATES, STEP_STATES

# A job that runs longer than its like did is expected to go on for this share of their time.
_SHARE_OF_LATE = 0.25


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
        "verdict_message": translate(verdicts.get(job.verdict, "")) or _sum_up_steps(job),
        "checks": _describe_checks(job),
        "steps": describe_steps(job),
        "notice": translate(service.notice) if service and job.result_file else "",
        "progress": round(job.progress, 3),
        "stage": translate(job.stage),
        "position": find_position(job) if estimate else None,
        "eta_seconds": estimate_seconds(job) if estimate else None,
        "paused": is_paused(job) if estimate else False,
        "no_worker": job.status == QUEUED and not hands.list_fit(job.service) if estimate else False,
        "device": job.device,
        "pages": job.image_pages,
        "pages_note": _describe_pages(job),
        "error": _describe_error(job),
    }


def find_position(job: Job) -> int | None:
    """Return the job's place in the queue, 1 being next; None when it does not wait."""
    if job.status != QUEUED:
        return None
    return 1 + len(scheduler.list_ahead(job))


def is_paused(job: Job) -> bool:
    """Say whether the job waits because an administrator has paused the queue."""
    return job.status == QUEUED and db.session.get(Setting, PAUSED) is not None


def estimate_seconds(job: Job) -> int | None:
    """Return in how many seconds the job may be done; None when it has ended, is paused, or nobody can tell."""
    if job.status not in (QUEUED, RUNNING) or is_paused(job):
        return None
    times = RunTimes()
    own = times.estimate_seconds(job.service, job.options, job.width * job.height)
    if own is None:
        return None
    if job.status == RUNNING:
        gone = _measure_seconds_since(job.started_at)
        return max(1, round(own - gone)) if gone < own else None
    wait = _estimate_wait(job, times)
    return None if wait is None else max(1, round(wait + own))


def _estimate_wait(job: Job, times: RunTimes) -> float | None:
    """Return in how many seconds a thread may be free for a waiting job; None where no worker can run it.

    A quick job is also taken by the threads for quick ones, which have nothing else to do.
    """
    workers = hands.list_fit(job.service)
    if not workers:
        return None
    rows = db.session.execute(select(Job.started_at, *WORK).where(Job.status == RUNNING))
    running = [(started_at, Work(*work)) for started_at, *work in rows]
    ahead = scheduler.list_ahead(job)
    wait = _simulate(sum(worker.threads for worker in workers), running, ahead, times)
    quick_threads = sum(worker.quick_threads for worker in workers)
    if job.lane == QUICK and quick_threads:
        quick = [(started_at, work) for started_at, work in running if work.lane == QUICK]
        wait = min(wait, _simulate(quick_threads, quick, [work for work in ahead if work.lane == QUICK], times))
    return wait


def _simulate(
    threads: int, running: Sequence[tuple[datetime | None, Work]], ahead: list[Work], times: RunTimes
) -> float:
    """Return in how many seconds one of the threads is free after all that is ahead.

    Each takes what is next when it is free; who runs now is at work for the rest of the usual time.
    """
    busy = []
    for started_at, work in running:
        usual = times.estimate_seconds(work.service, work.options, work.pixels) or 0.0
        busy.append(max(usual - _measure_seconds_since(started_at), _SHARE_OF_LATE * usual))
    free_in = sorted([0.0] * max(0, threads - len(busy)) + busy)[:threads]
    for work in ahead:
        seconds = times.estimate_seconds(work.service, work.options, work.pixels) or 0.0
        heapq.heapreplace(free_in, free_in[0] + seconds)
    return free_in[0]


def _measure_seconds_since(moment: datetime | None) -> float:
    return (utc_now() - moment).total_seconds() if moment else 0.0


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


def describe_steps(job: Job) -> list[dict[str, str]]:
    """Return {key, title, state, state_message, sentence, value} of the steps of a run, in the request's language."""
    titles = service.steps if (service := services.get(job.service)) else {}
    return [
        {
            "key": step["key"],
            "title": translate(titles.get(step["key"], "")) or step["key"],
            "state": step["state"],
            "state_message": translate(STEP_STATES[step["state"]]),
            "sentence": translate(step["said"]).replace("{value}", step["value"]),
            "value": step["value"],
        }
        for step in job.steps or ()
    ]


def _sum_up_steps(job: Job) -> str:
    """Return in one line which steps of a run changed something; "" for a run without steps."""
    changed = [step["title"] for step in describe_steps(job) if step["state"] == CHANGED]
    if not changed:
        return ""
    summary: str = gettext("Done: %(steps)s.", steps=gettext(", ").join(changed))
    return summary
