"""A person's jobs: the page of each, its pictures, what can be done with it, and the history.

The one JSON shape of a job, which pages are rendered from as well (`describe_job`):

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
    result_width, result_height
    url, original_url, result_url, mask_url, preview_original_url, preview_result_url, thumbnail_url
    formats           what the result can be downloaded in, the original's own first; original_url and result_url take
                      ?download=1, format=png|jpeg|webp, quality=1..100 (jpeg, webp), metadata=keep|strip
    answers           [] or the pictures to pick the result from: {number, name (or ""), is_result, url, preview_url,
                      thumbnail_url}
    chosen            the number of the answer that the owner picked, or None; choice_url takes a POST of answer=number
    files             finished downloads: {name, label, bytes, url}
    can_cancel, can_retry        whether cancel_url and retry_url would take it (POST)
    can_run_anyway    the service declined, but would run with its switch: POST anyway=1 to rerun_url
    another           None or {name, value}: the option that gives another answer as good, for rerun_url
    rerun_url         POST: the same once more as a new job, with those options changed that the form names
    again_url         the tool's form, filled in as for this job; result_again_url None or the same on the result
    parent            None or the job whose picture this one was made from: {id, url, which, number, name}
    title_url         POST of title=…
    deletion_url      POST; for some minutes a POST of id=… to restoration_url takes the deletion back
"""

from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, send_file, url_for
from flask_login import current_user

import services
from jobs import lifecycle, options, progress, trash
from jobs.errors import NotFound
from jobs.files import downloads, storage
from models import Job
from models.job import QUEUED, RUNNING
from views import tools
from views.guards import safe_next, wants_json

blueprint = Blueprint("jobs", __name__, url_prefix="/<name:username>")

HISTORY_PAGE = 24


@blueprint.get("/jobs/<id>")
def show(username: str, id: str):
    job = lifecycle.find(current_user.id, id)
    facts = describe_job(job)
    if wants_json():
        return jsonify(facts)
    return render_template("job.html", job=facts, **tools.page_of_job(job))


@blueprint.get("/jobs/<id>/original", defaults={"which": storage.ORIGINAL}, endpoint="original")
@blueprint.get("/jobs/<id>/result", defaults={"which": storage.RESULT}, endpoint="result")
@blueprint.get("/jobs/<id>/mask", defaults={"which": "mask"}, endpoint="mask")
def picture(username: str, id: str, which: str):
    job = lifecycle.find(current_user.id, id)
    wish = downloads.parse_spec(*(request.args.get(name) for name in ("format", "quality", "metadata")))
    return _send(downloads.picture(job, which, wish))


@blueprint.get("/jobs/<id>/answers/<int(max=2147483647):number>")
def answer(username: str, id: str, number: int):
    return picture(username, id, f"{storage.ANSWER}-{number}")


@blueprint.get("/jobs/<id>/uploads/<option>")
def upload(username: str, id: str, option: str):
    job = lifecycle.find(current_user.id, id)
    return _send(downloads.find_upload(job, option))


@blueprint.get("/jobs/<id>/preview", defaults={"kind": storage.PREVIEW}, endpoint="preview")
@blueprint.get("/jobs/<id>/thumbnail", defaults={"kind": storage.THUMBNAIL}, endpoint="thumbnail")
def small(username: str, id: str, kind: str):
    job = lifecycle.find(current_user.id, id)
    return _send(downloads.small(job, kind, request.args.get("of", storage.ORIGINAL)))


@blueprint.get("/jobs/<id>/files/<name>")
def file(username: str, id: str, name: str):
    job = lifecycle.find(current_user.id, id)
    return _send(downloads.find_finished(job, name), attachment=True)


@blueprint.post("/jobs/<id>/choice")
def choose(username: str, id: str):
    lifecycle.choose(current_user.id, id, request.form.get("answer", -1, type=int))
    return _after(username, id)


@blueprint.post("/jobs/<id>/rerun")
def rerun(username: str, id: str):
    job = lifecycle.again(current_user.id, id, request.form)
    if wants_json():
        return jsonify(describe_job(job)), 202
    return redirect(url_for("jobs.show", username=username, id=job.id), 303)


@blueprint.post("/jobs/<id>/title")
def rename(username: str, id: str):
    lifecycle.rename(current_user.id, id, request.form.get("title", ""))
    return _after(username, id)


@blueprint.post("/jobs/<id>/cancellation")
def cancel(username: str, id: str):
    lifecycle.cancel(current_user.id, id)
    return _after(username, id)


@blueprint.post("/jobs/<id>/retry")
def retry(username: str, id: str):
    lifecycle.retry(current_user.id, id)
    return _after(username, id)


@blueprint.post("/jobs/<id>/deletion")
def delete(username: str, id: str):
    lifecycle.delete(current_user.id, id)
    if wants_json():
        return jsonify(deleted=id, undo_minutes=trash.UNDO_MINUTES)
    return redirect(safe_next(request.form.get("next"), url_for("jobs.history", username=username)), 303)


@blueprint.get("/history")
def history(username: str):
    service, before = history_of(request.args.get("service", "")), request.args.get("before")
    jobs, older = lifecycle.page(current_user.id, HISTORY_PAGE, before, service)
    sheet = {"username": username, "service": service or None}
    older_url = url_for("jobs.history", **sheet, before=older) if older else None
    facts = [describe_job(job, estimate=False) for job in jobs]
    if wants_json():
        return jsonify(jobs=facts, older_url=older_url)
    here = url_for("jobs.history", **sheet, before=before)
    place = {"service": service, "before": before, "here": here}
    return render_template("history.html", jobs=facts, older_url=older_url, **place, **_describe_deleted())


