"""The one shape of a job, from which pages are rendered and the API answers (`describe_job`):

id, number        number: of the frame in the owner's contact sheet, 1 being the first job ever
title, name       title: the owner's own name for it or ""; name: that, else the name of the uploaded file
service, options  options: as asked for, name -> value; of an uploaded picture only whether there is one
status            queued | running | done | failed | cancelled; done does not mean that there is a result:
has_result        whether there is one; without it every result_… below is None and formats is empty
verdict, verdict_message     a key, and its sentence in the reader's language; "" for a plain success
notice            what is to be known of every result of this service, or ""
error             {key, message} of a failed job, else None
progress, stage, position, eta_seconds, device
paused, no_worker it waits, and the administrator stopped the queue, or no worker is alive
original_name, width, height, created_at, deleted_at      the size is the original's; times are ISO 8601 in UTC
pages, pages_note how many pictures the original's file holds, and "" or a sentence that only one was taken
result_width, result_height
url, original_url, result_url, mask_url, preview_original_url, preview_result_url, thumbnail_url
formats           what the result can be downloaded in, the original's own first; original_url and result_url take
                  ?download=1, format=png|jpeg|webp, quality=1..100 (jpeg, webp), metadata=keep|strip
answers           [] or the pictures to pick the result from: {number, name (or ""), is_result, url, preview_url,
                  thumbnail_url}
separation_url    where the pictures are parts of one page: POST makes each a photo of its own
chosen            the number of the alternative that the owner picked, or None; choice_url takes a POST of answer=number
change_map        None or {url, overlay_url, sentence, kinds: [{key, title, about, share, percent}]}: what of the result
                  was kept, changed and replaced; the overlay is a coloured picture of it
checks            [] or the checklist of what the result is for: {key, title, state, state_message, value}; state is
                  met | not_met | unsure, value what was measured or ""
steps             [] or the steps of the run: {key, title, state, state_message, sentence, value, width, height,
                  preview_url, before_url, thumbnail_url}; state is changed | not_needed | unsure | off | failed, key
                  the name of the switch, before_url the preview of what the step got; the rest is None but for
                  changed
files             finished downloads: {name, label, bytes, url}
can_cancel, can_retry        whether cancel_url and retry_url would take it (POST)
can_run_anyway    the service declined, but would run with its switch: POST anyway=1 to rerun_url
another           None or {name, value}: the option that gives an alternative as good, for rerun_url
rerun_url         POST: the same once more as a new job, with those options changed that the form names
again_url         the tool's form, filled in as for this job; result_again_url None or the same on the result
parent            None or the job whose picture this one was made from: {id, url, which, number, name}
title_url         POST of title=…
deletion_url      POST; for some minutes a POST of id=… to restoration_url takes the deletion back
"""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for
from flask_login import current_user

import services
from jobs import lifecycle, options, progress
from jobs.files import downloads, storage
from models import Job
from models.job import QUEUED, RUNNING
from views.jobs.change_map_json import describe_change_map


def describe_job(job: Job) -> dict[str, Any]:
    """Return the public facts of a job: the shape above."""
    return _describe(job, lifecycle.find_parents([job]), estimate=True)


