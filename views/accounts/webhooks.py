"""The forms of the account page's webhooks. A new secret is shown once, on the page that follows."""

from flask import Blueprint, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from jobs.queue import notify_mailer
from views.accounts.account import NEW_WEBHOOK_SECRET, show_account
from views.http.forms import read_field, respond, show_field_errors
from views.http.guards import wants_json
from webhooks import registry, signing

blueprint = Blueprint("webhooks", __name__, url_prefix="/<name:username>/account/webhooks")


@blueprint.post("")
@show_field_errors(show_account)
def add(username: str):
    added = registry.add(_build_owner(), read_field(registry.URL_FIELD), read_field(registry.PASSWORD_FIELD))
    notify_mailer(added.mail_id)
    _keep_for_page(added.id, added.secret)
    said = {"id": added.id, "secret": added.secret}
    return respond(_find_webhook_url(added.id), said, 201, _("The webhook is added. Its secret is shown once, below."))


@blueprint.post("/<int(max=2147483647):webhook_id>/test")
def test(username: str, webhook_id: int):
    delivery_id = registry.send_test(_build_owner(), webhook_id)
    notice = _("A test is being sent. Reload this page in a few seconds to see whether it arrived.")
    return respond(_find_webhook_url(webhook_id), {"delivery": delivery_id}, 202, notice)


@blueprint.post("/<int(max=2147483647):webhook_id>/activity")
def switch(username: str, webhook_id: int):
    is_active = read_field("active") == "1"
    registry.switch(_build_owner(), webhook_id, is_active)
    notice = _("The webhook is switched on.") if is_active else _("The webhook is switched off.")
    return respond(_find_webhook_url(webhook_id), {"active": is_active}, 200, notice)


@blueprint.post("/<int(max=2147483647):webhook_id>/secret")
def renew_secret(username: str, webhook_id: int):
    secret = registry.renew_secret(_build_owner(), webhook_id)
    _keep_for_page(webhook_id, secret)
    notice = _("The webhook has a new secret, shown once, below. The old one is no longer used.")
    return respond(_find_webhook_url(webhook_id), {"id": webhook_id, "secret": secret}, 200, notice)


@blueprint.post("/<int(max=2147483647):webhook_id>/deletion")
def delete(username: str, webhook_id: int):
    registry.delete(_build_owner(), webhook_id)
    place = url_for("account.show", username=username, _anchor="webhooks")
    return respond(place, {"deleted": True}, 200, _("The webhook is deleted."))


def _keep_for_page(webhook_id: int, secret: str) -> None:
    """Keep a secret until the page that follows; encrypted, for the browser stores what is in the session."""
    if not wants_json():
        session[NEW_WEBHOOK_SECRET] = {"id": webhook_id, "secret": signing.encrypt(secret)}


def _build_owner() -> registry.Owner:
    return registry.Owner(current_user.id, current_user.name, request.remote_addr)


def _find_webhook_url(webhook_id: int) -> str:
    return url_for("account.show", username=current_user.name, _anchor=f"webhook-{webhook_id}")
