"""An id for each request: in its lines of the log, and in the header X-Request-ID of its response."""

import re
import secrets

from flask import Flask, Response, current_app, request

import logs

HEADER = "X-Request-ID"
# What a proxy of ours may have given; anything else could forge lines of the log.
_PLAIN = re.compile(r"[A-Za-z0-9-]{8,64}")


def init_app(app: Flask) -> None:
    """Begin each request with an id, that of our own proxy where it gave one."""
    app.before_request(_begin)
    app.after_request(_tell)
    app.teardown_request(_end)


def _begin() -> None:
    given = request.headers.get(HEADER, "") if current_app.config["PROXIES"] else ""
    logs.request_id.set(given if _PLAIN.fullmatch(given) else secrets.token_hex(8))


def _tell(response: Response) -> Response:
    response.headers[HEADER] = logs.request_id.get()
    return response


def _end(_error: BaseException | None) -> None:
    logs.request_id.set("")  # the thread serves other requests, and does other work, after this one
