"""What the page of a tool needs: its form, what that is filled in with, and the picture that is already here."""

from collections.abc import Mapping
from typing import Any

from flask import current_app, url_for
from flask_login import current_user

import services
from jobs import lifecycle
from jobs.availability import find_unavailable_reason
from jobs.guests import guest_quotas
from jobs.lifecycle import Template
from models import Job
from services.base import Option, Service
from views.jobs import samples, versions
from views.jobs.job_json import name_shown_result


def render_tool(
    service: Service, values: Mapping[str, Any], errors: Mapping[str, str] | None = None, form: Template | None = None
) -> dict[str, Any]:
    """Return what `studio.html` wants: `values` fill the options in, `form` brings the picture of an earlier job."""
    once = {option.name for option in service.options if option.once}
    former = {name: value for name, value in form.values.items() if name not in once} if form else {}
    megapixels = guest_quotas.find_max_megapixels(current_user.id)
    return {
        "service": service,
        "unavailable": find_unavailable_reason(service),
        "values": {**former, **values},
        "errors": errors or {},
        "samples": samples.list_samples(service),
        "source": describe_source(form) if form else None,
        "versions": versions.describe_versions(form) if form and versions.takes_versions(service) else [],
        "limits": {"megabytes": current_app.config["MAX_UPLOAD_MEGABYTES"], "megapixels": megapixels},
    }


def render_job(job: Job) -> dict[str, Any]:
    """Return the same for the page of a job, whose form is ready to run once more with other options."""
    service = services.get(job.service)
    if service is None:  # a tool of long ago
        return {"service": None, "errors": {}, "others": [], "touches": []}
    form = lifecycle.prefill(current_user.id, job.id)
    return render_tool(service, {}, form=form) | {
        "others": list_others(service),
        "touches": _list_touched(service, job),
    }


def _list_touched(service: Service, job: Job) -> list[Option]:
    """Return what can be drawn on to better what came of a job: colour hints, and the mask that the run made."""
    options = {option.name: option.default for option in service.options} | (job.options or {})
    hints = [option for option in service.options if option.kind == "hints" and job.result_file]
    masks = [option for option in service.options if option.finds and job.mask_file and option.matters(options)]
    return hints + masks


def list_others(service: Service) -> list[Service]:
    """Return the tools that a result of this one can be sent to."""
    return [each for each in services.SERVICES if each is not service and not find_unavailable_reason(each)]


def describe_source(form: Template) -> dict[str, Any]:
    """Return the picture of an earlier job as the form shows it; `uploads` need not come again."""
    job, name, service = form.job, current_user.name, services.get(form.job.service)
    dabs = form.is_again and bool(job.result_file)  # what is dabbed on is the result of before
    size = (job.width, job.height) if form.variant == "original" else (job.result_width, job.result_height)
    return {
        "id": job.id,
        "which": form.variant,
        "name": job.title or job.original_name,
        "width": size[0],
        "height": size[1],
        "preview_url": url_for("jobs.preview", username=name, id=job.id, of=form.variant),
        "result_url": url_for("jobs.preview", username=name, id=job.id, of=name_shown_result(job)) if dabs else "",
        "frame": form.frame,
        "uploads": form.uploads,
        "upload_previews": versions.list_previews(form),
        "starts": _find_starts(form, service) if service and form.is_again else {},
        "touches_up": service is not None and form.is_again and job.verdict in service.touched_up,
    }


def _find_starts(form: Template, service: Service) -> dict[str, str]:
    """Return option -> address of what a drawing begins with: the mask that the run made, else what was drawn then."""
    job, name = form.job, current_user.name
    starts = {each: url_for("jobs.upload", username=name, id=job.id, option=each) for each in form.uploads}
    drawn = [option for option in service.options if option.kind == "mask"]
    if job.mask_file:
        starts |= {option.name: url_for("jobs.mask", username=name, id=job.id) for option in drawn}
    return starts
