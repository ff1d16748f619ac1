"""A new password: changed by its owner, reset with a mailed code, or asked for by an administrator."""

from collections.abc import Callable

from flask_babel import lazy_gettext as _
from sqlalchemy import select, update

from accounts import program_access, sessions
from accounts.errors import FieldErrors
from accounts.registration import check_fields, no_device
from accounts.security import audit, codes, limits, passwords
from models import User, UserSession, count_changed, db


def reset(
    name: str,
    password: str,
    confirm: str,
    code: str,
    browser: str,
    address: str | None,
    device: Callable[[str], str] = no_device,
) -> tuple[str, str]:
    """Set a new password with a mailed code, end every session and access token, and switch webhooks off.

    Returns the canonical name and the id of the mail that tells the owner. Nobody is signed in by this. Raises
    FieldErrors, TooMany or LinkNeeded, the same for names that nobody has: no right code is ever made for them.
    """
    name = check_fields(name, password, confirm, code)
    code_id = codes.check(codes.RESET, name, browser, code.strip(), address, device(name))
    password_hash = passwords.make_hash(password)
    user = db.session.scalar(select(User).where(User.name == name))
    if user is None or not codes.spend(code_id):
        db.session.rollback()
        raise codes.make_refusal()
    mail_id = _renew(user, password_hash, keep=None)
    for limit in (limits.SIGN_IN, limits.PRESENT_PASSWORD):
        limits.forget(limit, name, address)
        limits.forget_device(limit, name, device(name))
    audit.record("password_reset", actor=name, target=name, address=address)
    return name, mail_id


def change(user: User, current: str, password: str, confirm: str, keep: str, address: str | None) -> str:
    """Change the password of a signed-in user, end his other sessions and access tokens, and switch his webhooks off.

    Returns the id of the mail that tells him. `keep` is the token of the session that stays. Raises FieldErrors or
    TooMany.
    """
    name = user.name
    errors = {} if current else {"current": passwords.EMPTY}
    try:
        passwords.check(password, confirm, name)
    except FieldErrors as error:
        errors |= error.errors
    if errors:
        raise FieldErrors(errors)
    limits.take(limits.PRESENT_PASSWORD, name, address)
    verified = user.password_hash
    if not passwords.matches(verified, current):
        raise _build_wrong_password_error(name, address)
    limits.give_back(limits.PRESENT_PASSWORD, name, address)
    password_hash = passwords.make_hash(password)
    # Somebody may have renewed it meanwhile, to whom this one must give way, or ended the session that asks.
    still_signed_in = select(UserSession.user_id).where(UserSession.token_hash == sessions.hash_token(keep))
    same = update(User).where(
        User.id == user.id, User.password_hash == verified, User.disabled_at.is_(None), User.id.in_(still_signed_in)
    )
    if not count_changed(same.values(password_hash=password_hash)):
        db.session.rollback()
        raise _build_wrong_password_error(name, address)
    mail_id = _renew(user, password_hash, keep=keep)
    audit.record("password_changed", actor=name, target=name, address=address)
    return mail_id


def start_reset(user: User, actor: str, address: str | None = "") -> str:
    """Take an account's password, sessions and tokens away, switch its webhooks off, and mail that a new one is needed.

    Returns the id of the mail. The administrator neither sees nor chooses a password.
    """
    name, language = user.name, user.language or "en"
    user.password_hash = ""
    sessions.end_all(user)
    program_access.end_all(user)
    mail_id = codes.order_notice(codes.INVITE, name, language)
    audit.record("reset_started", actor=actor, target=name, address=address)
    return mail_id


def _build_wrong_password_error(name: str, address: str | None) -> FieldErrors:
    audit.record("password_change_failed", actor=name, target=name, address=address)
    return FieldErrors({"current": _("This is not your present password.")})


def _renew(user: User, password_hash: str, keep: str | None) -> str:
    """Store the hash, end sessions, codes and what programs may do, and order the mail, all in one transaction."""
    user.password_hash = password_hash
    codes.end_all(user.name)
    sessions.end_all(user, but=keep)
    program_access.end_all(user)
    return codes.order_notice(codes.CHANGED, user.name, user.language or "en")
