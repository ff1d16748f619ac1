"""What is done with jobs: cancel, try again, rename, delete, take that back."""

from typing import Any

from flask_login import current_user

from accounts.tokens import JOBS
from errors import N_
from jobs import lifecycle, trash
from views.api.facts import tell_job
from views.api.operation import operation
from views.api.schemas import Count, Job, JobChange, Selection


@operation("PATCH", "/jobs/<id>", N_("Rename a job, or pick another answer"), JOBS, body=JobChange, response=Job)
def change_job(id: str, body: JobChange) -> dict[str, Any]:
    lifecycle.find(current_user.id, id)
    if body.title is not None:
        lifecycle.rename(current_user.id, id, body.title)
    if body.alternative is not None:
        lifecycle.choose(current_user.id, id, body.alternative)
    return _tell(id)


@operation("POST", "/jobs/<id>/cancellation", N_("Cancel a job"), JOBS, response=Job)
def cancel_job(id: str) -> dict[str, Any]:
    lifecycle.cancel(current_user.id, id)
    return _tell(id)


@operation("POST", "/jobs/<id>/retry", N_("Try a failed or cancelled job again"), JOBS, response=Job)
def retry_job(id: str) -> dict[str, Any]:
    lifecycle.retry(current_user.id, id)
    return _tell(id)


@operation("DELETE", "/jobs/<id>", N_("Delete a job"), JOBS, status=204)
def delete_job(id: str) -> None:
    lifecycle.delete(current_user.id, id)


@operation("POST", "/deletions", N_("Delete several jobs"), JOBS, body=Selection, response=Count)
def delete_jobs(body: Selection) -> dict[str, int]:
    return {"count": trash.put(current_user.id, body.ids)}


@operation("POST", "/restorations", N_("Take back the latest deletions"), JOBS, body=Selection, response=Count)
def restore_jobs(body: Selection) -> dict[str, int]:
    return {"count": trash.take_back(current_user.id, body.ids)}


def _tell(id: str) -> dict[str, Any]:
    return tell_job(lifecycle.find(current_user.id, id))
