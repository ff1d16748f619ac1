"""Accounts: the list, each one, and all that an administrator may do to it."""

from flask import request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from accounts import administration, sessions, tokens, user_queries
from accounts.errors import NoSuchAccount
from jobs import administration as job_administration
from jobs import quotas as job_quotas
from jobs import retention
from jobs.photos import shares
from jobs.queue import notify_mailer
from views.admin.shared import PAGE, blueprint, make_next_url, me, read_filters
from views.http.forms import as_field_error, read_field, render_page, respond, show_field_errors
from views.http.guards import finish
from views.languages import CODES


@blueprint.get("/users")
def users():
    chosen = read_filters("q", "state", "order")
    rows, mark = user_queries.list_users(
        chosen["q"], chosen["state"], chosen["order"], PAGE, request.args.get("after", "")
    )
    return render_page(
        "admin/users.html", users=rows, chosen=chosen, next_url=make_next_url("admin.users", chosen, mark)
    )


def show_form(errors: dict | None = None) -> str:
    values = {"username": read_field("username"), "language": read_field("language") or str(get_locale())}
    return render_page("admin/new_user.html", errors=errors, values=values)


@blueprint.route("/users/new", methods=["GET", "POST"])
@show_field_errors(show_form)
def new_user():
    if request.method != "POST":
        return show_form()
    language = read_field("language") if read_field("language") in CODES else str(get_locale())
    user_id, mail_id = administration.create(me(), read_field("username"), language)
    notify_mailer(mail_id)
    notice = _("The account is made. A mail invites its owner to choose a password.")
    return respond(url_for("admin.user", user_id=user_id), {"id": user_id}, 201, notice)


def show_user(errors: dict | None = None) -> str:
    user_id = (request.view_args or {})["user_id"]
    user = user_queries.find(user_id)
    if user is None:
        raise NoSuchAccount()
    values = {name: read_field(name) if errors else getattr(user, name) for name in administration.QUOTAS}
    return render_page(
        "admin/user.html",
        errors=errors,
        user=user,
        values=values,
        usage=job_quotas.measure_usage(user_id),
        retention_days=retention.find_days(user_id),
        sessions=sessions.list_sessions(user, ""),
        tokens=tokens.list_tokens(user),
        shares=shares.list_of_account(user_id),
        reason=read_field("reason"),
    )


@blueprint.get("/users/<int(max=2147483647):user_id>")
def user(user_id: int):
    return show_user()


def action(path: str, name: str):
    """Decorate a view that changes the account of its address: told beside the fields what is wrong, then back."""

    def decorate(view):
        guarded = show_field_errors(show_user)(as_field_error()(view))
        return blueprint.post(f"/users/<int(max=2147483647):user_id>/{path}", endpoint=name)(guarded)

    return decorate


@action("disablement", "disable")
def disable(user_id: int):
    onward = _find_next_url(user_id)
    notify_mailer(administration.disable(me(), user_id, read_field("reason")))
    return respond(onward, {"disabled": True}, notice=_("The account is disabled, and a mail tells its owner."))


@action("enablement", "enable")
def enable(user_id: int):
    administration.enable(me(), user_id)
    return respond(_find_user_url(user_id), {"disabled": False}, notice=_("The account is enabled again."))


@action("promotion", "promote")
def promote(user_id: int):
    administration.promote(me(), user_id)
    return respond(_find_user_url(user_id), {"admin": True}, notice=_("This account is an administrator's now."))


@action("demotion", "demote")
def demote(user_id: int):
    onward = _find_next_url(user_id)
    administration.demote(me(), user_id)
    return respond(onward, {"admin": False}, notice=_("This account is no administrator's any more."))


@action("reset", "force_reset")
def force_reset(user_id: int):
    onward = _find_next_url(user_id)
    notify_mailer(administration.force_new_password(me(), user_id))
    notice = _("The old password no longer works. A mail asks its owner to choose a new one.")
    return respond(onward, {"reset": True}, notice=notice)


@action("sessions/end", "end_sessions")
def end_sessions(user_id: int):
    onward = _find_next_url(user_id)
    administration.sign_out_everywhere(me(), user_id)
    return respond(onward, {"ended": True}, notice=_("This account is signed out everywhere."))


@blueprint.post("/users/<int(max=2147483647):user_id>/tokens/<int(max=2147483647):id>/revocation")
def revoke_token(user_id: int, id: int):
    administration.revoke_token(me(), user_id, id)
    return respond(_find_user_url(user_id), {"revoked": True}, notice=_("That token is revoked."))


@blueprint.post("/users/<int(max=2147483647):user_id>/shares/<int(max=2147483647):share_id>/revocation")
def revoke_share(user_id: int, share_id: int):
    job_administration.revoke_share(me(), user_id, share_id)
    return respond(_find_user_url(user_id), {"revoked": True}, notice=_("That link is revoked."))


@action("quotas", "quotas")
def quotas(user_id: int):
    administration.set_quotas(me(), user_id, request.form)
    return respond(_find_user_url(user_id), {"set": True}, notice=_("The limits of this account are set."))


@action("deletion", "delete_user")
def delete(user_id: int):
    own = user_id == current_user.id
    notify_mailer(job_administration.delete_account(me(), user_id, read_field("confirm")))
    if own:
        finish()
    location = url_for("home.index") if own else url_for("admin.users")
    return respond(location, {"deleted": True}, notice=_("The account and all its pictures are deleted."))


def _find_user_url(user_id: int) -> str:
    return url_for("admin.user", user_id=user_id)


def _find_next_url(user_id: int) -> str:
    """Where to go on: who has just taken rights from himself would find nothing at the page of the account."""
    return url_for("home.index") if user_id == current_user.id else _find_user_url(user_id)
