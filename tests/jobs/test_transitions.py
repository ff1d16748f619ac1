"""Changes of a job's status: only those that are declared, and all of them in one place."""

import ast
import itertools
from pathlib import Path

import pytest

from models import Job, db
from models.job import CANCELLED, DONE, ENDED, FAILED, QUEUED, RUNNING
from models.transitions import FROM, change_status
from tests.jobs.support import make_job

ROOT = Path(__file__).resolve().parents[2]
STATUSES = (QUEUED, RUNNING, DONE, FAILED, CANCELLED)


@pytest.mark.parametrize("before, after", itertools.product(STATUSES, STATUSES))
def test_only_declared_changes_happen(in_app, user_id, before, after):
    job_id = make_job(user_id)
    db.session.execute(db.update(Job).values(status=before, stage="Reading", progress=0.5, worker="one"))
    changed = db.session.execute(change_status(after, Job.id == job_id)).rowcount
    job = db.session.get(Job, job_id, populate_existing=True)
    assert changed == (before in FROM[after])
    assert job.status == (after if changed else before)
    if changed:
        assert job.stage == "" and (job.finished_at is not None) == (after in ENDED)


def test_nothing_comes_after_done():
    assert DONE not in {before for froms in FROM.values() for before in froms}


def test_no_other_module_sets_the_status_of_a_job():
    found = []
    for room in ("accounts", "jobs", "worker", "views"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                is_values = isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".values")
                if is_values and any(keyword.arg == "status" for keyword in node.keywords):
                    found.append(f"{path.name}:{node.lineno}")
    assert not found