def _describe_deleted() -> dict[str, Any]:
    """What can still be taken back, by the go in which it was deleted."""
    batches = trash.contents(current_user.id)
    return {
        "deleted": [[describe_job(job, estimate=False) for job in batch.jobs] for batch in batches],
        "undo_minutes": trash.UNDO_MINUTES,
    }


def describe_job(job: Job, estimate: bool = True) -> dict[str, Any]:
    """Return the public facts of a job: the shape above. Without `estimate`, in lists, the queue is not asked."""
    service = services.get(job.service)
    return (
        progress.view(job, estimate)
        | _pictures(job)
        | {
            "number": job.number,
            "title": job.title,
            "name": job.title or job.original_name,
            "options": _options(job),
            "original_name": job.original_name,
            "width": job.width,
            "height": job.height,
            "created_at": f"{job.created_at.isoformat(timespec='seconds')}Z",
            "deleted_at": f"{job.deleted_at.isoformat(timespec='seconds')}Z" if job.deleted_at else None,
            "parent": _parent(job),
            "can_cancel": job.status in (QUEUED, RUNNING),
            "can_retry": lifecycle.can_retry(job),
            "can_run_anyway": lifecycle.can_run_anyway(job),
            "another": _another(job),
            "url": _address(job, "show"),
            "cancel_url": _address(job, "cancel"),
            "retry_url": _address(job, "retry"),
            "rerun_url": _address(job, "rerun"),
            "title_url": _address(job, "rename"),
            "deletion_url": _address(job, "delete"),
            "restoration_url": url_for("history.restore", username=current_user.name),
            "again_url": _form(job, storage.ORIGINAL) if service else None,
            "result_again_url": _form(job, storage.RESULT) if service and job.result_file else None,
        }
    )


def _another(job: Job) -> dict[str, str] | None:
    service = services.get(job.service)
    found = service.another(job.options) if service and job.result_file else None
    return {"name": found[0], "value": found[1]} if found else None


def history_of(service: str) -> str:
    """Return the key of the tool that the history is asked for, "" for all. Raises NotFound."""
    if service and services.get(service) is None:
        raise NotFound()
    return service


def _pictures(job: Job) -> dict[str, Any]:
    """What is there to look at and to download."""
    done = bool(job.result_file)
    return {
        "has_result": done,
        "result_width": (job.result_width or None) if done else None,
        "result_height": (job.result_height or None) if done else None,
        "original_url": _address(job, "original"),
        "result_url": _address(job, "result") if done else None,
        "formats": downloads.formats(job) if done else [],
        "mask_url": _address(job, "mask") if job.mask_file else None,
        "preview_original_url": _address(job, "preview", of="original"),
        # Named by the file, so that a browser shows another one after another answer was picked.
        "preview_result_url": _address(job, "preview", of=_describe_status(job)) if done else None,
        "thumbnail_url": _address(job, "thumbnail", of=_describe_status(job) if done else "original"),
        "answers": [_answer(job, number) for number in range(job.answers)],
        "chosen": job.chosen,
        "choice_url": _address(job, "choose") if job.answers else None,
        "files": [
            {
                "name": file["name"],
                "label": progress.said(file["label"]),
                "bytes": file["bytes"],
                "url": _address(job, "file", name=file["name"]),
            }
            for file in job.files or ()
        ],
    }


def _describe_status(job: Job) -> str:
    return f"{storage.ANSWER}-{job.chosen}" if job.answers and job.chosen else storage.RESULT


def _answer(job: Job, number: int) -> dict[str, Any]:
    of = f"{storage.ANSWER}-{number}"
    service = services.get(job.service)
    names = service.answer_names if service else ()
    return {
        "name": progress.said(names[number]) if number < len(names) else "",
        "number": number,
        "is_result": number == (job.chosen or 0),
        "url": _address(job, "answer", number=number),
        "preview_url": _address(job, "preview", of=of),
        "thumbnail_url": _address(job, "thumbnail", of=of),
    }


def _options(job: Job) -> dict[str, Any]:
    uploaded = {option.name for option in options.uploads_of(services.get(job.service))}
    return {name: value is not None if name in uploaded else value for name, value in job.options.items()}


def _parent(job: Job) -> dict[str, Any] | None:
    parent = lifecycle.parent_of(job)
    if parent is None:
        return None
    return {
        "id": parent.id,
        "url": _address(parent, "show"),
        "which": job.parent_which,
        "number": parent.number,
        "name": parent.title or parent.original_name,
    }


def _address(job: Job, endpoint: str, **values: Any) -> str:
    return url_for(f"jobs.{endpoint}", username=current_user.name, id=job.id, **values)


def _form(job: Job, which: str) -> str:
    where = {"username": current_user.name, "service": job.service}
    return url_for("studio.studio", **where, **{"from": job.id, "which": which})


def _send(file: downloads.Download, attachment: bool = False):
    return send_file(
        file.open(),
        mimetype=file.mimetype,
        as_attachment=attachment or "download" in request.args,
        download_name=file.name,
        conditional=False,
        etag=False,
    )


def _after(username: str, id: str):
    """Back to the page of the job, or to where the form says that it stands."""
    if wants_json():
        return jsonify(describe_job(lifecycle.find(current_user.id, id)))
    return redirect(safe_next(request.form.get("next"), url_for("jobs.show", username=username, id=id)), 303)
