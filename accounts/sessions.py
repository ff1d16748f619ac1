"""Signing in and out. A session is a row; the browser's cookie holds only the random token of it."""

import hashlib
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from flask_babel import lazy_gettext as _
from sqlalchemy import Executable, delete, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload

from accounts.errors import FieldErrors, RightsEnded, TooMany
from accounts.names import canonicalize
from accounts.security import audit, codes, limits, passwords
from models import User, UserSession, count_changed, db, undo, utc_now
from models.faults import WRITES_FAIL, classify_fault

SEEN_EVERY = timedelta(minutes=1)
AGENT_LENGTH = 255
WRITE_AGAIN_SECONDS = 20
_next_write_at = 0.0
# Told alike for known and unknown names, and whether or not another mail goes out.
LINK_MAILED = _(
    "Too many tries. Please wait a while and try again, or open the link in the mail that the owner of this account "
    "gets: then this browser may try at once."
)


@dataclass(frozen=True)
class SessionView:
    """What the account page shows of one session."""

    id: int
    agent: str
    address: str
    created_at: datetime
    seen_at: datetime
    current: bool


def sign_in(
    name: str, password: str, address: str | None, agent: str = "", device: Callable[[str], str] = lambda name: ""
) -> tuple[User, str]:
    """Return the user and the token of a new session. Raises FieldErrors or TooMany.

    The response is the same, in words and in time, for a wrong password and for a name that nobody has. The limiter is
    asked before anything is hashed, and a try that succeeds is taken off the count again. `device` tells for a
    canonical name the id of a browser that has proved to be its owner's, or "": it is counted by itself, and so no
    stranger locks it out. The owner of an account that a stranger's browser must wait long for is mailed a link,
    which makes a browser the owner's.
    """
    known_as = _canonicalize_or_none(name)
    own = device(known_as) if known_as else ""
    try:
        limits.take(limits.SIGN_IN, known_as, address, own)
    except TooMany as error:
        audit.note("sign_in_refused", target=known_as or "", address=address or "")
        wait = error.retry_after or 0
        if own or not known_as or wait <= limits.SHORT_WAIT_SECONDS:
            raise
        _order_link(known_as, address)
        raise TooMany(wait, LINK_MAILED) from error
    user = db.session.scalar(select(User).where(User.name == known_as)) if known_as else None
    verified = user.password_hash if user else None
    is_right = passwords.matches(verified, password)  # takes its time for a name that nobody has, too
    if user is None or verified is None or not is_right:
        raise _make_refusal(known_as, address)
    limits.give_back(limits.SIGN_IN, known_as, address, own)
    if user.disabled_at:
        audit.record("sign_in_disabled", target=user.name, address=address)
        raise FieldErrors({"form": _("This account is disabled.")})
    token = _open(user, verified, password, address, agent)
    if token is None:  # the password was renewed in this very moment
        raise _make_refusal(known_as, address)
    audit.record("signed_in", actor=user.name, target=user.name, address=address)
    return user, token


def open_first(name: str, password: str, address: str | None, agent: str = "") -> tuple[User, str]:
    """Return the user who has just registered and the token of a new session. Raises RightsEnded if that may not be."""
    user = db.session.scalar(select(User).where(User.name == name))
    token = _open(user, user.password_hash, password, address, agent) if user else None
    if user is None or token is None:
        raise RightsEnded()
    audit.record("signed_in", actor=user.name, target=user.name, address=address)
    return user, token


def add(user: User, token: str, address: str | None, agent: str) -> None:
    """Add the row of a session with this token, within the caller's transaction."""
    db.session.add(
        UserSession(user=user, token_hash=hash_token(token), address=address or "", agent=agent[:AGENT_LENGTH])
    )
    user.session_token = token


def make_token() -> str:
    """Return a token that no session has had."""
    return secrets.token_urlsafe(32)


def find(token: str) -> User | None:
    """Return the user whose session has this token, with `session_token` set; None if there is no such session.

    A session found too old, of a disabled account, or of a guest whose time is over is deleted, and the time of the
    last use kept; where nothing can be written, the session is read all the same.
    """
    row = db.session.scalar(
        select(UserSession).options(joinedload(UserSession.user)).where(UserSession.token_hash == hash_token(token))
    )
    if row is None:
        return None
    now = utc_now()
    if _is_over(row, now) or row.user.disabled_at or row.user.is_over(now):
        write_if_possible(delete(UserSession).where(UserSession.id == row.id))
        return None
    if abs(now - row.seen_at) > SEEN_EVERY:
        write_if_possible(update(UserSession).where(UserSession.id == row.id).values(seen_at=now))
    row.user.session_token = token
    return row.user


