"""Traces: one from the upload to the result, nothing personal in it, and no cost where they are off."""

import http.server
import json
import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import config
import logs
import traces
from app import create_app
from models import Job, db
from tests.api.support import Program
from tests.jobs.support import run_job

ROOT = Path(__file__).resolve().parents[2]
ENDPOINT = "http://127.0.0.1:9/v1/traces"


@pytest.fixture(autouse=True)
def off_again():
    yield
    traces.configure(None)
    logging.getLogger("opentelemetry").setLevel(logging.NOTSET)


@pytest.fixture
def spans(environment, database, tmp_path):
    """An application that traces into memory, and what was traced."""
    environment["WEIGHTS_DIR"], environment["TRACES_ENDPOINT"] = str(tmp_path / "weights"), ENDPOINT
    app = create_app(config.load(environment) | {"TESTING": True})
    exporter = InMemorySpanExporter()
    traces.use_exporter(exporter, at_once=True)
    yield app, exporter.get_finished_spans
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_one_trace_leads_from_the_upload_to_the_result(spans):
    app, list_spans = spans
    program = Program(app)
    job_id = program.start_job(brightness="2")
    with app.app_context():
        run_job(job_id)
    named = {span.name: span for span in list_spans()}
    request = next(span for span in named.values() if span.name.startswith("POST /api/v1/"))
    assert {span.context.trace_id for span in named.values()} == {request.context.trace_id}
    assert (
        named["copy the upload"].parent.span_id == named["check the upload"].parent.span_id == request.context.span_id
    )
    assert named["job"].parent.span_id == request.context.span_id
    steps = ("read the picture", "run the tool", "save the result")
    assert {named[step].parent.span_id for step in steps} == {named["job"].context.span_id}
    assert named["job"].attributes["revive.service"] == "adjust" and named["job"].attributes["revive.status"] == "done"
    assert request.attributes["http.response.status_code"] == 201
    assert request.resource.attributes["service.name"] == "revive"


def test_no_span_tells_who_from_where_or_the_name_of_a_file(spans):
    app, list_spans = spans
    program = Program(app, "12345")
    job_id = program.start_job(brightness="2")
    app.test_client().get("/12345/jobs/?q=grandmother")
    app.test_client().post("/login", data={"username": "anna@example.com", "password": "x"})
    with app.app_context():
        run_job(job_id)
    told = " ".join(span.to_json() for span in list_spans())
    for secret in ("12345", "anna", "grandmother", "127.0.0.1", ".jpg", ".png", program.token, job_id):
        assert secret not in told, secret


def test_a_job_that_fails_says_why_by_its_key_and_an_error_by_its_kind(spans):
    app, list_spans = spans
    job_id = Program(app).start_job(brightness="2")
    with app.app_context():
        name = db.session.get(Job, job_id).original_file
        file = next(Path(app.config["STORAGE_DIR"]).rglob(f"{job_id}/{name}"))
        file.write_bytes(b"no picture of grandmother")
        run_job(job_id)
        assert db.session.get(Job, job_id).status == "failed"
    named = {span.name: span for span in list_spans()}
    assert named["job"].attributes["revive.status"] == "failed" and named["job"].attributes["revive.error"]
    broken = named["read the picture"]
    assert broken.status.status_code.name == "ERROR" and not broken.events and " " not in broken.status.description


def test_a_proxy_may_have_begun_the_trace_and_a_stranger_may_not(environment, spans):
    app, list_spans = spans
    parent = f"00-{'ab' * 16}-{'cd' * 8}-01"
    app.test_client().get("/healthz", headers={"traceparent": parent})
    behind = create_app(config.load(environment | {"PROXIES": "1"}))
    behind.test_client().get("/healthz", headers={"traceparent": parent})
    first, second = list_spans()
    assert f"{first.context.trace_id:032x}" != "ab" * 16 == f"{second.context.trace_id:032x}"


def test_lines_of_the_log_in_json_have_the_id_of_the_trace(spans):
    _app, list_spans = spans
    with traces.span("something"):
        record = logging.LogRecord("revive", logging.INFO, "", 0, "hello", None, None)
        line = json.loads(logs.JsonFormatter().format(record))
    assert line["trace_id"] == f"{list_spans()[0].context.trace_id:032x}"


def test_where_they_are_off_the_site_runs_without_opentelemetry(tmp_path):
    """redis-py imports it for figures of its own wherever it is installed, so here it cannot be imported at all."""
    script = (
        "import sys\n"
        "sys.modules['opentelemetry'] = None  # an import of it fails, as where the extra is not installed\n"
        "import config, app, traces, worker.runner\n"
        f"site = app.create_app(config.load({{'INSTANCE_DIR': {str(tmp_path)!r}}}))\n"
        "site.test_client().get('/login')\n"
        "with traces.span('nothing') as span: assert span is None and traces.read_context() == ''\n"
        "traces.note({'a': 1})\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
    script = "import sys, traces\nwith traces.span('nothing'): traces.note({})\n"
    script += "assert not [name for name in sys.modules if name.startswith('opentelemetry')]"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_spans_reach_a_collector_over_http():
    bodies = []

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_words):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    traces.configure(f"http://127.0.0.1:{server.server_port}/v1/traces")
    with traces.span("from here to there") as span:
        assert span.is_recording()
    provider = traces._tracer.span_processor
    assert provider.force_flush(20_000)
    server.shutdown()
    assert [path for path, _body in bodies] == ["/v1/traces"] and b"from here to there" in bodies[0][1]


def test_a_collector_that_is_away_is_told_once_and_its_return_once(caplog):
    class Flaky(InMemorySpanExporter):
        works = False

        def export(self, spans):
            return SpanExportResult.SUCCESS if self.works else SpanExportResult.FAILURE

    flaky = Flaky()
    telling = traces._TellingExporter(flaky)
    for flaky.works in (False, False, True, True):
        telling.export([])
    assert [record.message for record in caplog.records] == [
        "Traces do not reach their endpoint.",
        "Traces reach their endpoint again.",
    ]


@pytest.mark.parametrize("text", ["collector:4318", "ftp://collector/v1/traces", "http://"])
def test_what_is_no_endpoint_stops_the_start(tmp_path, text):
    with pytest.raises(config.WrongSetting) as told:
        config.load({"INSTANCE_DIR": str(tmp_path), "TRACES_ENDPOINT": text})
    assert "give an address such as http://collector:4318/v1/traces" in str(told.value)


def test_without_the_extra_the_start_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(traces, "is_installed", lambda: False)
    with pytest.raises(config.WrongSetting, match=r"pip install 'revive\[traces\]'"):
        config.load({"INSTANCE_DIR": str(tmp_path), "TRACES_ENDPOINT": ENDPOINT})
