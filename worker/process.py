"""The worker process: threads that take messages, and a maintenance loop that looks after the rows.

Jobs and mails have queues and threads of their own, so that a code is mailed while a long job runs.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable

from flask import Flask
from huey.consumer import Consumer
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

import services
from accounts import maintenance
from accounts.mail import outbox
from checkpoints import uploads
from config import UMASK
from jobs import job_statistics, process_identity, scheduler, trash
from jobs.availability import find_unavailable_reason, list_folders
from jobs.guests import removal
from jobs.photos import albums, shares
from jobs.queue import JOB, MAIL, OutageFilter, get_outage, get_wake_up, notify_again
from models import Worker, count_changed, db, disk_reserve, release, utc_now
from models.faults import describe
from services import runtime
from webhooks import deliveries
from worker import recovery, runner, webhook_sender

logger = logging.getLogger(__name__)

MAINTENANCE_SECONDS = 3
PURGE_SECONDS = 3600
FINISH_SECONDS = 50
_SQLITE_POLL_SECONDS = 0.2
_AWAY_POLL_SECONDS = 2  # how often a Redis that is away is asked


class _Consumer(Consumer):
    """Huey's consumer as one of several in a process that has signal handlers of its own."""

    def _set_signal_handlers(self) -> None:
        pass


