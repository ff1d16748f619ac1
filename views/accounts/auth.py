"""Registering, signing in and out, and a new password by a mailed code."""

import secrets

from flask import Blueprint, abort, current_app, jsonify, redirect, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

import services
from accounts import password_change, registration, sessions
from accounts.mail import mailbox_links
from accounts.security import codes
from jobs.guests import removal
from jobs.queue import notify_mailer
from models import User
from views.accounts import device_cookie
from views.http.forms import read_field, render_page, respond, show_field_errors
from views.http.guards import begin, check_next, find_own_home, finish
from views.http.guest_pages import is_guest
from views.http.sign_up import INVITATION, find_sign_up_state, read_invitation

blueprint = Blueprint("auth", __name__)

PAUSE_SECONDS = 60
# Kept in the browser's session between asking for a code and entering it.
NAME, BROWSER = "username", "browser"
TOOLS = "/tools/"
# The field that takes the pictures of a guest into the account.
KEEP = "keep_pictures"
# Where the holder of a mailbox may go on from a mailed link.
ONWARD = ("login", "reset", "register")


@blueprint.before_request
def only_for_strangers():
    """Send people who are signed in home; a guest may become a user."""
    if current_user.is_authenticated and not is_guest() and request.endpoint != "auth.logout":
        return respond(find_own_home(), {"username": current_user.name})


def show_register(errors: dict | None = None, onward: str = "") -> str:
    """The form; where it leads on to a tool, beside what that tool does."""
    onward = onward or _read_onward()
    tool = services.get(onward.removeprefix(TOOLS)) if onward.startswith(TOOLS) else None
    return render_page(
        "register.html",
        errors=errors,
        values=_read_values(),
        next=onward,
        tool=tool,
        **_offer_to_keep(),
        code_sent=_say_code_sent(),
        sign_up=find_sign_up_state(),
    )


def show_reset(errors: dict | None = None) -> str:
    return render_page("reset.html", errors=errors, values=_read_values(), code_sent=_say_code_sent())


def show_login(errors: dict | None = None) -> str:
    return render_page("login.html", errors=errors, values=_read_values(), next=_read_onward(), **_offer_to_keep())


@blueprint.route("/register", methods=["GET", "POST"])
@show_field_errors(show_register)
def register():
    if request.method != "POST":
        return show_register()
    form = [read_field(name) for name in ("username", "password", "confirm", "code")]
    whence = (
        _get_browser_key(),
        request.remote_addr,
        str(get_locale()),
        device_cookie.find_device,
        request.user_agent.string,
        read_invitation(),
    )
    return _begin_session(*registration.register_and_sign_in(*form, *whence), 201)


@blueprint.get("/invitations/<token>")
def open_invitation(token: str):
    """Remember the invitation in this browser and lead on to the form. It is used when the account is made."""
    session[INVITATION] = token[:100]
    return redirect(url_for("auth.register"), 303)


@blueprint.post("/register/code")
@show_field_errors(show_register)
def register_code():
    return _send_code(codes.REGISTER, url_for("auth.register", next=_read_onward() or None))


@blueprint.post("/register/password")
def judge_password():
    """Say at once what is wrong with a password; it is judged again when the form is sent."""
    return jsonify(trouble=str(registration.judge_password(read_field("username"), read_field("password")) or ""))


@blueprint.route("/reset", methods=["GET", "POST"])
@show_field_errors(show_reset)
def reset():
    if request.method != "POST":
        return show_reset()
    form = [read_field(name) for name in ("username", "password", "confirm", "code")]
    name, mail_id = password_change.reset(*form, _get_browser_key(), request.remote_addr, device_cookie.find_device)
    notify_mailer(mail_id)
    session[NAME] = read_field("username")
    notice = _("Your password is changed. Please sign in.")
    return device_cookie.remember(respond(url_for("auth.login"), {"changed": True}, 200, notice), name)


