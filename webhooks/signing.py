"""The secrets that sign messages, and the signature: Standard Webhooks (https://www.standardwebhooks.com).

Whoever receives a message needs the same secret, so a hash will not do here. The database holds it encrypted with a key
made from the site's own: a copy of the database alone signs nothing.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app

PREFIX = "whsec_"
_SECRET_BYTES = 32


def make() -> str:
    """Return a new secret as its owner is shown it: `whsec_` and Base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def encrypt(secret: str) -> str:
    """Return a secret as the database holds it."""
    return _build_cipher().encrypt(secret.encode()).decode()


def decrypt(stored: str) -> str | None:
    """Return a stored secret; None where the site's key has changed since and is no fallback."""
    try:
        return _build_cipher().decrypt(stored.encode()).decode()
    except InvalidToken:
        return None


def sign(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers that prove a message: its id, the time `at` (UTC) of this attempt, HMAC-SHA256 over all three.

    The signature is over `id.timestamp.body`, with the decoded Base64 of the secret as the key.
    """
    timestamp = str(int(at.replace(tzinfo=UTC).timestamp()))
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.digest(key, b".".join((message_id.encode(), timestamp.encode(), body)), hashlib.sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _build_cipher() -> MultiFernet:
    keys = [current_app.config["SECRET_KEY"], *(current_app.config.get("SECRET_KEY_FALLBACKS") or ())]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derive(key))) for key in keys])


def _derive(key: str) -> bytes:
    return hmac.digest(key.encode(), b"secrets of webhooks", hashlib.sha256)
