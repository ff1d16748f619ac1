"""The account page: password, theme, sessions, access tokens, what is used, one's data, and the end of it all."""

from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_login import current_user

from accounts import appearance, password_change, sessions, tokens
from accounts.security import audit
from jobs import account_deletion, quotas, retention
from jobs.files import account_zip
from jobs.photos import shares
from jobs.queue import notify_mailer
from models import utc_now
from views.http.forms import as_field_error, read_field, render_page, respond, show_field_errors
from views.http.guards import finish, wants_json
from webhooks import registry, signing
from webhooks.errors import REASONS

blueprint = Blueprint("account", __name__, url_prefix="/<name:username>/account")

# Where the session keeps a secret until the page that shows it, once.
NEW_WEBHOOK_SECRET = "new_webhook_secret"  # noqa: S105
QUOTAS = {
    quotas.STORAGE: (lazy_gettext("Storage, originals and results together"), "MB"),
    "active_jobs": (lazy_gettext("Pictures waiting or being worked on"), ""),
    "jobs_per_day": (lazy_gettext("Pictures started today"), ""),
    "megapixels_per_day": (lazy_gettext("Megapixels worked on today"), "MP"),
}


SCOPES = {
    tokens.READ: lazy_gettext("Read: see jobs, download pictures"),
    tokens.JOBS: lazy_gettext("Jobs: upload pictures, start, cancel and delete jobs"),
    tokens.ADMIN: lazy_gettext("Administration: all that you may do there"),
}


def show_account(errors: dict | None = None, new_token: str = "") -> str:
    person = current_user._get_current_object()
    return render_page(
        "account.html",
        errors=errors,
        sessions=sessions.list_sessions(person, person.session_token),
        tokens=tokens.list_tokens(person),
        new_token=new_token,
        scopes={key: words for key, words in SCOPES.items() if key != tokens.ADMIN or person.is_admin},
        lifetimes_days=tokens.LIFETIMES_DAYS,
        wanted=_read_wanted_token() if "token_name" in request.form else {"scopes": [tokens.READ, tokens.JOBS]},
        usage=quotas.measure_usage(person.id),
        quotas=QUOTAS,
        retention_days=retention.find_days(person.id),
        theme=person.theme or "system",
        shares=shares.list_of_account(person.id),
        webhooks=registry.list_all(person.id),
        webhook_reasons=REASONS,
        new_webhook_secret=_take_webhook_secret(),
    )


def _take_webhook_secret() -> dict[str, Any] | None:
    """Return the webhook and the secret that are shown now, once; None where there is nothing new."""
    kept = session.pop(NEW_WEBHOOK_SECRET, None)
    secret = signing.decrypt(kept["secret"]) if kept else None
    return {"id": kept["id"], "secret": secret} if secret else None


@blueprint.get("")
def show(username: str):
    return show_account()


@blueprint.post("/password")
@show_field_errors(show_account)
def password(username: str):
    user = current_user._get_current_object()
    current, new, confirm = (read_field(name) for name in ("current", "password", "confirm"))
    notify_mailer(password_change.change(user, current, new, confirm, user.session_token, request.remote_addr))
    notice = _("Your password is changed. You are signed out everywhere else.")
    return respond(url_for("account.show", username=username), {"changed": True}, 200, notice)


@blueprint.post("/theme")
@show_field_errors(show_account)
def theme(username: str):
    appearance.choose_theme(current_user._get_current_object(), read_field("theme"))
    return respond(
        url_for("account.show", username=username), {"theme": read_field("theme")}, 200, _("Your theme is kept.")
    )


@blueprint.post("/sessions/end")
def end_sessions(username: str):
    user = current_user._get_current_object()
    sessions.end_others(user, user.session_token, request.remote_addr)
    return respond(url_for("account.show", username=username), {"ended": True}, 200, _("You are signed out elsewhere."))


@blueprint.post("/sessions/end/all")
def end_every_session(username: str):
    sessions.end_every(current_user._get_current_object(), request.remote_addr)
    finish()
    return respond(url_for("auth.login"), {"ended": True}, 200, _("You are signed out everywhere."))


@blueprint.post("/sessions/<int(max=2147483647):id>/end")
def end_session(username: str, id: int):
    sessions.end_one(current_user._get_current_object(), id, request.remote_addr)
    return respond(url_for("account.show", username=username), {"ended": True}, 200, _("That session is ended."))


@blueprint.post("/tokens")
@show_field_errors(show_account)
@as_field_error()
def create_token(username: str):
    """Show the new token in the response itself: anywhere else it would be kept."""
    user, wanted = current_user._get_current_object(), _read_wanted_token()
    chosen = wanted["name"], wanted["scopes"], wanted["days"]
    token, mail_id = tokens.create(user, *chosen, read_field("token_password"), request.remote_addr)
    notify_mailer(mail_id)
    return make_response(jsonify(token=token) if wants_json() else show_account(new_token=token), 201)


@blueprint.post("/tokens/<int(max=2147483647):id>/revocation")
def revoke_token(username: str, id: int):
    tokens.revoke(current_user._get_current_object(), id, username, request.remote_addr)
    return respond(url_for("account.show", username=username), {"revoked": True}, 200, _("That token is revoked."))


def _read_wanted_token() -> dict[str, Any]:
    """What the form asks for; the password is never shown again."""
    return {
        "name": read_field("token_name"),
        "scopes": request.form.getlist("token_scopes"),
        "days": read_field("token_days"),
    }


@blueprint.get("/data")
def data(username: str):
    user_id = current_user.id
    audit.record("data_downloaded", actor=username, target=username, address=request.remote_addr)
    archive = account_zip.make_zip(user_id)
    name = f"revive-{utc_now():%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(archive, mimetype="application/zip", headers=headers)


@blueprint.post("/deletion")
@show_field_errors(show_account)
@as_field_error("deletion_password")
def delete(username: str):
    user = current_user._get_current_object()
    notify_mailer(account_deletion.delete_own_account(user, read_field("deletion_password"), request.remote_addr))
    finish()
    notice = _("Your account and all its pictures are deleted.")
    return respond(url_for("auth.login"), {"deleted": True}, 200, notice)
