"""Links in mails by which a browser proves that its user can read the mailbox.

Such a browser is counted by itself when it signs in or asks for a code (see `accounts.security.limits`). The link
gives no other right: it neither signs in nor stands for a code. Signed for one name and for this one purpose, it needs
no row.
"""

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from accounts.names import is_canonical
from accounts.security import audit, limits

# The codes of a day may all be used up by strangers: the link in the first mail must outlast that day.
LINK_HOURS = 48


def make_link(name: str) -> str:
    """Return the address that the holder of a mailbox opens, valid for `LINK_HOURS`."""
    # Never from the request: a forged Host header must not reach a mail.
    return f"{current_app.config['BASE_URL']}/mailbox/{_build_serializer().dumps(name)}"


def read_link(token: str) -> str | None:
    """Return the canonical user name that a link was made for; None if it is too old or not ours."""
    try:
        name = _build_serializer().loads(token, max_age=LINK_HOURS * 3600)
    except BadSignature:
        return None
    return name if isinstance(name, str) and is_canonical(name) else None


def open_link(token: str, address: str | None) -> str | None:
    """Let the holder of a mailbox prove it; return the user name, or None for a link that is not valid.

    Clears the guesses of codes that the owner's browsers made before: the proof is a success (NIST SP 800-63B, 5.2.2).
    """
    name = read_link(token)
    if name is not None:
        limits.forget_device(limits.CODE_GUESSES, name, limits.ANY_DEVICE)
        audit.record("mailbox_link_opened", target=name, address=address)
    return name


def _build_serializer() -> URLSafeTimedSerializer:
    keys = [*reversed(current_app.config.get("SECRET_KEY_FALLBACKS") or ()), current_app.config["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt="mailbox link")
