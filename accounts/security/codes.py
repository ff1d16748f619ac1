"""Mailed codes: asked for by a browser, made by the worker, entered once.

Six digits are only 20 bits: what makes them safe is counting. A code takes five tries, counted by the database
before the comparison, and is bound to its purpose, its user name and the browser that asked for it. It dies when
used, when a newer one is asked for by the same browser (a stranger's request ends nobody's code), and after
`CODE_MINUTES` by the wall clock or by the machine's steady clock, whichever says so first.

The code of a new account may also be entered in another browser: who registers may read mail on the phone and type at
a desk. Other browsers have five tries of their own, so that strangers use up none of the asking browser's.
"""

import hashlib
import hmac
import re
import secrets
from datetime import timedelta

from flask import current_app
from flask_babel import lazy_gettext as _
from sqlalchemy import ColumnElement, Update, select, update

from accounts.errors import FieldErrors, LinkNeeded, TooMany
from accounts.security import audit, clock, key_fingerprint, limits
from models import EmailCode, count_changed, db, utc_now

REGISTER, RESET = "register", "reset"
# Mails of the same table that carry no code.
CHANGED, INVITE, WELCOME = "changed", "invite", "welcome"
SIGN_IN_LINK = "sign-in-link"
DISABLED, DELETED = "disabled", "deleted"
TOKEN_CREATED, WEBHOOK_ADDED = "token-created", "webhook-added"
NOTICE_HOURS = 24

MAX_TRIES = 5
_ELSEWHERE = (REGISTER,)  # codes that another browser than the one that asked may enter
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_HEX = 16


def order(purpose: str, name: str, browser: str, language: str) -> str:
    """Write the row of a new code, end the older ones of this browser and return its id. There is no code yet."""
    key_fingerprint.declare()
    minutes = current_app.config["CODE_MINUTES"]
    browser_hash = _hash_browser(browser)
    db.session.execute(_end_open(purpose, name).where(EmailCode.browser_hash == browser_hash))
    return _add(purpose, name, language, timedelta(minutes=minutes), browser_hash=browser_hash)


def order_notice(purpose: str, name: str, language: str) -> str:
    """Write the row of a mail that carries no code, such as "your password was changed", and return its id."""
    return _add(purpose, name, language, timedelta(hours=NOTICE_HOURS))


def make(code_id: str) -> str:
    """Make the code of a row, keep its hash, and return it for the one mail that will hold it."""
    code = f"{secrets.randbelow(10**6):06d}"
    db.session.execute(update(EmailCode).where(EmailCode.id == code_id).values(code_hash=_hash_code(code_id, code)))
    db.session.commit()
    return code


def check(purpose: str, name: str, browser: str, code: str, address: str | None, device: str = "") -> str:
    """Return the id of the row whose code this is; `spend` it then. Raises FieldErrors, TooMany or LinkNeeded.

    Every wrong try is counted: for the name, the address and everybody, or for the owner's browser `device` alone. A
    guess at a code that waits is counted before it is compared, so that no more are ever made than may be. Tries that
    no code waits for are counted for the address only: they guess nothing, and strangers could use up the owner's.
    A right code clears what was counted for the name.
    """
    limits.ask(limits.WRONG_CODES, name, address, device)
    own_row = _find_waiting(purpose, name, browser)
    row = own_row or _find_waiting_elsewhere(purpose, name)
    if row is None:
        limits.count(limits.WRONG_CODES, None, address, everybody=False)
    elif (own_row is None or _count_try(row.id)) and _is_right(row.id, row.code_hash, name, code, device):
        for limit, own in ((limits.WRONG_CODES, device), (limits.CODE_GUESSES, device and limits.ANY_DEVICE)):
            limits.forget(limit, name)
            limits.forget_device(limit, name, own)
        return row.id
    else:
        limits.count(limits.WRONG_CODES, name, address, device)
    audit.record("code_wrong", target=name, address=address, detail=purpose)
    raise make_refusal()


def _is_right(code_id: str, code_hash: str | None, name: str, code: str, device: str) -> bool:
    """Count one guess at the account's codes, then compare. Raises LinkNeeded when it has had its guesses."""
    try:
        limits.take(limits.CODE_GUESSES, name, None, device and limits.ANY_DEVICE)
    except TooMany as error:
        raise LinkNeeded() from error
    return hmac.compare_digest(code_hash or secrets.token_hex(32), _hash_code(code_id, code))


