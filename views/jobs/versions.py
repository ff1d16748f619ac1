"""Versions of a photo that lie on each other, for the tools that lay one over another: choices, and links."""

from dataclasses import replace
from typing import Any

from flask import url_for
from flask_login import current_user

import services
from errors import N_
from jobs import lifecycle, progress
from jobs.errors import NotNow
from jobs.files import downloads, storage
from jobs.lifecycle import Template
from jobs.photos.versions import can_be_composited, find_frame
from jobs.sources import VERSION, WITHOUT
from models import Job
from services import onlyhere
from services.base import Service
from views.jobs.job_json import name_shown_result


def takes_versions(service: Service) -> bool:
    """Say whether a tool lays versions of one photo over each other."""
    return any(option.is_version for option in service.options)


def make_only_here_address(job: Job) -> str | None:
    """Return the page on which a brush says where the result of a job counts; None where it does not lie on a photo."""
    if job.service == onlyhere.SERVICE.key or not can_be_composited(job):
        return None
    begin: dict[str, Any] = {"from": job.id}
    return url_for("studio.studio", username=current_user.name, service=onlyhere.SERVICE.key, **begin)


def prefill(job_id: str, service: Service) -> tuple[Template, dict[str, str]]:
    """Return the form that begins with the result of a job over the photo, and the fields that say so.

    Elsewhere stays what the job itself got: the photo, or the result of the step before. Raises NotFound, and NotNow
    where the result does not lie on a photo.
    """
    job = lifecycle.find(current_user.id, job_id)
    if not can_be_composited(job):
        message = N_("This result was turned, cut or resized, so it does not lie on the original place by place.")
        raise NotNow("not_in_place", message)
    frame = find_frame(job)
    form = lifecycle.prefill(current_user.id, frame.job.id, service)
    fields = {onlyhere.EDITED + VERSION: job.id, onlyhere.ELSEWHERE + VERSION: _find_before(job) or WITHOUT}
    return replace(form, is_again=False, values={}, uploads=(), frame=""), fields


def describe_versions(form: Template) -> list[dict[str, Any]]:
    """Return the results that can be chosen for the photo of a form, the newest first."""
    jobs = [job for job in find_frame(form.job).versions if job.id != form.job.id or not form.is_again]
    return [
        {
            "id": job.id,
            "title": progress.translate(service.title),
            "made_at": job.created_at,
            "preview_url": url_for("jobs.preview", username=current_user.name, id=job.id, of=name_shown_result(job)),
        }
        for job in jobs
        if (service := services.get(job.service))
    ]


def list_previews(form: Template) -> dict[str, str]:
    """Return option name -> address of the small copy of what the earlier run of a form had for it."""
    owner = current_user.name
    return {
        name: url_for("jobs.preview", username=owner, id=form.job.id, of=f"{downloads.UPLOAD}-{name}")
        for name in form.uploads
    }


def _find_before(job: Job) -> str:
    """Return the id of the job whose result a job was made from; "" where that is the photo itself or is gone."""
    parents = lifecycle.find_parents([job])
    while parent := parents.get(job.parent_id):
        if job.parent_variant == storage.RESULT:
            return parent.id if can_be_composited(parent) else ""
        job, parents = parent, lifecycle.find_parents([parent])
    return ""
