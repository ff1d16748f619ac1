"""Passwords: the rules, and Argon2id.

The same characters may be typed as different code points: é is one on some keyboards and two on others. They are
brought to one form, NFKC, before they are hashed or compared (NIST SP 800-63B, 5.1.1.2; UAX #15).
"""

import threading
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type
from flask import current_app
from flask_babel import lazy_gettext

from accounts.errors import FieldErrors
from accounts.names import find_mailbox
from accounts.security.common_passwords import load_common_passwords

_: Callable[..., str] = lazy_gettext  # what it returns is used as a text

# OWASP's least for Argon2id is 19 MiB, two passes, one lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
MAX_HASHED_LENGTH = 1024

# Two cores: more hashes at once would only make every one of them, and every page, slower.
_two_at_once = threading.BoundedSemaphore(2)

_COMMON = frozenset(load_common_passwords())

EMPTY = _("Please fill in this field.")


def check(password: str, confirm: str, name: str | None) -> None:
    """Raise FieldErrors unless `password` keeps the rules and was typed twice. `name` may be unknown (None)."""
    errors = {}
    trouble = find_trouble(password, name)
    if trouble is not None:
        errors["password"] = trouble
    if not confirm:
        errors["confirm"] = EMPTY
    elif _normalise(confirm) != _normalise(password):
        errors["confirm"] = _("The two passwords differ.")
    if errors:
        raise FieldErrors(errors)


def find_trouble(password: str, name: str | None) -> str | None:
    """Return what is wrong with the password of `name`, which may be unknown, or None.

    Length comes first: the rest never sees 100 kB.
    """
    shortest, longest = current_app.config["PASSWORD_MIN_LENGTH"], current_app.config["PASSWORD_MAX_LENGTH"]
    if not password:
        return EMPTY
    normalised = _normalise(password)
    if len(normalised) > MAX_HASHED_LENGTH or not shortest <= _count_visible(password) <= longest:
        return _("Please use %(shortest)s to %(longest)s characters.", shortest=shortest, longest=longest)
    password = normalised
    kinds = {unicodedata.category(character)[0] for character in password}
    if not any(character.isdecimal() for character in password):
        return _("Please use at least one digit.")
    if "L" not in kinds:
        return _("Please use at least one letter.")
    if not kinds & {"P", "S", "Z"}:
        return _("Please use at least one special character, such as ! or #.")
    if name and password.casefold() in {name, find_mailbox(name), find_mailbox(name).split("@")[0]}:
        return _("The password must not be the user name.")
    if password.casefold() in _COMMON:
        return _("This is one of the first passwords that anybody would try. Please choose another one.")
    return None


def make_hash(password: str) -> str:
    """Return the Argon2id hash, with a salt of its own. Waits while two others are being made."""
    with _two_at_once:
        return HASHER.hash(_normalise(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Say whether the password is the one that was hashed.

    A hash from before passwords were normalised is of the password as it was typed. A wrong password takes as long
    without a hash (an unknown name, an account without a password) as with one.
    """
    if len(password) > MAX_HASHED_LENGTH:
        return False
    forms = dict.fromkeys((_normalise(password), password))
    return any(_verify(password_hash or _hash_unknown_password(), form) for form in forms) and bool(password_hash)


def is_outdated(password_hash: str, password: str) -> bool:
    """Say whether the hash of this password was made with other costs than today's, or of the password as typed."""
    if HASHER.check_needs_rehash(password_hash):
        return True
    normalised = _normalise(password)
    return normalised != password and not _verify(password_hash, normalised)


def _verify(password_hash: str, form: str) -> bool:
    with _two_at_once:
        try:
            return HASHER.verify(password_hash, form)
        except (VerificationError, InvalidHashError):
            return False


def _normalise(password: str) -> str:
    """Return the form that is hashed. What is too long for any rule stays as it is: it is never hashed."""
    return unicodedata.normalize("NFKC", password) if len(password) <= MAX_HASHED_LENGTH else password


def _count_visible(password: str) -> int:
    """Return how many characters a person sees: accents and joiners are parts of the one before."""
    composed = unicodedata.normalize("NFC", password)
    return sum(unicodedata.category(character) not in {"Mn", "Me", "Cf"} for character in composed)


@lru_cache(maxsize=1)
def _hash_unknown_password() -> str:
    return HASHER.hash("a password that opens nothing")