def spend(code_id: str) -> bool:
    """Use the code up within the caller's transaction; say whether nobody else did before."""
    now = utc_now()
    used = update(EmailCode).where(EmailCode.id == code_id, EmailCode.ended_at.is_(None)).values(ended_at=now)
    return count_changed(used) == 1


def end_all(name: str) -> None:
    """Invalidate every code of a name, within the caller's transaction."""
    for purpose in (REGISTER, RESET):
        db.session.execute(_end_open(purpose, name))


def looks_right(code: str) -> bool:
    """Say whether this could be a code at all: six ASCII digits."""
    return bool(_SIX_DIGITS.fullmatch(code))


def make_refusal() -> FieldErrors:
    """The one response to a code that is wrong, used, too old or bound to another browser."""
    message = _("This code is wrong or no longer valid. Check the latest mail or ask for a new code.")
    return FieldErrors({"code": message})


def _add(purpose: str, name: str, language: str, lifetime: timedelta, browser_hash: str = "") -> str:
    now, (boot, steady_seconds) = utc_now(), clock.read_boot_clock()
    row = EmailCode(
        id=secrets.token_hex(_HEX),
        purpose=purpose,
        name=name,
        browser_hash=browser_hash,
        language=language,
        requested_at=now,
        next_attempt_at=now,
        expires_at=now + lifetime,
        boot=boot,
        steady_until=steady_seconds + int(lifetime.total_seconds()),
    )
    code_id = row.id
    db.session.add(row)
    db.session.commit()
    return code_id


def _end_open(purpose: str, name: str) -> Update:
    is_open = update(EmailCode).where(
        EmailCode.name == name, EmailCode.purpose == purpose, EmailCode.ended_at.is_(None)
    )
    return is_open.values(ended_at=utc_now())


def _find_waiting(purpose: str, name: str, browser: str) -> EmailCode | None:
    """Return the row of the code that this browser may enter; a row found too old is ended for good."""
    return _find_newest(purpose, name, EmailCode.browser_hash == _hash_browser(browser))


def _find_waiting_elsewhere(purpose: str, name: str) -> EmailCode | None:
    """Return the row of the newest code that any browser asked for, where this one has a try left; count that try."""
    row = _find_newest(purpose, name, EmailCode.tries < MAX_TRIES) if purpose in _ELSEWHERE else None
    try:
        if row is not None:
            limits.take(limits.CODE_ELSEWHERE, row.id, None)
    except TooMany:
        return None
    return row


def _find_newest(purpose: str, name: str, *conditions: ColumnElement[bool]) -> EmailCode | None:
    row = db.session.scalar(
        select(EmailCode)
        .where(EmailCode.name == name, EmailCode.purpose == purpose, EmailCode.ended_at.is_(None), *conditions)
        .order_by(EmailCode.requested_at.desc())
        .limit(1)
    )
    if row is None or not is_over(row):
        return row
    spend(row.id)
    db.session.commit()
    return None


def is_over(row: EmailCode) -> bool:
    """Say whether the time of a row is up, also when somebody has set the clock back meanwhile."""
    now, (boot, steady_seconds) = utc_now(), clock.read_boot_clock()
    set_back = now < row.requested_at - timedelta(seconds=limits.CLOCK_SKEW_SECONDS)
    return now >= row.expires_at or set_back or (boot == row.boot and boot != "" and steady_seconds >= row.steady_until)


def _count_try(code_id: str) -> bool:
    """Count one try before anything is compared; say whether there was one left."""
    one_more = (
        update(EmailCode)
        .where(EmailCode.id == code_id, EmailCode.ended_at.is_(None), EmailCode.tries < MAX_TRIES)
        .values(tries=EmailCode.tries + 1)
    )
    counted = count_changed(one_more) == 1
    db.session.commit()
    return counted


def _hash_code(code_id: str, code: str) -> str:
    return _hash_with_key(f"code:{code_id}:{code}")


def _hash_browser(browser: str) -> str:
    return _hash_with_key(f"browser:{browser}")


def _hash_with_key(text: str) -> str:
    """Six digits are guessed from a plain hash in no time; without the key they are not."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
