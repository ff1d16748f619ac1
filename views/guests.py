"""A visitor begins to try the tools without an account, where the setting allows it."""

from flask import Blueprint, abort, request, session
from flask_babel import get_locale
from flask_login import current_user

from accounts import guests
from accounts.settings.current import get_setting
from views.http.forms import read_field, respond
from views.http.guards import begin, check_next, find_own_home
from views.http.sign_up import INVITATION, read_invitation

blueprint = Blueprint("guests", __name__)


@blueprint.post("/guests")
def start():
    """Begin an hour as a guest, and lead on to the tool that was wanted; who is signed in is led on as they are."""
    if not get_setting("TRY_WITHOUT_ACCOUNT"):
        abort(404)
    if not current_user.is_authenticated:
        invitation = read_invitation()
        begin(*guests.start(request.remote_addr, request.user_agent.string, str(get_locale())))
        session[INVITATION] = invitation  # of the session before nothing else stays
    home = find_own_home()
    onward = check_next(read_field("next"), default=home)
    return respond(onward, {"username": current_user.name, "home_url": home, "next_url": onward}, 201)
