"""How Revive is served: gunicorn looks after the processes, Waitress after the connections of each.

Waitress reads requests and sends responses in one loop, so that a slow client holds no thread. What this room adds:
time limits for slow clients (`channel.py`), a limit of the body before it is read (`parser.py`), and threads of their
own for pages, for work on pictures, for archives and for waiting (`dispatcher.py`). The site tells for each request
what may be sent and which threads serve it: `app.extensions["admission"]`, an `Admit`.
"""

from collections.abc import Callable
from dataclasses import dataclass

PAGE, WORK, ARCHIVE, WAIT = "page", "work", "archive", "wait"


@dataclass(frozen=True)
class Admission:
    """What a request may send, in bytes; which threads serve it; and, for work and waiting, whose share it takes."""

    max_body_bytes: int
    pool: str = PAGE
    account: str = ""


# Method, path, query, the headers Cookie and Authorization -> what is admitted. It runs in the loop and must not wait.
Admit = Callable[[str, str, str, str, str], Admission]
