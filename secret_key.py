"""The key that signs cookies, where no setting gives one: made once, and kept in a file for its owner alone."""

import os
import secrets
from gettext import gettext as _
from pathlib import Path


def load_or_make(path: Path, min_length: int) -> str:
    """Return the key in the file, which is made when it is not there.

    Raises ValueError, which says what to do, where the key is shorter than `min_length` characters.
    """
    if not path.exists():
        _make(path)
    key = path.read_text().strip()
    if len(key) < min_length:
        told = _("{file} holds no key of {length} characters: delete it, and the next start makes a new one.")
        raise ValueError(told.format(file=path, length=min_length))
    return key


def _make(path: Path) -> None:
    """Write a new key. Web server and worker may start at once: the first one wins, and nobody reads half a key."""
    made = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
    try:
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()
