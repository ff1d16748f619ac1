"""The page of one job: what is known of it, the steps that led to it, and the links that share its result."""

from typing import Any

from flask import render_template, url_for
from flask_login import current_user

from jobs.files import downloads, storage
from jobs.photos import shares
from jobs.photos.steps import Steps, find_steps
from models import Job
from views.http.guest_pages import is_guest
from views.jobs import tools, versions
from views.jobs.colour_memory import describe_memory
from views.jobs.job_json import describe_job, describe_jobs


def show(job: Job, new_link: str = "", step: str = "") -> str:
    """Return the page; `new_link` is shown on it, this once. `step`: the one whose before and after are compared."""
    facts = describe_job(job)
    shown_step = next((each for each in facts["steps"] if each["key"] == step and each["preview_url"]), None)
    return render_template(
        "job.html",
        job=facts,
        shown_step=shown_step,
        steps=_describe_steps(find_steps(job)),
        memory=describe_memory(job),
        url_of_only_here=versions.make_only_here_address(job),
        step_url_of_only_here=versions.make_only_here_address(job, shown_step["key"]) if shown_step else None,
        live_copies={name: _make_copy_address(job, name) for name in downloads.list_live_copies(job)},
        sharing={
            "days": [] if is_guest() else shares.list_lifetimes_days(),
            "links": shares.list_of_job(job),
            "new_link": new_link,
        },
        **tools.render_job(job),
    )


def _list_lifetimes() -> list[int]:
    """Return what a link may be made for; a guest makes none."""
    return [] if is_guest() else shares.list_lifetimes_days()


def _describe_steps(steps: Steps) -> dict[str, Any]:
    """Return what the page shows of the way to a job: facts of each step, and where to go back and forward."""
    owner, job = current_user.name, steps.path[-1]
    versions_url = url_for("jobs.history", username=owner, photo=job.photo_id)
    first = {"username": owner, "id": steps.path[0].id}
    return {
        "original_url": url_for("jobs.original", **first),
        "original_thumbnail_url": url_for("jobs.thumbnail", of=storage.ORIGINAL, **first),
        "path": describe_jobs(steps.path),
        "previous_url": _make_address(steps.previous),
        "following_url": _make_address(steps.following),
        "is_whole": steps.is_whole,
        "versions": steps.versions,
        "versions_url": versions_url,
    }


def _make_copy_address(job: Job, name: str) -> str:
    return url_for("jobs.live_copy", username=current_user.name, id=job.id, copy=name)


def _make_address(job: Job | None) -> str | None:
    return url_for("jobs.show", username=current_user.name, id=job.id) if job else None
