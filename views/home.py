"""The front page for visitors, and the home of a signed-in user."""

from flask import Blueprint, redirect, render_template
from flask_login import current_user

from jobs import lifecycle
from jobs.availability import unavailable_reason
from services import SERVICES
from views.http.guards import own_home
from views.jobs.job_json import describe_jobs
from views.research import behind

blueprint = Blueprint("home", __name__)

RECENT_JOBS = 6


@blueprint.get("/")
def index():
    if current_user.is_authenticated:
        return redirect(own_home(), 303)
    return render_template("home.html", services=SERVICES, research=behind)


@blueprint.get("/<name:username>/")
def user(username: str):
    recent, _ = lifecycle.page(current_user.id, RECENT_JOBS)
    return render_template(
        "user_home.html",
        services=SERVICES,
        availability={service.key: unavailable_reason(service) for service in SERVICES},
        recent=describe_jobs(recent),
    )
