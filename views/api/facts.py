"""Jobs and tools as the API tells of them: what the pages show, with the API's own addresses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from jobs import progress
from jobs.availability import find_unavailable_reason, list_offered_choices, list_offered_options
from jobs.photos.album_runs import Outcome
from models import Job
from services.base import UPLOADED, Option, Service
from views.http.errors import append_allowed
from views.jobs.job_json import describe_job, describe_jobs


def tell_job(job: Job) -> dict[str, Any]:
    """Return the facts of one job, with its place in the queue."""
    return _add_addresses(describe_job(job))


def tell_jobs(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Return the facts of the jobs of a list."""
    return [_add_addresses(facts) for facts in describe_jobs(jobs)]


def tell_outcome(outcome: Outcome) -> dict[str, Any]:
    """Return what came of one photo of an album."""
    error = outcome.error
    message = append_allowed(error.message, error.allowed) if error else ""
    return {
        "id": outcome.shown_id,
        "name": outcome.name,
        "job_id": outcome.job_id or None,
        "job_url": url_for("api.job", id=outcome.job_id) if outcome.job_id else None,
        "error": {"key": error.key, "message": message} if error else None,
    }


def tell_tool(service: Service) -> dict[str, Any]:
    """Return what a tool does and takes, in the language of the request."""
    reason = find_unavailable_reason(service)
    return {
        "key": service.key,
        "title": progress.translate(service.title),
        "summary": progress.translate(service.summary),
        "notice": progress.translate(service.notice),
        "is_available": reason is None,
        "unavailable_reason": progress.translate(reason or ""),
        "options": [_tell_option(option) for option in list_offered_options(service)],
        "jobs_url": url_for("api.create_job", service=service.key),
    }


def tell_time(moment: datetime | None) -> str | None:
    """Return a time of the database as ISO 8601 in UTC."""
    return f"{moment.isoformat(timespec='seconds')}Z" if moment else None


def _add_addresses(facts: dict[str, Any]) -> dict[str, Any]:
    def address(endpoint: str, **values: Any) -> str:
        return url_for(f"api.{endpoint}", id=facts["id"], **values)

    alternatives = [each | {"url": address("alternative", number=each["number"])} for each in facts["answers"]]
    files = [each | {"url": address("file", name=each["name"])} for each in facts["files"]]
    return facts | {
        "answers": alternatives,
        "files": files,
        "url": address("job"),
        "page_url": facts["url"],
        "original_url": address("original"),
        "result_url": address("result") if facts["has_result"] else None,
        "mask_url": address("mask") if facts["mask_url"] else None,
        "change_map": facts["change_map"] and facts["change_map"] | {"url": address("change_map")},
    }


def _tell_option(option: Option) -> dict[str, Any]:
    other, values = option.shown_when or ("", ())
    values = values if isinstance(values, tuple) else (values,)
    return {
        "name": option.name,
        "kind": option.kind,
        "title": progress.translate(option.title),
        "help": progress.translate(option.help),
        "default": option.default,
        "choices": [
            {"value": each.value, "label": progress.translate(each.label)} for each in list_offered_choices(option)
        ],
        "minimum": option.minimum,
        "maximum": option.maximum,
        "step": option.step,
        "shown_when": {"option": other, "values": list(values)} if other else None,
        "is_advanced": option.advanced,
        "is_needed": option.needed,
        "is_uploaded": option.kind in UPLOADED,
    }
