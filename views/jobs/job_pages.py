"""A person's jobs: the page of each, its pictures, what can be done with it, and the history."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user

from jobs import lifecycle
from jobs.files import downloads, storage
from jobs.photos import listing
from views.http.guards import check_next
from views.http.sending import send
from views.jobs import job_page, sheet

blueprint = Blueprint("jobs", __name__, url_prefix="/<name:username>")

HISTORY_PAGE = 24


@blueprint.get("/jobs/<id>")
def show(username: str, id: str):
    job = lifecycle.find(current_user.id, id)
    return job_page.show(job, step=request.args.get("step", ""))


@blueprint.get("/jobs/<id>/original", defaults={"variant": storage.ORIGINAL}, endpoint="original")
@blueprint.get("/jobs/<id>/result", defaults={"variant": storage.RESULT}, endpoint="result")
@blueprint.get("/jobs/<id>/mask", defaults={"variant": "mask"}, endpoint="mask")
@blueprint.get("/jobs/<id>/change-map", defaults={"variant": downloads.CHANGE_MAP}, endpoint="change_map")
def picture(username: str, id: str, variant: str):
    job = lifecycle.find(current_user.id, id)
    spec = downloads.parse_spec(*(request.args.get(name) for name in ("format", "quality", "metadata")))
    return send(downloads.prepare_picture(job, variant, spec))


@blueprint.get("/jobs/<id>/answers/<int(max=2147483647):number>")
def alternative(username: str, id: str, number: int):
    return picture(username, id, f"{storage.ALTERNATIVE}-{number}")


@blueprint.get("/jobs/<id>/uploads/<option>")
def upload(username: str, id: str, option: str):
    job = lifecycle.find(current_user.id, id)
    return send(downloads.find_upload(job, option))


@blueprint.get("/jobs/<id>/preview", defaults={"kind": storage.PREVIEW}, endpoint="preview")
@blueprint.get("/jobs/<id>/thumbnail", defaults={"kind": storage.THUMBNAIL}, endpoint="thumbnail")
def small(username: str, id: str, kind: str):
    job = lifecycle.find(current_user.id, id)
    return send(downloads.find_small(job, kind, request.args.get("of", storage.ORIGINAL)), may_be_kept=True)


@blueprint.get("/jobs/<id>/live/<copy>")
def live_copy(username: str, id: str, copy: str):
    job = lifecycle.find(current_user.id, id)
    return send(downloads.find_live_copy(job, copy))


@blueprint.get("/jobs/<id>/files/<name>")
def file(username: str, id: str, name: str):
    job = lifecycle.find(current_user.id, id)
    return send(downloads.find_finished(job, name), attachment=True)


@blueprint.post("/jobs/<id>/choice")
def choose(username: str, id: str):
    lifecycle.choose(current_user.id, id, request.form.get("answer", -1, type=int))
    return _redirect_back(username, id)


@blueprint.post("/jobs/<id>/rerun")
def rerun(username: str, id: str):
    job = lifecycle.run_again(current_user.id, id, request.form)
    return redirect(url_for("jobs.show", username=username, id=job.id), 303)


@blueprint.post("/jobs/<id>/title")
def rename(username: str, id: str):
    lifecycle.rename(current_user.id, id, request.form.get("title", ""))
    return _redirect_back(username, id)


@blueprint.post("/jobs/<id>/cancellation")
def cancel(username: str, id: str):
    lifecycle.cancel(current_user.id, id)
    return _redirect_back(username, id)


@blueprint.post("/jobs/<id>/retry")
def retry(username: str, id: str):
    lifecycle.retry(current_user.id, id)
    return _redirect_back(username, id)


@blueprint.post("/jobs/<id>/deletion")
def delete(username: str, id: str):
    lifecycle.delete(current_user.id, id)
    return redirect(check_next(request.form.get("next"), url_for("jobs.history", username=username)), 303)


@blueprint.get("/history")
def history(username: str):
    """One frame for each photo, unless the versions of one are asked for."""
    chosen, words = sheet.read_filter()
    find = listing.list_page if chosen.photo else listing.list_stacks
    jobs, older = find(current_user.id, HISTORY_PAGE, request.args.get("before"), chosen)
    return render_template("history.html", **sheet.describe(jobs, chosen, words, older))


def _redirect_back(username: str, id: str):
    """Back to the page of the job, or to where the form says that it stands."""
    return redirect(check_next(request.form.get("next"), url_for("jobs.show", username=username, id=id)), 303)
