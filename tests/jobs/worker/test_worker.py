"""Real worker processes: finishing, being killed, being stopped, sharing the work."""

import io
import signal
import time

import numpy as np
from PIL import Image

from jobs import lifecycle, process_identity, trash
from models import Job, Worker, db
from tests.jobs.support import list_stored_files, make_job, make_user, noise, picture, quickest, wait_until
from tests.support.engines import both_engines
from tests.support.stored import get_folder


def result_of(job_id: str) -> Image.Image:
    return Image.open(get_folder(job_id) / "result.png")


@both_engines
def test_a_job_goes_from_queued_to_done(user_id, start_worker):
    start_worker().ready()
    job = wait_until(make_job(user_id, picture(60, 40, "PNG"), transform="90"))
    assert (job.status, job.error_message, job.attempts) == ("done", "", 1)
    expected = np.rot90(np.asarray(Image.open(io.BytesIO(picture(60, 40, "PNG")))), -1)
    assert np.array_equal(np.asarray(result_of(job.id)), expected)
    assert (get_folder(job.id) / "result.png").stat().st_mode & 0o077 == 0, "nobody else's to read"


def test_an_idle_worker_wakes_up_at_once(user_id, environment, start_worker):
    """Nothing but the message tells this worker of the job."""
    environment["NO_SWEEP"] = "1"
    start_worker().ready()

    def wait() -> float:
        job = wait_until(make_job(user_id))
        return (job.started_at - job.created_at).total_seconds()

    assert quickest(wait, 2) < 2


@both_engines
def test_a_job_of_a_killed_worker_is_finished_by_the_next(endless, gate, start_worker):
    worker = start_worker().ready()
    killed = wait_until(endless, "running").worker
    worker.kill()
    start_worker().ready()
    db.session.rollback()  # MariaDB would show the row as it was
    job = db.session.get(Job, endless, populate_existing=True)
    assert job.worker != killed, "a worker on the same machine need not wait for the lease"
    gate.touch()
    job = wait_until(endless)
    assert (job.status, job.attempts) == ("done", 2)
    assert result_of(endless).size == (300, 200)
    assert len([name for name in list_stored_files_of(endless) if name.startswith("result.")]) == 1


def list_stored_files_of(job_id: str) -> list[str]:
    return [path.name for path in get_folder(job_id).iterdir()]


def test_a_job_that_kills_its_worker_twice_fails_and_others_are_served(endless, start_worker):
    other = make_job(make_user("67890"))
    for attempt in (1, 2):
        worker = start_worker()
        wait_for_attempt(endless, attempt)
        worker.kill()
    start_worker()
    job = wait_until(endless)
    assert (job.status, job.error_key, job.attempts) == ("failed", "worker_lost", 2)
    assert "twice" in job.error_message
    assert wait_until(other).status == "done"


def wait_for_attempt(job_id: str, attempt: int) -> None:
    end = time.monotonic() + 120
    while wait_until(job_id, "running").attempts != attempt:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_five_jobs_survive_the_loss_of_everything_in_their_order(endless, user_id, gate, start_worker, tmp_path):
    worker = start_worker().ready()
    jobs = [endless] + [make_job(user_id) for _ in range(4)]
    wait_until(endless, "running")
    worker.kill()
    for path in (tmp_path / "instance").glob("queue.db*"):
        path.unlink()
    gate.touch()
    start_worker()
    ended = [wait_until(job_id) for job_id in jobs]
    assert [job.status for job in ended] == ["done"] * 5
    starts = [job.started_at for job in ended]
    assert starts == sorted(starts)


def test_a_stopped_worker_finishes_its_job_and_leaves_the_rest(endless, user_id, gate, start_worker):
    worker = start_worker().ready()
    waiting = make_job(user_id)
    wait_until(endless, "running")
    worker.ask_to_stop()
    gate.touch()
    assert worker.ended() == 0
    assert wait_until(endless).status == "done"
    assert wait_until(waiting, "queued").attempts == 0
    assert db.session.query(Worker).count() == 0


def test_a_hurried_worker_puts_its_job_back_without_counting_the_attempt(endless, start_worker):
    worker = start_worker().ready()
    wait_until(endless, "running")
    worker.ask_to_stop(signal.SIGINT)
    worker.process.send_signal(signal.SIGINT)
    assert worker.ended() == 0
    job = wait_until(endless, "queued")
    assert (job.attempts, job.worker) == (0, "")


@both_engines
def test_F18_two_workers_never_run_a_job_twice(user_id, environment, start_worker):
    environment["WORKER_THREADS"] = "2"
    jobs = [make_job(user_id) for _ in range(12)]
    for worker in (start_worker(), start_worker()):
        worker.ready()
    ended = [wait_until(job_id) for job_id in jobs]
    assert {(job.status, job.attempts) for job in ended} == {("done", 1)}
    assert all(list_stored_files_of(job.id).count("result.png") == 1 for job in ended)


def test_a_running_job_stops_soon_after_it_was_cancelled(endless, user_id, start_worker):
    start_worker().ready()
    wait_until(endless, "running")
    lifecycle.cancel(user_id, endless)
    assert wait_until(make_job(user_id)).status == "done", "the only thread of the worker is free again"
    job = wait_until(endless)
    assert (job.status, job.result_file) == ("cancelled", "")
    assert not [name for name in list_stored_files_of(endless) if name.startswith("result")]


def test_a_cancelled_job_is_never_started(user_id, start_worker):
    job_id = make_job(user_id)
    lifecycle.cancel(user_id, job_id)
    start_worker().ready()
    wait_until(make_job(user_id))
    assert db.session.get(Job, job_id, populate_existing=True).started_at is None


def test_deleting_a_running_job_leaves_nothing_behind(endless, in_app, user_id, start_worker):
    start_worker().ready()
    wait_until(endless, "running")
    lifecycle.delete(user_id, endless)
    trash.erase(user_id, [endless])
    wait_until(make_job(user_id))
    assert not [name for name in list_stored_files(in_app) if endless in name]


def test_F06_a_job_whose_result_does_not_fit_fails_with_a_reason_and_later_ones_work(user_id, start_worker):
    import resource

    worker = start_worker().ready()
    # Less than the result, and much more than the journal of the database.
    resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (6 << 20, resource.RLIM_INFINITY))
    job = wait_until(make_job(user_id, noise(8), transform="90"))
    assert (job.status, job.error_key, job.result_file) == ("failed", "storage_full", "")
    assert not [name for name in list_stored_files_of(job.id) if name.startswith("result.")]
    resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    lifecycle.retry(user_id, job.id)
    assert wait_until(job.id).status == "done"


def test_a_worker_is_known_by_its_machine_process_and_start(start_worker):
    worker = start_worker()
    known_as = f"{':'.join(process_identity.make_worker_id().split(':')[:2])}:{worker.process.pid}"
    start = process_identity._start(worker.process.pid)
    assert not process_identity.is_dead(f"{known_as}:{start}")
    assert process_identity.is_dead(f"{known_as}:{int(start) + 1}"), "the number was given to another process"
    worker.kill()
    assert process_identity.is_dead(f"{known_as}:{start}")
    assert not process_identity.is_dead(f"elsewhere:0000:{worker.process.pid}:{start}"), "nobody can tell"
