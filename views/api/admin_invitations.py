"""Invitations, for administrators."""

from typing import Any

from accounts import invitations
from accounts.tokens import ADMIN
from errors import N_
from views.admin.shared import me
from views.api.admin_schemas import AdminInvitations, MadeInvitation, NewInvitation
from views.api.facts import tell_time
from views.api.operation import operation


@operation("GET", "/admin/invitations", N_("List invitations"), ADMIN, response=AdminInvitations)
def admin_invitations() -> dict[str, Any]:
    names = ("id", "note", "uses", "max_uses", "made_by")
    return {
        "invitations": [
            {name: getattr(each, name) for name in names}
            | {
                "created_at": tell_time(each.created_at),
                "expires_at": tell_time(each.expires_at),
                "is_over": invitations.is_over(each),
            }
            for each in invitations.list_all()
        ]
    }


@operation(
    "POST",
    "/admin/invitations",
    N_("Make an invitation"),
    ADMIN,
    status=201,
    body=NewInvitation,
    response=MadeInvitation,
)
def admin_create_invitation(body: NewInvitation) -> dict[str, Any]:
    invitation_id, token = invitations.create(me(), body.note, str(body.days), str(body.uses))
    return {"id": invitation_id, "url": invitations.build_url(token)}


@operation("DELETE", "/admin/invitations/<int(max=2147483647):id>", N_("Revoke an invitation"), ADMIN, status=204)
def admin_revoke_invitation(id: int) -> None:
    invitations.revoke(me(), id)