def sign_out(token: str, address: str | None) -> None:
    """End the session of this token."""
    user = find(token)
    db.session.execute(delete(UserSession).where(UserSession.token_hash == hash_token(token)))
    db.session.commit()
    if user is not None:
        audit.record("signed_out", actor=user.name, target=user.name, address=address)


def end_all(user: User, *, but: str | None = None) -> None:
    """End every session of a user, within the caller's transaction; the one with the token `but` stays."""
    sessions = delete(UserSession).where(UserSession.user_id == user.id)
    if but is not None:
        sessions = sessions.where(UserSession.token_hash != hash_token(but))
    db.session.execute(sessions)


def end_others(user: User, token: str, address: str | None) -> None:
    """End every session of a user except the one with this token."""
    name = user.name
    end_all(user, but=token)
    db.session.commit()
    audit.record("other_sessions_ended", actor=name, target=name, address=address)


def end_every(user: User, address: str | None) -> None:
    """End every session of a user, the one that asks for it too."""
    name = user.name
    end_all(user)
    db.session.commit()
    audit.record("all_sessions_ended", actor=name, target=name, address=address)


def end_one(user: User, session_id: int, address: str | None) -> None:
    """End one session of a user; one that is over already, or somebody else's, is no error."""
    name = user.name
    mine = delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == user.id)
    ended = count_changed(mine)
    db.session.commit()
    if ended:
        audit.record("session_ended", actor=name, target=name, address=address)


def list_sessions(user: User, token: str) -> list[SessionView]:
    """Return the sessions of a user, the most recently used first."""
    rows = db.session.scalars(
        select(UserSession).where(UserSession.user_id == user.id).order_by(UserSession.seen_at.desc())
    )
    now, mine = utc_now(), hash_token(token)
    return [
        SessionView(row.id, row.agent, row.address, row.created_at, row.seen_at, row.token_hash == mine)
        for row in rows
        if not _is_over(row, now)
    ]


def remove_expired(now: datetime) -> None:
    """Delete the sessions that are over."""
    idle = now - timedelta(days=current_app.config["SESSION_IDLE_DAYS"])
    old = now - timedelta(days=current_app.config["SESSION_DAYS"])
    db.session.execute(delete(UserSession).where((UserSession.seen_at <= idle) | (UserSession.created_at <= old)))
    db.session.commit()


def write_if_possible(statement: Executable) -> None:
    """Write what no reader need wait for or fail over. After a failure nobody tries for a while."""
    global _next_write_at
    if time.monotonic() < _next_write_at:
        return
    try:
        db.session.execute(statement)
        db.session.commit()
    except OperationalError as error:
        undo()
        if classify_fault(error) not in WRITES_FAIL:
            raise
        _next_write_at = time.monotonic() + WRITE_AGAIN_SECONDS


def _order_link(known_as: str, address: str | None) -> None:
    """Order the mail with the link, unless too many were; a worker finds the row. Nobody is looked up here."""
    with suppress(TooMany):
        limits.take(limits.SIGN_IN_LINKS, known_as, address)
        codes.order_notice(codes.SIGN_IN_LINK, known_as, "en")


def _make_refusal(known_as: str | None, address: str | None) -> FieldErrors:
    audit.record("sign_in_failed", target=known_as or "", address=address)
    return FieldErrors({"form": _("The user name or the password is wrong.")})


def _open(user: User, verified: str, password: str, address: str | None, agent: str) -> str | None:
    """Write the row of a session and return its token; None where `verified` is not the account's hash any more.

    Looked at in the transaction that adds the row, so that no session outlives the password that opened it.
    """
    token = make_token()
    kept = passwords.make_hash(password) if passwords.is_outdated(verified, password) else verified
    same = update(User).where(User.id == user.id, User.password_hash == verified, User.disabled_at.is_(None))
    if not count_changed(same.values(password_hash=kept, signed_in_at=utc_now())):
        db.session.rollback()
        return None
    add(user, token, address, agent)
    db.session.commit()
    return token


def _is_over(row: UserSession, now: datetime) -> bool:
    idle = timedelta(days=current_app.config["SESSION_IDLE_DAYS"])
    longest = timedelta(days=current_app.config["SESSION_DAYS"])
    return now - row.seen_at >= idle or now - row.created_at >= longest


def _canonicalize_or_none(name: str) -> str | None:
    try:
        return canonicalize(name)
    except FieldErrors:
        return None


def hash_token(token: str) -> str:
    """Return what the database holds of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
