"""How gunicorn serves Revive: `gunicorn 'app:create_app()'` in this folder reads this file."""

import os
import tempfile
from pathlib import Path

import logs
from config import UMASK, load_or_exit
from server.worker import BufferingWorker

os.umask(UMASK)
settings = load_or_exit()
logs.set_up(settings["LOG_FORMAT"], settings["LOG_LEVEL"])
# No page may wait as long as a worker does; the processes that gunicorn makes read it from here.
os.environ.setdefault("DATABASE_TIMEOUT_SECONDS", "3")

if settings["METRICS_TOKEN"] and settings["WEB_PROCESSES"] > 1:
    # Each process counts requests into files here, so that whichever is asked can add all of them up.
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="revive-metrics-"))
# An IPv6 address stands in brackets before its port.
host = f"[{settings['HOST']}]" if ":" in settings["HOST"] else settings["HOST"]
bind = f"{host}:{settings['PORT']}"
workers = settings["WEB_PROCESSES"]
# Requests and responses go through one loop, and no slow client holds a thread. A page waits for the database, not for
# the processor, so there are several threads.
worker_class = BufferingWorker
threads = settings["WEB_THREADS"]
timeout = 120
graceful_timeout = 30
accesslog = None
loglevel = "warning"
# Temporary heartbeat files on a disk can stall a worker; memory cannot.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None


def child_exit(server, worker):
    """Forget what a web process that has ended held at its end; its counters stay."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        # At its import it looks whether there are several processes: not before the folder is set.
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)
