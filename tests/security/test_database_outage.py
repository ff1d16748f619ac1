"""F07: the database is away for twenty seconds, stopped or hanging, under a real web server and worker with traffic."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models import Job, db
from models.job import DONE, ENDED
from tests.accounts.people import make_user
from tests.jobs.support import ROOT
from tests.security.live import Visitor, wait_for
from tests.support.servers import free_port, stop, wait_for_port
from tests.support.stored import get_folder

AWAY_SECONDS = 20
MAX_REQUEST_SECONDS = 10
RECOVERY_SECONDS = 60
VISITORS = 4


@pytest.fixture
def engine() -> str:
    return "mariadb"


@pytest.fixture
def site(app, environment, tmp_path):
    """The port of a web server; a worker beside it. Neither is touched again until the end."""
    make_user(app)
    port = free_port()
    environment |= {
        "PORT": str(port),
        "PATH": os.environ["PATH"],
        "WEIGHTS_DIR": str(tmp_path / "weights"),
        "MAX_ACTIVE_JOBS": "1000",
    }
    commands = (["-m", "gunicorn", "app:create_app()"], ["-m", "flask", "worker"])
    with (tmp_path / "output").open("w") as output:
        processes = [
            subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment, stdout=output, stderr=output)
            for command in commands
        ]
        try:
            wait_for_port(port, process=processes[0])
            yield port
            assert [process.poll() for process in processes] == [None, None], (tmp_path / "output").read_text()
        finally:
            for process in processes:
                stop(process)


def hang(process: subprocess.Popen) -> None:
    """Let a process hang; return when all of its threads do."""
    process.send_signal(signal.SIGSTOP)
    wait_for(lambda: all(map(stands, Path(f"/proc/{process.pid}/task").iterdir())), 60)


def stands(thread: Path) -> bool:
    try:
        return " T " in (thread / "stat").read_text()
    except OSError:  # it has ended
        return True


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("way", ["stopped", "hanging"])
def test_F07_twenty_seconds_without_the_database(app, site, mariadb, way):
    visitors = [Visitor(site) for _ in range(VISITORS)]
    for visitor in visitors:
        visitor.start()
    try:
        wait_for(lambda: sum(len(visitor.accepted) for visitor in visitors) >= VISITORS, 120)
        mariadb.stop() if way == "stopped" else hang(mariadb.process)
        gone_at = time.monotonic()
        time.sleep(AWAY_SECONDS)
        back_at = time.monotonic()
        mariadb.start() if way == "stopped" else mariadb.process.send_signal(signal.SIGCONT)
        later = [len(visitor.accepted) for visitor in visitors]
        wait_for(lambda: all(len(v.accepted) > n for v, n in zip(visitors, later, strict=True)), RECOVERY_SECONDS)
        recovered_at = time.monotonic()
        # Some more responses while all is well again, and jobs are being worked on.
        later = [len(visitor.responses) for visitor in visitors]
        wait_for(lambda: all(len(v.responses) > n + 6 for v, n in zip(visitors, later, strict=True)), 120)
    finally:
        mariadb.process.send_signal(signal.SIGCONT)
        for visitor in visitors:
            visitor.leave.set()
        for visitor in visitors:
            visitor.join()
    responses = [response for visitor in visitors for response in visitor.responses]
    # What a busy machine takes for the same pages while all is well is not the database's doing.
    usual = max(seconds for begun, seconds, _, _ in responses if begun + seconds < gone_at or begun > recovered_at)
    assert max(seconds for _, seconds, _, _ in responses) <= MAX_REQUEST_SECONDS + usual
    unforeseen = [response for response in responses if response[2] not in {200, 303, 503}]
    assert not unforeseen
    # Who comes shortly before it is back may still be waiting by then.
    lost = [a for a in responses if gone_at < a[0] < back_at - MAX_REQUEST_SECONDS and a[3].startswith("/12345/")]
    assert {status for _, _, status, _ in lost} == {503}, "pages that need the database say that it is away"
    assert_no_job_is_lost_or_doubled(app, {job_id for visitor in visitors for job_id in visitor.accepted})


def assert_no_job_is_lost_or_doubled(app, accepted: set[str]) -> None:
    with app.app_context():

        def unfinished() -> int:
            db.session.rollback()
            return db.session.query(Job).filter(Job.status.not_in(ENDED)).count()

        wait_for(lambda: not unfinished(), 120)
        jobs = {job.id: job for job in db.session.query(Job)}
        # An upload whose response was lost on the way may have been kept; one that was accepted must have been.
        assert accepted <= set(jobs)
        assert {job.status for job in jobs.values()} == {DONE}
        for job in jobs.values():
            assert Path(get_folder(job.id), job.result_file).is_file()