@blueprint.post("/reset/code")
@show_field_errors(show_reset)
def reset_code():
    return _send_code(codes.RESET, url_for("auth.reset"))


@blueprint.route("/login", methods=["GET", "POST"])
@show_field_errors(show_login)
def login():
    if request.method != "POST":
        return show_login()
    agent = request.user_agent.string
    user, token = sessions.sign_in(
        read_field("username"), read_field("password"), request.remote_addr, agent, device_cookie.find_device
    )
    return _begin_session(user, token)


@blueprint.route("/mailbox/<token>", methods=["GET", "POST"])
def mailbox(token: str):
    """Where a mailed link leads. The button there makes the browser the owner's; looking at the page does nothing."""
    if request.method != "POST":
        return render_page("mailbox.html", name=mailbox_links.read_link(token) or abort(404), token=token)
    name = mailbox_links.open_link(token, request.remote_addr) or abort(404)
    session[NAME] = name
    notice = _("This browser is yours now: what others try no longer keeps it waiting.")
    onward = read_field("onward") if read_field("onward") in ONWARD else "login"
    return device_cookie.remember(respond(url_for(f"auth.{onward}"), {"username": name}, 200, notice), name)


@blueprint.post("/logout")
def logout():
    if is_guest():
        removal.remove(current_user.id)
    elif current_user.is_authenticated:
        sessions.sign_out(current_user.session_token, request.remote_addr)
    finish()
    return respond(url_for("home.index"), {"signed_out": True})


def _begin_session(user: User, token: str, status: int = 200):
    """Begin the session of who has signed in, and lead on to where the person wanted to go."""
    if is_guest():
        _settle_guest(current_user.id, user.id)
    begin(user, token)
    home = url_for("home.user", username=user.name)
    onward = check_next(read_field("next"), default=home)
    said = {"username": user.name, "home_url": home, "next_url": onward}
    return device_cookie.remember(respond(onward, said, status), user.name)


def _settle_guest(guest_id: int, user_id: int) -> None:
    """End the time of a guest who has become a user; its pictures come along, or are deleted."""
    if request.form.get(KEEP):
        removal.take_over(guest_id, user_id)
    else:
        removal.remove(guest_id)


def _offer_to_keep() -> dict[str, int | bool]:
    """How many pictures a guest could take along, and whether they will be."""
    tried = removal.count_pictures(current_user.id) if is_guest() else 0
    return {"tried": tried, "kept": request.method != "POST" or bool(request.form.get(KEEP))}


def _read_onward() -> str:
    """Where the person wanted to go, or ""."""
    return check_next(request.values.get("next"), default="")


def _send_code(purpose: str, location: str):
    """The same response whether a mail goes out or not, and whether the name is known or not."""
    code_id = registration.request_code(
        purpose,
        read_field("username"),
        _get_browser_key(),
        request.remote_addr,
        str(get_locale()),
        device_cookie.find_device,
        read_invitation(),
    )
    if code_id is not None:
        notify_mailer(code_id)
    session[NAME] = read_field("username").strip()
    return respond(location, {"sent": True, "seconds": PAUSE_SECONDS}, 202, _say_code_sent())


def _say_code_sent() -> str:
    """The sentence that follows the wish for a code, whether one was made or not."""
    if current_app.config["MAIL_SERVER"]:
        return _(
            "A mail with a code is on its way, unless too many were asked for. If none comes, ask again after a minute."
        )
    return _("The code is on the server's terminal, unless too many were asked for. If not, ask again after a minute.")


def _get_browser_key() -> str:
    """What binds a code to the browser that asked for it: random, and worth nothing without the mail."""
    if BROWSER not in session:
        session[BROWSER] = secrets.token_urlsafe(24)
    return session[BROWSER]


def _read_values() -> dict[str, str]:
    return {"username": read_field("username") if request.method == "POST" else session.get(NAME, "")}
