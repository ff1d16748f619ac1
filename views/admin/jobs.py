"""Everybody's jobs, without their pictures: those are their owners' business."""

from flask import request, url_for
from flask_babel import gettext as _

import services
from jobs import administration, lifecycle, progress
from models.job import ENDED, QUEUED, RUNNING
from views.admin.shared import PAGE, blueprint, find_list_url, make_next_url, me, read_filters, show_errors_in_list
from views.http.forms import render_page, respond

STATUSES = (QUEUED, RUNNING, *ENDED)


@blueprint.get("/jobs")
def jobs():
    chosen = read_filters("user", "service", "status")
    rows, mark = administration.list_jobs(chosen, PAGE, request.args.get("after", ""))
    return render_page(
        "admin/jobs.html",
        chosen=chosen,
        services=services.list_all(),
        statuses=STATUSES,
        jobs=[(job, progress.view(job, estimate=False), lifecycle.can_retry(job)) for job in rows],
        next_url=make_next_url("admin.jobs", chosen, mark),
    )


@blueprint.post("/jobs/<id>/cancellation")
@show_errors_in_list("admin.jobs")
def cancel_job(id: str):
    administration.cancel(me(), id)
    return respond(find_list_url(url_for("admin.jobs")), {"cancelled": id}, notice=_("The job is cancelled."))


@blueprint.post("/jobs/<id>/retry")
@show_errors_in_list("admin.jobs")
def retry_job(id: str):
    administration.retry(me(), id)
    return respond(find_list_url(url_for("admin.jobs")), {"retried": id}, notice=_("The job waits in the queue again."))
