"""Invitations: making them, the list, and revoking one."""

from flask import jsonify, make_response, request, url_for
from flask_babel import gettext as _

from accounts import invitations
from views.admin.shared import blueprint, me
from views.http.forms import read_field, render_page, respond, show_field_errors
from views.http.guards import wants_json

DEFAULTS = {"note": "", "days": "7", "uses": "1"}


def show_invitations(errors: dict | None = None, new_url: str = "") -> str:
    values = {name: read_field(name) for name in DEFAULTS} if errors else DEFAULTS
    return render_page(
        "admin/invitations.html",
        errors=errors,
        values=values,
        invitations=invitations.list_all(),
        is_over=invitations.is_over,
        new_url=new_url,
    )


@blueprint.route("/invitations", methods=["GET", "POST"], endpoint="invitations")
@show_field_errors(show_invitations)
def list_or_make():
    """The link is in the response to the form, once; nothing keeps it."""
    if request.method != "POST":
        return show_invitations()
    invitation_id, token = invitations.create(me(), read_field("note"), read_field("days"), read_field("uses"))
    url = invitations.build_url(token)
    said = jsonify(id=invitation_id, url=url) if wants_json() else show_invitations(new_url=url)
    return make_response(said, 201)


@blueprint.post("/invitations/<int(max=2147483647):invitation_id>/revocation")
def revoke_invitation(invitation_id: int):
    invitations.revoke(me(), invitation_id)
    return respond(url_for("admin.invitations"), {"revoked": True}, notice=_("That invitation is revoked."))
