"""A span for each request, by its route: no address as it was asked for, no account, nobody's IP address."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, request

import traces

# What a proxy of ours may have begun.
_PARENT = "HTTP_TRACEPARENT"


def init_app(app: Flask) -> None:
    """Measure requests where traces are on."""
    traces.configure(app.config["TRACES_ENDPOINT"])
    if not app.config["TRACES_ENDPOINT"]:
        return
    serve, is_behind_proxy = app.wsgi_app, bool(app.config["PROXIES"])

    def measure(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        parent = environ.get(_PARENT, "") if is_behind_proxy else ""
        with traces.span("request", {"http.request.method": environ["REQUEST_METHOD"]}, parent):
            return serve(environ, start_response)

    app.wsgi_app = measure  # type: ignore[method-assign]  # Flask's own advice
    app.after_request(_note)


def _note(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else "unknown"
    told = {"http.route": route, "http.response.status_code": response.status_code}
    traces.note(told, f"{request.method} {route}")
    return response
