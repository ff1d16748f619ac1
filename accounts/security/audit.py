"""The audit log: a row and a log line for everything that matters to the safety of accounts.

Neither ever holds a code, a password or a token. The row is written in a transaction of its own, so it survives what
the caller rolls back; call this only when the caller's transaction has written nothing that is not committed. Where
the disk takes nothing more, the line alone must do: people may still read and delete.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from sqlalchemy import insert
from sqlalchemy.exc import OperationalError

from models import Event, db
from models.faults import Fault, classify_fault

logger = logging.getLogger("revive.audit")
DETAIL_LENGTH = 255


class Terminal(logging.StreamHandler[TextIO]):
    """Standard error, for a process that has set up no logging of its own."""

    def handle(self, record: logging.LogRecord) -> bool:
        return not logging.getLogger().handlers and super().handle(record)


def start() -> None:
    """Show the lines on the terminal, once per process."""
    if not logger.handlers:
        logger.addHandler(Terminal(sys.stderr))
        logger.setLevel(logging.INFO)


def record(action: str, *, actor: str = "", target: str = "", address: str | None = "", detail: str = "") -> None:
    """Write down that `actor` did `action` to `target`, both canonical user names or ""."""
    row = {
        "action": action,
        "actor": actor or "",
        "target": target or "",
        "address": address or "",
        "detail": detail[:DETAIL_LENGTH],
    }
    note(**row)
    try:
        with db.engine.begin() as connection:
            connection.execute(insert(Event).values(row))
    except OperationalError as error:
        if classify_fault(error) not in {Fault.FULL, Fault.READ_ONLY}:
            raise
        logger.error(
            "The line above could not be written to the database: its disk is %s.", classify_fault(error).value
        )


def note(action: str, **words: str) -> None:
    """Write the log line alone, for what anybody could cause without end, such as refused tries.

    Every value is a JSON string, so that no line break and no quotation mark can forge another line or field.
    """
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    said = " ".join(f"{name}={json.dumps(str(word))}" for name, word in words.items() if word)
    logger.info("%s %s %s", now, action, said)
