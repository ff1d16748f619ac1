"""Invitations: links with which somebody may register while `SIGN_UP` is `invitation`.

A link is random, and the row has its hash only. It opens the form; what counts is the use, taken in the transaction
that makes the account, so that a link for one person never makes two accounts.
"""

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import current_app
from flask_babel import lazy_gettext as _
from sqlalchemy import ColumnElement, delete, select, update

from accounts import sessions
from accounts.errors import FieldErrors
from accounts.security import audit
from models import Invitation, count_changed, db, utc_now
from models.user import INVITATION_NOTE_LENGTH

if TYPE_CHECKING:  # it imports what imports this
    from accounts.administration import Administrator

MAX_DAYS, MAX_USES = 365, 1000
SHOWN_AFTER_END_DAYS = 30
_RANDOM_BYTES, _MAX_LENGTH = 24, 64


def create(by: "Administrator", note: str, days: str, uses: str) -> tuple[int, str]:
    """Make an invitation for so many accounts, which lasts for so many days; return its id and its token.

    The token can be shown this once only. `note` says for whom it is. Raises FieldErrors with the fields `note`, `days`
    and `uses`.
    """
    note, errors = " ".join(note.split()), {}
    if len(note) > INVITATION_NOTE_LENGTH:
        errors["note"] = _("Please use at most %(number)s characters.", number=INVITATION_NOTE_LENGTH)
    for field, text, most in (("days", days, MAX_DAYS), ("uses", uses, MAX_USES)):
        if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= most):
            errors[field] = _("Please give a whole number from 1 to %(most)s.", most=most)
    if errors:
        raise FieldErrors(errors)
    token, ends = secrets.token_urlsafe(_RANDOM_BYTES), utc_now() + timedelta(days=int(days))
    row = Invitation(token_hash=sessions.hash_token(token), note=note, max_uses=int(uses), made_by=by.name)
    row.expires_at = ends
    db.session.add(row)
    db.session.commit()
    _record(by, "invitation_created", row.id, f"{uses} x, {days} d: {note}")
    return row.id, token


def build_url(token: str) -> str:
    """Return the link of an invitation; never from the request, whose host anybody can forge."""
    return f"{current_app.config['BASE_URL']}/invitations/{token}"


def revoke(by: "Administrator", invitation_id: int) -> None:
    """End an invitation; one that is gone already is no error."""
    ended = count_changed(delete(Invitation).where(Invitation.id == invitation_id))
    db.session.commit()
    if ended:
        _record(by, "invitation_revoked", invitation_id)


def list_all() -> list[Invitation]:
    """Return the invitations, also those used up and, for a while, those that have expired; the newest first."""
    return list(db.session.scalars(select(Invitation).order_by(Invitation.id.desc())))


def is_living(token: str) -> bool:
    """Say whether somebody may still register with this token."""
    return bool(token) and db.session.scalar(select(Invitation.id).where(*_living(token))) is not None


def take_use(token: str) -> bool:
    """Take one use of an invitation, in the transaction of the caller; say whether it still had one."""
    return count_changed(update(Invitation).where(*_living(token)).values(uses=Invitation.uses + 1)) == 1


def find_id(token: str) -> int | None:
    """Return the id of an invitation, also of one that is used up."""
    return db.session.scalar(select(Invitation.id).where(Invitation.token_hash == sessions.hash_token(token)))


def is_over(invitation: Invitation) -> bool:
    """Say whether nobody can register with it any more."""
    return invitation.expires_at <= utc_now() or invitation.uses >= invitation.max_uses


def remove_expired() -> None:
    """Delete the invitations that ended a while ago."""
    edge = utc_now() - timedelta(days=SHOWN_AFTER_END_DAYS)
    db.session.execute(delete(Invitation).where(Invitation.expires_at <= edge))
    db.session.commit()


def _living(token: str) -> tuple[ColumnElement[bool], ...]:
    hashed = sessions.hash_token(token[:_MAX_LENGTH])
    return Invitation.token_hash == hashed, Invitation.expires_at > utc_now(), Invitation.uses < Invitation.max_uses


def _record(by: "Administrator", action: str, invitation_id: int, detail: str = "") -> None:
    said = f"{invitation_id}: {detail}" if detail else str(invitation_id)
    audit.record(action, actor=by.name, address=by.address, detail=said)
