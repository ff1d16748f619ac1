"""The front page for visitors, what a tool does for who has no account, and the home of a signed-in user."""

from flask import Blueprint, abort, redirect, render_template, session, url_for
from flask_login import current_user

import services
from jobs.availability import find_unavailable_reason
from jobs.photos import listing
from services import SERVICES
from views.accounts import auth
from views.http.guards import GUESTS, SESSION_NAME, find_own_home, wants_json
from views.jobs.job_json import describe_jobs
from views.research import list_parts

blueprint = Blueprint("home", __name__)

RECENT_JOBS = 6


@blueprint.get("/")
def index():
    if current_user.is_authenticated:
        return redirect(find_own_home(), 303)
    # The cookie of a guest whose session is gone: said once.
    guest_over = session.get(SESSION_NAME) == GUESTS
    if guest_over:
        session.clear()
    return render_template("home.html", services=SERVICES, research=list_parts, guest_over=guest_over)


@blueprint.get("/tools/<service>")
def tool(service: str):
    key = (services.get(service) or abort(404)).key
    if not current_user.is_authenticated:
        return abort(401) if wants_json() else auth.show_register(onward=url_for("home.tool", service=key))
    return redirect(url_for("studio.studio", username=current_user.name, service=key), 303)


@blueprint.get("/<name:username>/")
def user(username: str):
    recent, _ = listing.list_page(current_user.id, RECENT_JOBS)
    return render_template(
        "user_home.html",
        services=SERVICES,
        availability={service.key: find_unavailable_reason(service) for service in SERVICES},
        recent=describe_jobs(recent),
    )
