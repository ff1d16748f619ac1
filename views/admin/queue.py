"""The queue of waiting jobs, and the workers."""

from flask import url_for
from flask_babel import gettext as _

from jobs import administration, overview
from jobs.scheduling import hands
from views.admin.shared import blueprint, me
from views.http.forms import render_page, respond


@blueprint.get("/queue")
def queue():
    return render_page(
        "admin/queue.html",
        line=overview.read_queue_state(),
        count_up_to=overview.COUNT_UP_TO,
        workers=overview.list_workers(),
        running=overview.list_running_jobs(),
        problems=hands.PROBLEMS,
    )


@blueprint.post("/queue/pause")
def pause_queue():
    administration.pause(me())
    notice = _("The queue stands still. Jobs that run are finished; no other is begun.")
    return respond(url_for("admin.queue"), {"paused": True}, notice=notice)


@blueprint.post("/queue/resumption")
def resume_queue():
    administration.resume(me())
    return respond(url_for("admin.queue"), {"paused": False}, notice=_("The queue goes on."))
