"""Personal access tokens: with one, a program acts for an account, within its scopes, until it ends.

A token is random, and signed by the site: without asking the database the web server can tell that it was made here,
and for which account. That gives no right; the row does, which holds only the token's hash.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import joinedload

from accounts import sessions
from accounts.errors import AccountError, FieldErrors
from accounts.security import audit, codes, limits, passwords, present_password, rights
from models import AccessToken, User, count_changed, db, utc_now
from models.access_token import TOKEN_NAME_LENGTH

# What a token may be used for: to read jobs and pictures, to change jobs and make new ones, to administer the site.
READ, JOBS, ADMIN = "read", "jobs", "admin"
SCOPES = (READ, JOBS, ADMIN)
LIFETIMES_DAYS = (7, 30, 90, 365)
MAX_TOKENS = 50
SHOWN_AFTER_END_DAYS = 30
_PREFIX = "revive_"
_RANDOM_BYTES = 24
_MAX_LENGTH = 400


@dataclass(frozen=True)
class TokenView:
    """What is shown of one token."""

    id: int
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    seen_at: datetime | None
    address: str
    has_expired: bool


def create(
    user: User, name: str, scopes: Collection[str], lifetime_days: str, password: str, address: str | None
) -> tuple[str, str]:
    """Make a token of a signed-in person; return it and the id of the mail that tells the owner.

    The token can be shown this once only. Raises FieldErrors with the fields `token_name`, `token_scopes`, `token_days`
    and `token_password`, TooMany, or AccountError when the account has MAX_TOKENS.
    """
    owner, user_id, language, name = user.name, user.id, user.language or "en", " ".join(name.split())
    _check(user, name, scopes, lifetime_days, password)
    failed = {"field": "token_password", "refused": "token_creation_failed"}
    present_password.confirm(owner, user.password_hash, password, address, **failed)
    limits.take(limits.ACCESS_TOKENS, owner, address)
    rights.lock_account(user_id)
    if (db.session.scalar(select(func.count()).where(AccessToken.user_id == user_id)) or 0) >= MAX_TOKENS:
        db.session.rollback()
        raise AccountError(
            "too_many_tokens", _("You have as many access tokens as an account can have. Revoke one first.")
        )
    token, wanted = _make_token(owner), " ".join(scope for scope in SCOPES if scope in scopes)
    ends = utc_now() + timedelta(days=int(lifetime_days))
    row = AccessToken(user_id=user_id, name=name, token_hash=hash_token(token), scopes=wanted, expires_at=ends)
    db.session.add(row)
    mail_id = codes.order_notice(codes.TOKEN_CREATED, owner, language)
    audit.record("token_created", actor=owner, target=owner, address=address, detail=f"{wanted}: {name}")
    return token, mail_id


def find(token: str, address: str | None) -> AccessToken | None:
    """Return the living token that this is, its account loaded; None if there is none. Keeps when it was used."""
    if read_owner(current_app.config, token) is None:
        return None
    alive = select(AccessToken).join(User).options(joinedload(AccessToken.user))
    alive = alive.where(AccessToken.token_hash == hash_token(token), User.disabled_at.is_(None))
    now = utc_now()
    row = db.session.scalar(alive.where(AccessToken.expires_at > now))
    if row is None:
        return None
    if row.seen_at is None or abs(now - row.seen_at) > sessions.SEEN_EVERY:
        used = update(AccessToken).where(AccessToken.id == row.id).values(seen_at=now, address=address or "")
        sessions.write_if_possible(used)
    return row


def refuse(address: str | None) -> None:
    """Count and log a request with a token that is none. Raises TooMany."""
    audit.note("token_refused", address=address or "")
    limits.take(limits.WRONG_TOKENS, None, address)


def revoke(user: User, token_id: int, actor: str, address: str | None) -> None:
    """End one token of an account; one that is gone already, or somebody else's, is no error."""
    owner = user.name
    mine = AccessToken.id == token_id, AccessToken.user_id == user.id
    name = db.session.scalar(select(AccessToken.name).where(*mine))
    ended = count_changed(delete(AccessToken).where(*mine))
    db.session.commit()
    if ended:
        audit.record("token_revoked", actor=actor, target=owner, address=address, detail=name or "")


def revoke_all(user: User) -> None:
    """End every token of an account, within the caller's transaction."""
    db.session.execute(delete(AccessToken).where(AccessToken.user_id == user.id))


def revoke_administration(user: User) -> None:
    """End the tokens of an account that may administer, within the caller's transaction."""
    mine = AccessToken.user_id == user.id, AccessToken.scopes.contains(ADMIN)
    db.session.execute(delete(AccessToken).where(*mine))


def list_tokens(user: User) -> list[TokenView]:
    """Return the tokens of an account, the newest first; those that ended lately are among them."""
    rows = db.session.scalars(select(AccessToken).where(AccessToken.user_id == user.id).order_by(AccessToken.id.desc()))
    return [describe(row) for row in rows]


def describe(row: AccessToken) -> TokenView:
    """Return what is shown of a token."""
    times = row.created_at, row.expires_at, row.seen_at
    return TokenView(row.id, row.name, tuple(row.scopes.split()), *times, row.address, row.expires_at <= utc_now())


def remove_expired(now: datetime) -> None:
    """Delete the tokens that ended so long ago that they are shown no longer."""
    edge = now - timedelta(days=SHOWN_AFTER_END_DAYS)
    db.session.execute(delete(AccessToken).where(AccessToken.expires_at <= edge))
    db.session.commit()


def read_owner(config: Mapping[str, Any], token: str) -> str | None:
    """Return the canonical name of whose token this is, None unless this site signed it. Asks no database."""
    if len(token) > _MAX_LENGTH or not token.startswith(_PREFIX):
        return None
    try:
        return str(_make_serializer(config).loads(token.removeprefix(_PREFIX))[0])
    except BadSignature:
        return None


def hash_token(token: str) -> str:
    """Return what the database holds of a token."""
    return sessions.hash_token(token)


def _make_token(owner: str) -> str:
    return _PREFIX + _make_serializer(current_app.config).dumps([owner, secrets.token_urlsafe(_RANDOM_BYTES)])


def _make_serializer(config: Mapping[str, Any]) -> URLSafeSerializer:
    keys = [*reversed(config.get("SECRET_KEY_FALLBACKS") or ()), config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt="access token")


def _name_choices(choices: Collection[str]) -> str:
    return f"{_('This is not one of the choices.')} {_('Possible: %(values)s.', values=', '.join(choices))}"


def _check(user: User, name: str, scopes: Collection[str], lifetime_days: str, password: str) -> None:
    """Raise FieldErrors unless a token can be made of this."""
    errors = {}
    if not name:
        errors["token_name"] = passwords.EMPTY
    elif len(name) > TOKEN_NAME_LENGTH:
        errors["token_name"] = _("Please use at most %(number)s characters.", number=TOKEN_NAME_LENGTH)
    if not scopes:
        errors["token_scopes"] = _("Please choose what the token may do.")
    elif set(scopes) - set(own := [scope for scope in SCOPES if scope != ADMIN or user.is_admin]):
        errors["token_scopes"] = _name_choices(own)
    if lifetime_days not in (choices := [str(days) for days in LIFETIMES_DAYS]):
        errors["token_days"] = _name_choices(choices)
    if not password:
        errors["token_password"] = passwords.EMPTY
    if errors:
        raise FieldErrors(errors)
