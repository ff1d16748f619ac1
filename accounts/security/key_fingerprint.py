"""Whether two processes have the same SECRET_KEY, told by a fingerprint that gives nothing of the key away.

The web servers check codes, so theirs is the key that counts: they write its fingerprint into the database. A worker
with another key would mail codes that never work.
"""

import hashlib
import hmac

from flask import current_app

from models.setting import KEY_FINGERPRINT, read_text, write_text

_HEX = 16
_DECLARED = "key_fingerprint_declared"


def compute() -> str:
    """Return the fingerprint of this process's key: 64 bits in hex."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, b"fingerprint of the key of Revive", hashlib.sha256).hexdigest()[:_HEX]


def declare() -> None:
    """Write the fingerprint of this web server's key into the database, once for each process.

    Call it only when the caller's transaction has written nothing that is not committed.
    """
    if not current_app.extensions.get(_DECLARED):
        if read_text(KEY_FINGERPRINT) != compute():
            write_text(KEY_FINGERPRINT, compute())
        current_app.extensions[_DECLARED] = True


def agrees() -> bool:
    """Say whether this process has the web servers' key, as far as they have told."""
    return read_text(KEY_FINGERPRINT) in ("", compute())
