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
from jobs.files.storage import name_step
from jobs.lifecycle import Template
from jobs.photos.versions import can_be_composited, find_frame, join_version, list_step_versions, split_version
from jobs.sources import VERSION, WITHOUT
from models import Job
from services import onlyhere
from services.base import Service
from views.jobs.job_json import name_shown_result


def takes_versions(service: Service) -> bool:
    """Say whether a tool lays versions of one photo over each other."""
    return any(option.is_version for option in service.options)


def make_only_here_address(job: Job, step: str = "") -> str | None:
    """Return the page on which a brush says where the result of a job counts, or the picture after a step of its run.

    None where that does not lie on a photo.
    """
    is_lying = step in _list_step_keys(job) if step else can_be_composited(job)
    if job.service == onlyhere.SERVICE.key or not is_lying:
        return None
    begin: dict[str, Any] = {"from": join_version(job, step)}
    return url_for("studio.studio", username=current_user.name, service=onlyhere.SERVICE.key, **begin)


def prefill(version: str, service: Service) -> tuple[Template, dict[str, str]]:
    """Return the form that begins with a version over the photo, and the fields that say so.

    Elsewhere stays what was there before: the photo, the result that the job began with, or the picture after the step
    before. Raises NotFound, and NotNow where the version does not lie on a photo.
    """
    job_id, step = split_version(version)
    job = lifecycle.find(current_user.id, job_id)
    steps = _list_step_keys(job)
    if step not in steps if step else not can_be_composited(job):
        message = N_("This result was turned, cut or resized, so it does not lie on the original place by place.")
        raise NotNow("not_in_place", message)
    frame = find_frame(job)
    form = lifecycle.prefill(current_user.id, frame.job.id, service)
    earlier = steps[: steps.index(step)] if step else []
    before = join_version(job, earlier[-1]) if earlier else _find_before(job)
    fields = {onlyhere.EDITED + VERSION: version, onlyhere.ELSEWHERE + VERSION: before or WITHOUT}
    return replace(form, is_again=False, values={}, uploads=(), frame=""), fields


def describe_versions(form: Template) -> list[dict[str, Any]]:
    """Return the results, and the pictures after the steps of a run, that lie on the photo of a form; newest first."""
    jobs = [job for job in find_frame(form.job).runs if job.id != form.job.id or not form.is_again]
    return [each for job in jobs if services.get(job.service) for each in _describe_version(job)]


def _describe_version(job: Job) -> list[dict[str, Any]]:
    service = services.get(job.service)
    assert service is not None
    title = progress.translate(service.title)
    shown = [("", title, name_shown_result(job))] if can_be_composited(job) else []
    shown += [
        (step["key"], f"{title}, {progress.translate(service.steps.get(step['key'], ''))}", name_step(step["key"]))
        for step in reversed(list_step_versions(job))
    ]
    return [
        {
            "id": join_version(job, key),
            "title": words,
            "made_at": job.created_at,
            "preview_url": url_for("jobs.preview", username=current_user.name, id=job.id, of=of),
        }
        for key, words, of in shown
    ]


def _list_step_keys(job: Job) -> list[str]:
    return [step["key"] for step in list_step_versions(job)]


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
