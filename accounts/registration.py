"""Asking for a code, and becoming a user with it."""

from collections.abc import Callable, Collection

from flask_babel import lazy_gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts import invitations, sessions
from accounts.errors import AccountError, FieldErrors, TooMany
from accounts.names import KINDS, canonicalize
from accounts.security import audit, codes, limits, passwords
from accounts.settings.current import get_setting
from changeable_settings import BY_INVITATION, CLOSED
from models import User, db, utc_now


class SignUpClosed(AccountError):
    """Nobody may register here at present."""

    key, status = "sign_up_closed", 403
    message = _("This site takes no new accounts at present. If you need one, ask whoever runs it.")


class InvitationNeeded(AccountError):
    """Only who has an invitation may register, and this is none, or none any more."""

    key, status = "invitation_needed", 403
    message = _(
        "New accounts are by invitation here, and no invitation that is still good came with this. Open the link of "
        "yours once more, or ask whoever runs this site for a new one."
    )


def no_device(name: str) -> str:
    """Return the id of a browser of which nothing is known: none."""
    return ""


def request_code(
    purpose: str,
    name: str,
    browser: str,
    address: str | None,
    language: str = "en",
    device: Callable[[str], str] = no_device,
    invitation: str = "",
) -> str | None:
    """Write down that a code is wanted and return the id to ring the worker with, or None if it was too many.

    `device` tells for a canonical name the id of a browser that has proved to be its owner's, or "": what strangers ask
    for takes nothing from it. The caller answers alike in both cases, and alike for known and unknown names: nobody is
    looked up here. Raises FieldErrors for what is no user name, and SignUpClosed or
    InvitationNeeded for a code to register with.
    """
    if purpose == codes.REGISTER:
        _check_open(invitation)
    kinds = get_setting("USER_NAME_KINDS") if purpose == codes.REGISTER else KINDS
    name = canonicalize(_require_value("username", name), kinds)
    if not _may_have_a_code(purpose, name, address, device(name) and limits.ANY_DEVICE):
        audit.note("code_suppressed", target=name, address=address or "", detail=purpose)
        return None
    code_id = codes.order(purpose, name, browser, language)
    audit.record("code_requested", target=name, address=address, detail=purpose)
    return code_id


def register(
    name: str,
    password: str,
    confirm: str,
    code: str,
    browser: str,
    address: str | None,
    language: str = "en",
    device: Callable[[str], str] = no_device,
    invitation: str = "",
) -> str:
    """Make an account and return its canonical name.

    Raises SignUpClosed, InvitationNeeded, FieldErrors, TooMany or LinkNeeded.

    That an account exists already is told only to who has entered the right code.
    """
    is_invited = _check_open(invitation)
    name = check_fields(name, password, confirm, code, get_setting("USER_NAME_KINDS"))
    code_id = codes.check(codes.REGISTER, name, browser, code.strip(), address, device(name))
    exists = db.session.scalar(select(User.id).where(User.name == name))
    if not exists:
        exists = not _create(code_id, name, passwords.make_hash(password), language, invitation if is_invited else "")
    if exists:
        codes.spend(code_id)
        db.session.commit()
        raise FieldErrors({"username": _("You have an account already. Sign in, or ask for a new password.")})
    detail = f"invitation {invitations.find_id(invitation)}" if is_invited else ""
    audit.record("registered", actor=name, target=name, address=address, detail=detail)
    return name


def register_and_sign_in(
    name: str,
    password: str,
    confirm: str,
    code: str,
    browser: str,
    address: str | None,
    language: str = "en",
    device: Callable[[str], str] = no_device,
    agent: str = "",
    invitation: str = "",
) -> tuple[User, str]:
    """Make an account as `register` does, and return its user and the token of its first session.

    Raises what `register` raises, and RightsEnded for an account that somebody disabled in this very moment.
    """
    name = register(name, password, confirm, code, browser, address, language, device, invitation)
    return sessions.open_first(name, password, address, agent)


def judge_password(name: str, password: str) -> str | None:
    """Return what would be wrong with a new password of a person who is still typing, or None."""
    try:
        return passwords.find_trouble(password, canonicalize(name))
    except FieldErrors:
        return passwords.find_trouble(password, None)


def check_fields(name: str, password: str, confirm: str, code: str, kinds: Collection[str] = KINDS) -> str:
    """Return the canonical name of a form with a new password and a code. Raises FieldErrors for all at once."""
    errors: dict[str, str] = {}
    known_as = None
    try:
        known_as = canonicalize(_require_value("username", name), kinds)
    except FieldErrors as error:
        errors |= error.errors
    try:
        passwords.check(password, confirm, known_as)
    except FieldErrors as error:
        errors |= error.errors
    if not code.strip():
        errors["code"] = passwords.EMPTY
    elif not codes.looks_right(code.strip()):
        errors["code"] = _("The code has six digits.")
    if errors or known_as is None:
        raise FieldErrors(errors)
    return known_as


def _check_open(invitation: str) -> bool:
    """Say whether the invitation is needed. Raises SignUpClosed, InvitationNeeded."""
    who = get_setting("SIGN_UP")
    if who == CLOSED:
        raise SignUpClosed()
    if who == BY_INVITATION and not invitations.is_living(invitation):
        raise InvitationNeeded()
    return bool(who == BY_INVITATION)


def _create(code_id: str, name: str, password_hash: str, language: str, invitation: str) -> bool:
    """Spend the code, and the invitation if there is one, and add the user: all or nothing.

    False if the name was taken at this very moment. Raises AccountError for a code, and InvitationNeeded for an
    invitation, that somebody was faster with.
    """
    if not codes.spend(code_id):
        db.session.rollback()
        raise codes.make_refusal()
    if invitation and not invitations.take_use(invitation):
        db.session.rollback()
        raise InvitationNeeded()
    db.session.add(User(name=name, password_hash=password_hash, language=language, created_at=utc_now()))
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return False
    return True


def _may_have_a_code(purpose: str, name: str, address: str | None, device: str) -> bool:
    """Ask both limits before counting in either, so that a suppressed request takes nothing from anybody."""
    try:
        limits.ask(limits.CODES, name, address, device)
        limits.take(limits.CODE_PAUSE, f"{purpose}/{name}", address, device)
        limits.take(limits.CODES, name, address, device)
    except TooMany:
        return False
    return True


def _require_value(field: str, value: str) -> str:
    if not value.strip():
        raise FieldErrors({field: passwords.EMPTY})
    return value