def describe_jobs(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Return the public facts of the jobs of a list, for which the queue is not asked about waiting times."""
    parents = lifecycle.find_parents(jobs)
    return [_describe(job, parents, estimate=False) for job in jobs]


def _describe(job: Job, parents: Mapping[str, Job], estimate: bool) -> dict[str, Any]:
    service = services.get(job.service)
    return (
        progress.view(job, estimate)
        | _describe_pictures(job)
        | {
            "steps": _describe_steps(job),
            "number": job.number,
            "title": job.title,
            "name": job.title or job.original_name,
            "options": _describe_options(job),
            "original_name": job.original_name,
            "width": job.width,
            "height": job.height,
            "created_at": f"{job.created_at.isoformat(timespec='seconds')}Z",
            "deleted_at": f"{job.deleted_at.isoformat(timespec='seconds')}Z" if job.deleted_at else None,
            "parent": _describe_parent(job, parents.get(job.parent_id)),
            "can_cancel": job.status in (QUEUED, RUNNING),
            "can_retry": lifecycle.can_retry(job),
            "can_run_anyway": lifecycle.can_run_anyway(job),
            "another": _describe_another(job),
            "url": _make_address(job, "show"),
            "cancel_url": _make_address(job, "cancel"),
            "retry_url": _make_address(job, "retry"),
            "rerun_url": _make_address(job, "rerun"),
            "title_url": _make_address(job, "rename"),
            "deletion_url": _make_address(job, "delete"),
            "restoration_url": url_for("history.restore", username=current_user.name),
            "again_url": _make_form_address(job, storage.ORIGINAL) if service else None,
            "result_again_url": _make_form_address(job, storage.RESULT) if service and job.result_file else None,
        }
    )


def _describe_another(job: Job) -> dict[str, str] | None:
    service = services.get(job.service)
    found = service.another(job.options) if service and job.result_file else None
    return {"name": found[0], "value": found[1]} if found else None


def _describe_pictures(job: Job) -> dict[str, Any]:
    """What is there to look at and to download."""
    done = bool(job.result_file)
    return {
        "has_result": done,
        "result_width": (job.result_width or None) if done else None,
        "result_height": (job.result_height or None) if done else None,
        "original_url": _make_address(job, "original"),
        "result_url": _make_address(job, "result") if done else None,
        "formats": downloads.list_formats(job) if done else [],
        "mask_url": _make_address(job, "mask") if job.mask_file else None,
        "preview_original_url": _make_address(job, "preview", of="original"),
        # Named by the file, so that a browser shows another one after another alternative was picked.
        "preview_result_url": _make_address(job, "preview", of=name_shown_result(job)) if done else None,
        "thumbnail_url": _make_address(job, "thumbnail", of=name_shown_result(job) if done else "original"),
        "change_map": _describe_change_map(job),
        "answers": [_describe_alternative(job, number) for number in range(job.alternatives)],
        "chosen": job.chosen,
        "separation_url": url_for("albums.separate", username=current_user.name, job_id=job.id),
        "choice_url": _make_address(job, "choose") if job.alternatives else None,
        "files": [
            {
                "name": file["name"],
                "label": progress.translate(file["label"]),
                "bytes": file["bytes"],
                "url": _make_address(job, "file", name=file["name"]),
            }
            for file in job.files or ()
        ],
    }


def _describe_change_map(job: Job) -> dict[str, Any] | None:
    facts = describe_change_map(job)
    return facts and facts | {
        "url": _make_address(job, "change_map"),
        "overlay_url": _make_address(job, "preview", of=downloads.CHANGE_MAP, shown=name_shown_result(job)),
    }


def name_shown_result(job: Job) -> str:
    """Return the name under which the small copies of a job's result are kept: that of the picked alternative."""
    return f"{storage.ALTERNATIVE}-{job.chosen}" if job.alternatives and job.chosen else storage.RESULT


def _describe_alternative(job: Job, number: int) -> dict[str, Any]:
    of = f"{storage.ALTERNATIVE}-{number}"
    service = services.get(job.service)
    names = service.alternative_names if service else ()
    return {
        "name": progress.translate(names[number]) if number < len(names) else "",
        "number": number,
        "is_result": number == (job.chosen or 0),
        "url": _make_address(job, "alternative", number=number),
        "preview_url": _make_address(job, "preview", of=of),
        "thumbnail_url": _make_address(job, "thumbnail", of=of),
    }


def _describe_steps(job: Job) -> list[dict[str, Any]]:
    """Return what is told of the steps of a run, with the small pictures of those that changed something."""
    steps, before = [], (storage.ORIGINAL, job.width, job.height)
    for told, step in zip(progress.describe_steps(job), job.steps or (), strict=True):
        shown: dict[str, Any] = dict.fromkeys(("width", "height", "preview_url", "before_url", "thumbnail_url"))
        if step["shown"]:
            of = storage.name_step(step["key"])
            shown = {
                "width": step["width"],
                "height": step["height"],
                "preview_url": _make_address(job, "preview", of=of),
                "before_url": _make_address(job, "preview", of=before[0]),
                "before_width": before[1],
                "before_height": before[2],
                "thumbnail_url": _make_address(job, "thumbnail", of=of),
            }
            before = of, step["width"], step["height"]
        steps.append(told | shown | {"switch_on": bool(job.options.get(step["key"]))})
    return steps


def _describe_options(job: Job) -> dict[str, Any]:
    uploaded = {option.name for option in options.list_uploads(services.get(job.service))}
    return {name: value is not None if name in uploaded else value for name, value in job.options.items()}


def _describe_parent(job: Job, parent: Job | None) -> dict[str, Any] | None:
    if parent is None:
        return None
    return {
        "id": parent.id,
        "url": _make_address(parent, "show"),
        "which": job.parent_variant,
        "number": parent.number,
        "name": parent.title or parent.original_name,
    }


def _make_address(job: Job, endpoint: str, **values: Any) -> str:
    return url_for(f"jobs.{endpoint}", username=current_user.name, id=job.id, **values)


def _make_form_address(job: Job, variant: str) -> str:
    picture: dict[str, Any] = {"from": job.id, "which": variant}
    return url_for("studio.studio", username=current_user.name, service=job.service, **picture)
