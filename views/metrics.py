"""/metrics for Prometheus, where METRICS_TOKEN is set: jobs, workers, storage, mails from the rows, requests from here.

Each web process counts its own requests; with several, prometheus_client adds them up by files in
PROMETHEUS_MULTIPROC_DIR, which gunicorn.conf.py sets.
"""

import hmac
import os
import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, abort, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client import Histogram as RequestHistogram
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from jobs import health, overview
from jobs.scheduling import figures
from models.setting import STORED_BYTES

blueprint = Blueprint("metrics", __name__)
_SCHEME = "Bearer "
_NORMAL = "normal"
_OTHER_METHOD = "OTHER"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

_requests = CollectorRegistry()
_counted = Counter(
    "revive_http_requests", "Requests that were answered.", ("route", "method", "status"), registry=_requests
)
_took = RequestHistogram(
    "revive_http_request_seconds",
    "How long requests took until their first byte.",
    ("route",),
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10),
    registry=_requests,
)


def init_app(app: Flask) -> None:
    """Count requests where somebody may ask for the metrics."""
    if app.config["METRICS_TOKEN"]:
        app.before_request(_begin)
        app.after_request(_count)


@blueprint.get("/metrics", endpoint="show")
def show():
    token = current_app.config["METRICS_TOKEN"]
    given = request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(given.encode(), f"{_SCHEME}{token}".encode()):
        abort(404)
    registry = CollectorRegistry()
    registry.register(_RowsCollector())
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
        body = generate_latest(registry)
    else:
        body = generate_latest(registry) + generate_latest(_requests)
    return Response(body, content_type=CONTENT_TYPE_LATEST)


class _RowsCollector:
    """What the rows of the site tell at this moment."""

    def collect(self) -> Iterator[GaugeMetricFamily | GaugeHistogramMetricFamily]:
        yield from _tell_queue()
        yield from _tell_times()
        yield _gauge("revive_workers", "Workers of the last day.", ("state",), figures.count_workers())
        totals = overview.read_totals()
        stored = {"pictures": totals.get(STORED_BYTES, 0)}
        if (free := health.free_bytes()) is not None:
            stored["free"] = free
        yield _gauge("revive_storage_bytes", "Bytes of pictures, and what the disk can still take.", ("kind",), stored)
        mails = figures.count_mails_of_last_hour()
        yield _gauge("revive_mails_last_hour", "Attempts to send a mail in the last hour.", ("result",), mails)
        report = health.report()
        states = {
            part: int(state == "ok") for part, state in report.items() if part not in ("status", health.STORAGE_KIND)
        }
        yield _gauge("revive_healthy", "1 for each part of the site that is well.", ("part",), states)


def _tell_queue() -> Iterator[GaugeMetricFamily]:
    waiting = {
        (service, status, lane or _NORMAL): number
        for (service, status, lane), number in figures.count_waiting_and_running().items()
    }
    yield _gauge("revive_jobs", "Jobs that wait or run.", ("service", "status", "lane"), waiting)
    today = figures.count_today()
    yield _gauge("revive_jobs_today", "Jobs made today (UTC) by their status.", ("service", "status"), today)
    oldest = GaugeMetricFamily("revive_queue_oldest_seconds", "How long the oldest waiting job has waited.")
    oldest.add_metric([], figures.measure_oldest_seconds())
    yield oldest


def _tell_times() -> Iterator[GaugeHistogramMetricFamily]:
    measured = figures.measure_last_hour()
    names = {"wait": "How long the jobs of the last hour waited.", "run": "How long the jobs of the last hour ran."}
    for number, (name, about) in enumerate(names.items()):
        family = GaugeHistogramMetricFamily(f"revive_job_{name}_seconds", about, labels=("service",))
        for service, histograms in measured.items():
            bounds = [*(str(float(bound)) for bound in figures.BOUNDS_SECONDS), "+Inf"]
            counts, total = histograms[number].counts, histograms[number].total
            buckets = [(bound, sum(counts[: place + 1])) for place, bound in enumerate(bounds)]
            family.add_metric([service], buckets=buckets, gsum_value=total)
        yield family


def _gauge(name: str, about: str, labels: tuple[str, ...], values: dict) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=labels)
    for key, value in values.items():
        family.add_metric([key] if isinstance(key, str) else list(key), value)
    return family


def _begin() -> None:
    g.request_began = time.perf_counter()


def _count(response: Response) -> Response:
    # The rule, not the path: paths hold names, and there is no end of them.
    route = request.url_rule.rule if request.url_rule else "none"
    method = request.method if request.method in _METHODS else _OTHER_METHOD
    _counted.labels(route, method, str(response.status_code)).inc()
    if "request_began" in g:
        _took.labels(route).observe(time.perf_counter() - g.request_began)
    return response
