"""The worker process: threads that take messages, and a maintenance loop that looks after the rows.

Jobs and mails have queues and threads of their own, so that a code is mailed while a long job runs. A worker takes only
what it has shown to be able to do (`worker.proof`).
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from flask import Flask
from huey.consumer import Consumer
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

import services
from accounts import maintenance
from accounts.mail import outbox
from accounts.settings.current import get_setting
from checkpoints import uploads
from config import UMASK
from jobs import job_statistics, process_identity, trash
from jobs.availability import find_unavailable_reason, list_folders
from jobs.errors import StorageAway
from jobs.guests import removal
from jobs.photos import albums, shares
from jobs.queue import JOB, MAIL, QUICK_JOB, OutageFilter, get_outage, notify_again
from jobs.scheduling import processors
from models import Worker, db, disk_reserve, release, utc_now
from models.faults import describe
from services import runtime
from webhooks import deliveries
from worker import memory, proof, recovery, runner, webhook_sender
from worker.lanes import Lane, start_consumer
from worker.outage import DatabaseOutage
from worker.proof import Proof

logger = logging.getLogger(__name__)

MAINTENANCE_SECONDS = 3
PURGE_SECONDS = 3600
FINISH_SECONDS = 50


class WorkerProcess:
    """`run` returns when a signal has asked the worker to stop and its jobs are finished or given back."""

    def __init__(self, app: Flask):
        self.app = app
        self.id = process_identity.make_worker_id()
        self.threads, self.quick_threads = app.config["WORKER_THREADS"], app.config["WORKER_QUICK_THREADS"]
        self._cap_megabytes = memory.find_cap_megabytes(app.config["WORKER_MEMORY_MEGABYTES"])
        self._watch = recovery.Watch()
        self._statistics = job_statistics.Statistics()
        self._database = DatabaseOutage()
        self._proof = Proof()
        self._proving = threading.Lock()
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._starts_anew = self._retiring = self._has_told_cap = self._lacks_device = False
        self._purged_at = -float(PURGE_SECONDS)
        self._lanes = [self._build_lane(JOB, self.threads)]
        if self.quick_threads:
            self._lanes.append(self._build_lane(QUICK_JOB, self.quick_threads))

    def run(self) -> None:
        os.umask(UMASK)
        self._listen_for_signals()
        for part in ("Worker", "Scheduler"):
            logging.getLogger(f"huey.consumer.{part}").addFilter(OutageFilter(get_outage(self.app)))
        with self.app.app_context():
            shipped, imported = list_folders()
            runtime.configure(shipped, imported, device=self.app.config["DEVICE"])
            self._maintain()
        consumers = [*(lane.start() for lane in self._lanes), start_consumer(self.app, MAIL, self._mail, 1)]
        for thread in (self._maintenance_loop, self._warm_up, self._do_chores, self._send_webhooks):
            threading.Thread(target=thread, name=thread.__name__.strip("_"), daemon=True).start()
        logger.info("Worker %s is ready.", self.id)
        while not self._stopping.wait(10):
            for consumer in consumers:
                consumer.check_worker_health()
        self._stop(consumers)

    def _build_lane(self, kind: str, threads: int) -> Lane:
        is_quick, stopping = kind == QUICK_JOB, self._stopping
        return Lane(self.app, self.id, kind, threads, quick_only=is_quick, prove=self._get_proof, stopping=stopping)

    def _get_proof(self) -> Proof:
        """Return what the worker has shown, after a fault what it shows now. Raises DBAPIError."""
        if self._retiring:
            return replace(self._proof, is_retiring=True)
        if runner.fault_seen.is_set():
            runner.fault_seen.clear()
            self._prove()
        return self._proof

    def _prove(self) -> None:
        with self._proving:
            now = proof.prove(self._lacks_device)
            proof.tell_change(self._proof, now)
            self._proof = now

    def _mail(self, code_id: str) -> None:
        with self.app.app_context():
            if self._proof.takes_mails:
                outbox.deliver_code(code_id)

    def _maintenance_loop(self) -> None:
        while not self._stopping.wait(MAINTENANCE_SECONDS):
            with self.app.app_context():
                self._maintain()

    def _maintain(self) -> None:
        """One round of maintenance; a database that is away is waited for."""
        try:
            self._prove()
            if self._proof.knows_tables:
                self._look_after_rows()
            self._database.end()
        except DBAPIError as error:
            self._database.begin(error)
        except StorageAway:
            runner.fault_seen.set()  # the log has it; the next round looks again
        except Exception:
            logger.exception("A round of maintenance failed; the next one follows.")
        finally:
            release()

    def _look_after_rows(self) -> None:
        self._sign_in()
        self._watch.rescue()
        for lane in self._lanes:
            waiting = lane.pick()
            notify_again(lane.kind, [waiting] if waiting else [])
        notify_again(MAIL, outbox.list_due() if self._proof.takes_mails else [])
        if self._proof.sees_storage:
            trash.erase_due()
            removal.remove_due()
        self._statistics.refresh()
        self._look_at_memory()

    def _do_chores(self) -> None:
        """What may take minutes, beside the maintenance loop, whose heartbeat must not wait for it."""
        self._repeat(self._do_chores_once)

    def _send_webhooks(self) -> None:
        """Tell receivers of other sites how jobs ended; they may be slow to answer."""
        self._repeat(lambda: self._proof.takes_mails and webhook_sender.work(self.app, self._stopping.is_set))

    def _repeat(self, work: Callable[[], object]) -> None:
        """Work every few seconds until the worker stops; a fault is logged, and the next round follows."""
        while not self._stopping.wait(MAINTENANCE_SECONDS):
            with self.app.app_context():
                try:
                    if self._proof.knows_tables:
                        work()
                except DBAPIError as error:
                    self._database.begin(error)
                except StorageAway:
                    runner.fault_seen.set()
                except Exception:
                    logger.exception("A chore failed; the next round follows.")
                finally:
                    release()

    def _do_chores_once(self) -> None:
        disk_reserve.hold()
        uploads.work(self.id)
        if time.monotonic() - self._purged_at >= PURGE_SECONDS and self._proof.sees_storage:
            self._purge()
            self._purged_at = time.monotonic()

    def _purge(self) -> None:
        recovery.purge()
        maintenance.remove_expired()
        shares.remove_expired()
        albums.remove_erased()
        uploads.tidy()
        deliveries.remove_old(get_setting("WEBHOOK_LOG_DAYS"))

    def _sign_in(self) -> None:
        """Say that this worker lives, and what it has shown. The row is made anew when somebody has cleared the table.

        First comes the INSERT in a transaction of its own: an UPDATE that finds no row locks the gap on MySQL, where
        two workers that start together would wait for each other.
        """
        shown = {
            "seen_at": utc_now(),
            "version": self._proof.version,
            "weights": self._proof.weights,
            "problems": ",".join(self._proof.problems),
            "unable": ",".join(self._proof.unable),
            "memory_megabytes": memory.measure_megabytes(),
        }
        known = db.session.scalar(select(Worker.id).where(Worker.id == self.id))
        db.session.rollback()
        if known:
            db.session.execute(update(Worker).where(Worker.id == self.id).values(**shown))
        else:
            db.session.add(Worker(id=self.id, threads=self.threads, quick_threads=self.quick_threads, **shown))
        try:
            db.session.commit()
        except IntegrityError:  # written by another thread of this worker
            db.session.rollback()

    def _look_at_memory(self) -> None:
        """Start anew once the worker has grown past its cap: jobs are finished first, and mails go out meanwhile."""
        if self._retiring:
            self._starts_anew = not runner.is_busy() and not self._stopping.is_set()
            if self._starts_anew:
                self._stopping.set()
            return
        used = memory.measure_megabytes()
        if not self._cap_megabytes or used <= self._cap_megabytes:
            return
        if any(lane.jobs_begun for lane in self._lanes):
            told = "Worker %s occupies %d MB, more than its cap of %d MB: it finishes what it has and starts anew."
            logger.warning(told, self.id, used, self._cap_megabytes)
            self._retiring = True
        elif not self._has_told_cap:
            logger.warning(
                "Worker %s needs %d MB before any job; its cap is %d MB.", self.id, used, self._cap_megabytes
            )
            self._has_told_cap = True

    def _warm_up(self) -> None:
        """Load torch and the networks before the first job needs them."""
        with self.app.app_context():
            usable = [
                service for service in services.SERVICES if service.weights and not find_unavailable_reason(service)
            ]
            if not usable:
                return
            try:
                threads = processors.choose_threads(self.app.config["CPU_THREADS"], self.threads)
                runtime.configure(threads=threads)
                if not runtime.is_device_there():
                    self._lacks_device = True
                    self._prove()
                    return
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
            self._starts_anew = False

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
        if self._starts_anew:
            os.execv(sys.executable, sys.orig_argv)
        os._exit(0)  # a thread deep in a network would keep the interpreter from ending
