"""Everybody's jobs and the queue, for administrators."""

from typing import Any

from accounts.tokens import ADMIN
from errors import N_
from jobs import administration, lifecycle, overview, progress
from models import Job
from views.admin.shared import PAGE, me
from views.api.admin_schemas import AdminJob, AdminJobs, AdminJobsQuery, Queue
from views.api.facts import tell_time
from views.api.operation import operation


@operation("GET", "/admin/jobs", N_("List everybody's jobs"), ADMIN, query=AdminJobsQuery, response=AdminJobs)
def admin_jobs(query: AdminJobsQuery) -> dict[str, Any]:
    chosen = query.model_dump(exclude={"after"})
    rows, mark = administration.list_jobs(chosen, PAGE, query.after)
    return {"jobs": [_tell(job) for job in rows], "next": mark}


@operation("POST", "/admin/jobs/<id>/cancellation", N_("Cancel anybody's job"), ADMIN, response=AdminJob)
def admin_cancel_job(id: str) -> dict[str, Any]:
    administration.cancel(me(), id)
    return _tell(administration.find(id))


@operation("POST", "/admin/jobs/<id>/retry", N_("Try anybody's job again"), ADMIN, response=AdminJob)
def admin_retry_job(id: str) -> dict[str, Any]:
    administration.retry(me(), id)
    return _tell(administration.find(id))


@operation("GET", "/admin/queue", N_("The queue and the workers"), ADMIN, response=Queue)
def admin_queue() -> dict[str, Any]:
    return _tell_queue()


@operation("POST", "/admin/queue/pause", N_("Pause the queue"), ADMIN, response=Queue)
def admin_pause_queue() -> dict[str, Any]:
    administration.pause(me())
    return _tell_queue()


@operation("POST", "/admin/queue/resumption", N_("Resume the queue"), ADMIN, response=Queue)
def admin_resume_queue() -> dict[str, Any]:
    administration.resume(me())
    return _tell_queue()


def _tell(job: Job) -> dict[str, Any]:
    facts = progress.view(job, estimate=False)
    return facts | {
        "user": job.user.name,
        "width": job.width,
        "height": job.height,
        "created_at": tell_time(job.created_at),
        "can_retry": lifecycle.can_retry(job),
    }


def _tell_queue() -> dict[str, Any]:
    line = overview.read_queue_state()
    return {
        "waiting": line.waiting,
        "running": line.running,
        "oldest_at": tell_time(line.oldest_at),
        "paused_since": tell_time(line.paused_since),
        "workers": [
            {
                "id": worker.id,
                "threads": worker.threads,
                "device": worker.device,
                "is_alive": worker.alive,
                "seen_at": tell_time(worker.seen_at),
                "quick_threads": worker.quick_threads,
                "version": worker.version,
                "weights": worker.weights,
                "problems": worker.problems,
                "unable": worker.unable,
                "memory_megabytes": worker.memory_megabytes,
            }
            for worker in overview.list_workers()
        ],
    }
