"""Traces for OpenTelemetry: what a picture's way from the upload to its result took, across web servers and workers.

Off, and OpenTelemetry not even imported, unless `TRACES_ENDPOINT` is set. A trace goes on in the worker by the context
that the job's row holds, in the form of the header `traceparent`. No span holds who asked, from where, which address
or the name of a file.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from threading import Lock
from typing import Any

logger = logging.getLogger("revive.traces")
_HEADER = "traceparent"
_making = Lock()
_endpoint: str | None = None
_tracer: Any = None


def is_installed() -> bool:
    """Say whether the packages of the extra `traces` are there."""
    return find_spec("opentelemetry") is not None and find_spec("opentelemetry.sdk") is not None


def configure(endpoint: str | None) -> None:
    """Send the spans of this process to the OTLP endpoint from now on; None sends none."""
    global _endpoint, _tracer
    if endpoint != _endpoint:
        _endpoint, _tracer = endpoint, None


@contextmanager
def span(name: str, attributes: Mapping[str, Any] | None = None, parent: str = "") -> Iterator[Any]:
    """Measure what is done within; yield the span, or None while traces are off.

    `parent` goes on a trace begun elsewhere, as `read_context` wrote it.
    """
    if _endpoint is None:
        yield None
        return
    from opentelemetry.trace import Status, StatusCode

    # The words of an error may hold names of files and people: its kind says enough.
    quiet = {"record_exception": False, "set_status_on_exception": False}
    with _get_tracer().start_as_current_span(name, _read_parent(parent), attributes=attributes, **quiet) as current:
        try:
            yield current
        except Exception as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def note(attributes: Mapping[str, Any], name: str = "") -> None:
    """Put attributes on the span that is open in this thread, and give it a better name where there is one."""
    if _endpoint is not None:
        from opentelemetry import trace

        trace.get_current_span().set_attributes(attributes)
        if name:
            trace.get_current_span().update_name(name)


def read_context() -> str:
    """Return the place in the trace that this thread is at, for `parent` elsewhere; "" while traces are off."""
    if _endpoint is None:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get(_HEADER, "")


def read_trace_id() -> str:
    """Return the id of the trace that this thread is in, as the log tells it; "" for none."""
    context = read_context()
    return context.split("-")[1] if context else ""


def use_exporter(exporter: Any, *, at_once: bool = False) -> None:
    """Give the spans of this process to an exporter; `at_once` waits for each, as tests do."""
    global _tracer
    from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

    resource = Resource.create({SERVICE_VERSION: _read_version()})
    if str(resource.attributes.get(SERVICE_NAME)).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: "revive"}))
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(SimpleSpanProcessor(exporter) if at_once else BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer("revive")


def _get_tracer() -> Any:
    """Return the tracer of this process, made at its first span: a command that measures nothing starts no thread."""
    with _making:
        if _tracer is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            # It tells each failure, again and again; ours tells the outage.
            logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
            use_exporter(_TellingExporter(OTLPSpanExporter(endpoint=_endpoint)))
        return _tracer


class _TellingExporter:
    """An exporter that lets the log say once when spans no longer arrive, and once when they do again."""

    def __init__(self, exporter: Any):
        self._exporter, self._is_lost = exporter, False

    def export(self, spans: Any) -> Any:
        result = self._exporter.export(spans)
        is_lost = result.name != "SUCCESS"
        if is_lost != self._is_lost:
            logger.warning("Traces do not reach their endpoint." if is_lost else "Traces reach their endpoint again.")
        self._is_lost = is_lost
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> Any:
        return self._exporter.force_flush(timeout_millis)


def _read_parent(parent: str) -> Any:
    if not parent:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({_HEADER: parent})


def _read_version() -> str:
    try:
        return version("revive")
    except PackageNotFoundError:
        return "of a checkout"
