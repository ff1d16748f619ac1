"""What an administrator does to accounts. Each verb says in the audit log who did what to whom, and from where.

That whoever acts still may is looked at before the first write of each transaction (`accounts.security.rights`).

There is always one administrator left: a verb that may take one away first locks all of them, so that two
administrators who do it to each other at the same moment are looked at one after the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from sqlalchemy import func, select, true, update
from sqlalchemy.exc import IntegrityError

from accounts import password_change, program_access, sessions, tokens
from accounts.errors import AccountError, FieldErrors, NoSuchAccount
from accounts.names import canonicalize
from accounts.security import audit, codes, passwords, rights
from models import Job, User, db, utc_now
from models.job import CANCELLED
from models.transitions import change_status

REASON_LENGTH = 255
MAX_QUOTA, MAX_RETENTION_DAYS = 1_000_000, 3650
# What an administrator may set for one account -> the greatest number.
QUOTAS = {
    "storage_megabytes_limit": MAX_QUOTA,
    "active_jobs_limit": MAX_QUOTA,
    "jobs_per_day_limit": MAX_QUOTA,
    "megapixels_per_day_limit": MAX_QUOTA,
    "retention_days": MAX_RETENTION_DAYS,
}


@dataclass(frozen=True)
class Administrator:
    """Who acts, and from where."""

    name: str
    address: str


def create(by: Administrator, name: str, language: str) -> tuple[int, str]:
    """Make an account without a password; return its id and the id of the mail that invites to choose one.

    Raises FieldErrors for what is no user name, or somebody's already.
    """
    if not name.strip():
        raise FieldErrors({"username": passwords.EMPTY})
    name = canonicalize(name)
    user = User(name=name, password_hash="", language=language, created_at=utc_now())
    db.session.add(user)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        raise FieldErrors({"username": _("An account with this user name exists already.")}) from None
    user_id, mail_id = user.id, codes.order_notice(codes.WELCOME, name, language)
    _record(by, "user_created", name)
    return user_id, mail_id


def disable(by: Administrator, user_id: int, reason: str) -> str:
    """End an account's sessions, access tokens and jobs at once and let it sign in no more.

    Returns the id of the mail that says so.

    Raises FieldErrors without a reason, NoSuchAccount, or AccountError for the last administrator.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise FieldErrors({"reason": passwords.EMPTY})
    if len(reason) > REASON_LENGTH:
        raise FieldErrors({"reason": _("Please use at most %(number)s characters.", number=REASON_LENGTH)})
    user = lock_account(user_id)
    name, language, now = user.name, user.language or "en", utc_now()
    user.disabled_at, user.disabled_reason = user.disabled_at or now, reason
    sessions.end_all(user)
    tokens.revoke_all(user)
    db.session.execute(change_status(CANCELLED, Job.user_id == user_id))
    mail_id = codes.order_notice(codes.DISABLED, name, language)
    _record(by, "user_disabled", name, reason)
    return mail_id


def enable(by: Administrator, user_id: int) -> None:
    """Let a disabled account sign in again. Raises NoSuchAccount."""
    _set(by, _find_user(user_id), "user_enabled", disabled_at=None, disabled_reason="")


def promote(by: Administrator, user_id: int) -> None:
    """Make an account an administrator's; tokens from an earlier time as one open nothing. Raises NoSuchAccount."""
    user = _find_user(user_id)
    if not user.is_admin:
        tokens.revoke_administration(user)
    _set(by, user, "user_promoted", is_admin=True)


def demote(by: Administrator, user_id: int) -> None:
    """Take the rights of an administrator away. Raises NoSuchAccount, or AccountError for the last one."""
    _set(by, lock_account(user_id), "user_demoted", is_admin=False)


def force_new_password(by: Administrator, user_id: int) -> str:
    """Make the old password useless, end all sessions, and return the id of the mail that asks for a new one."""
    return password_change.start_reset(_find_user(user_id), by.name, by.address)


def sign_out_everywhere(by: Administrator, user_id: int) -> None:
    """End every session of an account, revoke its access tokens and switch its webhooks off. Raises NoSuchAccount."""
    user = _find_user(user_id)
    name = user.name
    sessions.end_all(user)
    program_access.end_all(user)
    db.session.commit()
    _record(by, "all_sessions_ended", name)


def revoke_token(by: Administrator, user_id: int, token_id: int) -> None:
    """Revoke one access token of an account; one that is gone already is no error. Raises NoSuchAccount."""
    tokens.revoke(_find_user(user_id), token_id, by.name, by.address)


def set_quotas(by: Administrator, user_id: int, texts: Mapping[str, str]) -> None:
    """Set what an account may use and how long its pictures are kept; an empty text means the site's own setting.

    Raises FieldErrors, NoSuchAccount.
    """
    texts = {name: texts.get(name, "").strip() for name in QUOTAS}
    wrong = [name for name, text in texts.items() if text and not _is_whole(text, QUOTAS[name])]
    if wrong:
        raise FieldErrors(
            {name: _("Please give a whole number up to %(most)s, or nothing.", most=QUOTAS[name]) for name in wrong}
        )
    quotas = {name: int(text) if text else None for name, text in texts.items()}
    said = ", ".join(f"{name.removesuffix('_limit')}: {quotas[name]}" for name in QUOTAS if texts[name])
    _set(by, _find_user(user_id), "quotas_set", said or "the site's own", **quotas)


def lock_account(user_id: int) -> User:
    """Return an account that is about to lose its rights, with all administrators locked until the transaction ends.

    Begins a new transaction. Raises RightsEnded, NoSuchAccount, or AccountError when nobody else could administer the
    site.
    """
    db.session.rollback()
    # Changes nothing, but waits for whoever changes administrators at this moment, on every kind of database.
    able = update(User).where(User.is_admin == true()).values(is_admin=True)
    db.session.execute(able.execution_options(**{rights.ONLY_LOCKS: True}))
    rights.verify()
    user = _find_user(user_id)
    if user.is_admin and user.disabled_at is None:
        able_ones = select(func.count()).where(User.is_admin == true(), User.disabled_at.is_(None))
        if (db.session.scalar(able_ones) or 0) < 2:
            db.session.rollback()
            raise AccountError("last_administrator", _("This is the last administrator. Appoint another one first."))
    return user


def _find_user(user_id: int) -> User:
    user = db.session.get(User, user_id, populate_existing=True)
    if user is None or user.is_guest:  # a guest is no account
        db.session.rollback()
        raise NoSuchAccount()
    return user


def _set(by: Administrator, user: User, action: str, detail: str = "", **columns: object) -> None:
    name = user.name
    for column, value in columns.items():
        setattr(user, column, value)
    db.session.commit()
    _record(by, action, name, detail)


def _is_whole(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 8 and int(text) <= most


def _record(by: Administrator, action: str, name: str, detail: str = "") -> None:
    audit.record(action, actor=by.name, target=name, address=by.address, detail=detail)
