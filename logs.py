"""How the lines of servers and workers look: as text, or as JSON with the ids of the request and of the job."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

import traces

TEXT, JSON = "text", "json"
LEVELS = ("debug", "info", "warning", "error")
# Its lines begin with their own time, which stands in no other place then.
_AUDIT = "revive.audit"
request_id: ContextVar[str] = ContextVar("request_id", default="")
job_id: ContextVar[str] = ContextVar("job_id", default="")


def set_up(style: str, level: str) -> None:
    """Let all loggers of this process write to standard error, one line each, from this level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if style == JSON else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # What they say of each message and of each step is for their own authors.
    for name in ("alembic.runtime", "huey", "PIL", "waitress.queue"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # A connection that is lost is told by whoever needed it; the pool would add a page for each.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)


@contextmanager
def note_job(identifier: str) -> Iterator[None]:
    """Give the lines of this thread the id of a job."""
    token = job_id.set(identifier)
    try:
        yield
    finally:
        job_id.reset(token)


class TextFormatter(logging.Formatter):
    """Time, level, logger, message; a line of the audit log as it is."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return record.getMessage() if record.name == _AUDIT else super().format(record)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message; with request_id, job_id, trace_id, exception."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message.partition(" ")[2] if record.name == _AUDIT else message,
        }
        ids = {"request_id": request_id.get(), "job_id": job_id.get(), "trace_id": traces.read_trace_id()}
        line |= {name: value for name, value in ids.items() if value}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
