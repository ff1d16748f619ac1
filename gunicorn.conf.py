"""How gunicorn serves Revive: `gunicorn 'app:create_app()'` in this folder reads this file."""

import os
from pathlib import Path

from config import UMASK, load_or_exit

os.umask(UMASK)
settings = load_or_exit()
# No page may wait as long as a worker does; the processes that gunicorn makes read it from here.
os.environ.setdefault("DATABASE_TIMEOUT_SECONDS", "3")

bind = f"{settings['HOST']}:{settings['PORT']}"
workers = settings["WEB_PROCESSES"]
# Threads, because a page waits for the database and for uploads, not for the processor.
worker_class = "gthread"
threads = settings["WEB_THREADS"]
timeout = 120
graceful_timeout = 30
keepalive = 5
accesslog = None
loglevel = "warning"
# Temporary heartbeat files on a disk can stall a worker; memory cannot.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
forwarded_allow_ips = "127.0.0.1,::1"
