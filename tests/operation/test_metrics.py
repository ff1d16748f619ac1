"""/metrics: for whoever has the token, with the figures that the dashboard asks for."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from config import WrongSetting, load
from models import Job, Worker, db, utc_now
from tests.jobs.support import make_job, make_user
from tests.support.engines import both_engines

TOKEN = "t" * 32
DASHBOARD = Path(__file__).resolve().parents[2] / "deploy" / "grafana-dashboard.json"


@pytest.fixture
def site(environment, database):
    app = create_app(load(environment | {"METRICS_TOKEN": TOKEN}) | {"TESTING": True})
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def read(app) -> dict:
    response = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200, response.text
    families = text_string_to_metric_families(response.text)
    return {(each.name, *sorted(each.labels.values())): each.value for family in families for each in family.samples}


def test_there_are_no_metrics_without_the_token(client, site, environment):
    assert client.get("/metrics").status_code == 404
    for given in ("", "Bearer x", f"Basic {TOKEN}"):
        assert site.test_client().get("/metrics", headers={"Authorization": given}).status_code == 404
    with pytest.raises(WrongSetting, match="METRICS_TOKEN is not usable"):
        load(environment | {"METRICS_TOKEN": "short"})


@both_engines
def test_jobs_times_workers_and_requests_are_counted(site):
    with site.app_context():
        user_id = make_user()
        done, _ = make_job(user_id), make_job(user_id)
        row, now = db.session.get(Job, done), utc_now()
        row.status, row.created_at = "done", now - timedelta(seconds=40)
        row.started_at, row.finished_at = now - timedelta(seconds=25), now - timedelta(seconds=1)
        db.session.add_all([Worker(id="a"), Worker(id="b", problems="key")])
        db.session.commit()
    site.test_client().get("/healthz")
    found = read(site)
    assert found["revive_jobs", "adjust", "queued", "quick"] == 1
    assert found["revive_job_wait_seconds_bucket", "10.0", "adjust"] == 0
    assert found["revive_job_wait_seconds_bucket", "20.0", "adjust"] == 1
    assert found["revive_job_run_seconds_bucket", "30.0", "adjust"] == 1
    assert (found["revive_workers", "fit"], found["revive_workers", "unfit"]) == (1, 1)
    assert found["revive_http_requests_total", "/healthz", "200", "GET"] >= 1
    assert found["revive_healthy", "worker"] == 0 and found["revive_queue_oldest_seconds",] >= 0
    asked = re.findall(r"\brevive_[a-z_]+", DASHBOARD.read_text())
    told = {name for name, *_ in found} | {"revive_jobs_today"}  # which a worker counts
    assert set(asked) <= told, set(asked) - told
    assert len(json.loads(DASHBOARD.read_text())["panels"]) > 8
