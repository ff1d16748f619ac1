"""User names: one spelling for one mailbox.

A user name is a QQ number, which is the mailbox `<number>@qq.com`, or an e-mail address. Both spellings of a QQ
mailbox are one account, whose canonical name is the number. A spelling that could be taken for another name
(full-width digits, invisible characters) is refused, never guessed.
"""

import re
import secrets
from collections.abc import Collection

import idna
from flask_babel import lazy_gettext as _

from accounts.errors import FieldErrors
from models.user import NAME_LENGTH

KINDS = ("qq", "email")
QQ_DOMAIN = "qq.com"
# No mailbox is under this domain (RFC 2606), so nobody registers such a name or signs in with it.
GUEST_DOMAIN = "guests.invalid"
_GUEST_ID_BYTES = 8
MAX_INPUT_LENGTH = 254

_GUEST = re.compile(rf"guest-[0-9a-f]{{{2 * _GUEST_ID_BYTES}}}@{re.escape(GUEST_DOMAIN)}")
_QQ_NUMBER = re.compile(r"[1-9][0-9]{4,10}")
# No slash, question mark, hash or per cent sign: a name is also a part of the site's addresses.
_LOCAL_PART = re.compile(r"[a-z0-9_'+&=~-]+(?:\.[a-z0-9_'+&=~-]+)*")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")

_REFUSED = {
    ("email", "qq"): _("Please give a QQ number (5 to 11 digits) or an e-mail address."),
    ("qq",): _("Please give a QQ number (5 to 11 digits)."),
    ("email",): _("Please give an e-mail address."),
}


def canonicalize(raw: str, kinds: Collection[str] = KINDS) -> str:
    """Return the one spelling of a user name. Raises FieldErrors for anything that is not one.

    `kinds` says which are welcome: "qq", "email" or both. `<number>@qq.com` is both.
    """
    text = raw.strip()
    if len(text) <= MAX_INPUT_LENGTH:
        number = _read_qq_number(text)
        if number and ("qq" in kinds or "@" in text):
            return number
        address = _read_e_mail(text)
        if address and "email" in kinds:
            return address
    raise FieldErrors({"username": _REFUSED[tuple(sorted(set(kinds)))]})


def is_canonical(name: str) -> bool:
    """Say whether `name` is a user name in its one spelling, or the name that a guest was given."""
    if _GUEST.fullmatch(name):
        return True
    try:
        return canonicalize(name) == name
    except FieldErrors:
        return False


def make_guest_name() -> str:
    """Return a name for a visitor without an account: part of addresses, and of no use for signing in."""
    return f"guest-{secrets.token_hex(_GUEST_ID_BYTES)}@{GUEST_DOMAIN}"


def find_mailbox(name: str) -> str:
    """Return the e-mail address of a canonical user name."""
    return name if "@" in name else f"{name}@{QQ_DOMAIN}"


def _read_qq_number(text: str) -> str | None:
    number, at, domain = text.partition("@")
    if at and _encode_domain(domain) != QQ_DOMAIN:
        return None
    return number if _QQ_NUMBER.fullmatch(number) else None


def _read_e_mail(text: str) -> str | None:
    local, _at, domain = text.rpartition("@")
    local, domain = local.lower() if local.isascii() else "", _encode_domain(domain)
    name = f"{local}@{domain}"
    if not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain) or len(local) > 64:
        return None
    # `012345@qq.com` is no QQ number, and no mailbox that anybody could own beside `12345`.
    if domain == QQ_DOMAIN and local.isdigit() or domain == GUEST_DOMAIN:
        return None
    return name if len(name) <= NAME_LENGTH else None


def _encode_domain(domain: str) -> str:
    """Return the domain as DNS knows it, lower-cased and in Punycode, or "" if it is none."""
    try:
        return idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ""