class WorkerProcess:
    """`run` returns when a signal has asked the worker to stop and its jobs are finished or given back."""

    def __init__(self, app: Flask):
        self.app = app
        self.id = process_identity.make_worker_id()
        self.threads = app.config["WORKER_THREADS"]
        self._watch = recovery.Watch()
        self._statistics = job_statistics.Statistics()
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._purged_at = -float(PURGE_SECONDS)

    def run(self) -> None:
        os.umask(UMASK)
        self._listen_for_signals()
        for part in ("Worker", "Scheduler"):
            logging.getLogger(f"huey.consumer.{part}").addFilter(OutageFilter(get_outage(self.app)))
        with self.app.app_context():
            shipped, imported = list_folders()
            runtime.configure(shipped, imported)
            self._maintain()
        consumers = [self._consumer(JOB, self._work, self.threads), self._consumer(MAIL, self._mail, 1)]
        for thread in (self._maintenance_loop, self._warm_up, self._do_chores, self._send_webhooks):
            threading.Thread(target=thread, name=thread.__name__.strip("_"), daemon=True).start()
        logger.info("Worker %s is ready.", self.id)
        while not self._stopping.wait(10):
            for consumer in consumers:
                consumer.check_worker_health()
        self._stop(consumers)

    def _consumer(self, kind: str, listener, threads: int) -> Consumer:
        wake_up = get_wake_up(self.app, kind)
        wake_up.listener = listener
        blocking = getattr(wake_up.huey.storage, "blocking", False)
        consumer = _Consumer(
            wake_up.huey,
            workers=threads,
            periodic=False,
            initial_delay=0.05,
            max_delay=_AWAY_POLL_SECONDS if blocking else _SQLITE_POLL_SECONDS,
        )
        consumer.start()
        return consumer

    def _work(self, _job_id: str = "") -> None:
        """Run what waits, oldest first, until nothing does: the message only says that there is something."""
        with self.app.app_context():
            try:
                while not self._stopping.is_set() and (job_id := scheduler.pick_next()):
                    runner.run(job_id, self.id)
            except DBAPIError as error:
                logger.warning("The database is %s: maintenance notifies again.", describe(error))

    def _mail(self, code_id: str) -> None:
        with self.app.app_context():
            outbox.deliver_code(code_id)

    def _maintenance_loop(self) -> None:
        while not self._stopping.wait(MAINTENANCE_SECONDS):
            with self.app.app_context():
                self._maintain()

    def _maintain(self) -> None:
        """One round of maintenance; a database that is away is waited for."""
        try:
            self._sign_in()
            self._watch.rescue()
            waiting = scheduler.pick_next()
            notify_again(JOB, [waiting] if waiting else [])
            notify_again(MAIL, outbox.list_due())
            trash.erase_due()
            removal.remove_due()
            self._statistics.refresh()
        except DBAPIError as error:
            logger.warning("The database is %s.", describe(error))
        except Exception:
            logger.exception("A round of maintenance failed; the next one follows.")
        finally:
            release()

    def _do_chores(self) -> None:
        """What may take minutes, beside the maintenance loop, whose heartbeat must not wait for it."""
        self._repeat(self._do_chores_once)

    def _send_webhooks(self) -> None:
        """Tell receivers of other sites how jobs ended; they may be slow to answer."""
        self._repeat(lambda: webhook_sender.work(self.app, self._stopping.is_set))

    def _repeat(self, work: Callable[[], object]) -> None:
        """Work every few seconds until the worker stops; a fault is logged, and the next round follows."""
        while not self._stopping.wait(MAINTENANCE_SECONDS):
            with self.app.app_context():
                try:
                    work()
                except DBAPIError as error:
                    logger.warning("The database is %s.", describe(error))
                except Exception:
                    logger.exception("A chore failed; the next round follows.")
                finally:
                    release()

    def _do_chores_once(self) -> None:
        disk_reserve.hold()
        uploads.work(self.id)
        if time.monotonic() - self._purged_at >= PURGE_SECONDS:
            self._purge()
            self._purged_at = time.monotonic()

    def _purge(self) -> None:
        recovery.purge()
        maintenance.remove_expired()
        shares.remove_expired()
        albums.remove_erased()
        uploads.tidy()
        deliveries.remove_old(self.app.config["WEBHOOK_LOG_DAYS"])

    def _sign_in(self) -> None:
        """Say that this worker lives. The row is made anew when somebody has cleared the table."""
        alive = update(Worker).where(Worker.id == self.id).values(seen_at=utc_now())
        if not count_changed(alive):
            db.session.add(Worker(id=self.id, threads=self.threads))
        db.session.commit()

    def _warm_up(self) -> None:
        """Load torch and the networks before the first job needs them."""
        with self.app.app_context():
            usable = [
                service for service in services.SERVICES if service.weights and not find_unavailable_reason(service)
            ]
            if not usable:
                return
            try:
                # Jobs that run side by side share the cores instead of fighting for them.
                runtime.configure(threads=max(1, len(os.sched_getaffinity(0)) // self.threads))
                device = runtime.load_networks({name for service in usable for name in service.weights})
                db.session.execute(update(Worker).where(Worker.id == self.id).values(device=device))
                db.session.commit()
            except Exception as error:  # each job will say for itself what is wrong
                logger.warning("The networks could not be loaded beforehand: %s", error)

    def _listen_for_signals(self) -> None:
        def stop(number: int, frame: object) -> None:
            if self._stopping.is_set():
                self._hurry.set()
            self._stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    def _stop(self, consumers: list[Consumer]) -> None:
        """Let running jobs finish for a while; those that cannot go back into the queue for the next worker."""
        logger.info("Worker %s begins nothing more and finishes what it has.", self.id)
        for consumer in consumers:
            consumer.stop_flag.set()
        threads = [thread for consumer in consumers for _, thread in consumer.worker_threads]
        end = time.monotonic() + FINISH_SECONDS
        while any(t.is_alive() for t in threads) and time.monotonic() < end and not self._hurry.is_set():
            time.sleep(0.05)
        try:
            with self.app.app_context():
                returned = recovery.give_back(self.id)
                db.session.execute(delete(Worker).where(Worker.id == self.id))
                db.session.commit()
            logger.info("Worker %s stops; %d jobs go back into the queue.", self.id, returned)
        except DBAPIError as error:
            logger.warning("The database is %s: the next worker finds the jobs.", describe(error))
        logging.shutdown()
        os._exit(0)  # a thread deep in a network would keep the interpreter from ending
