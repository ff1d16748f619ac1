"""Server time of the administration's pages on MariaDB with many rows: `python -m benchmarks.admin`.

Starts a private MariaDB in a temporary folder, fills it with 100,000 users, 1,000,000 jobs and 500,000 lines of the
audit log, and asks for each page with its filters, at its beginning and far down. The application answers in this
process; what is timed is all that the server does for a page. On a machine that does other things as well, the fastest
time and the processor time (of the application and of the database together) tell more than the median.
"""

import argparse
import os
import re
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import text

import config
from app import create_app
from jobs import job_statistics, retention
from models import db, utc_now
from tests.accounts.people import Browser, make_user, sign_in_person
from tests.support.servers import MariaDB

ADMIN = "10000000000"
ROUNDS = 21
BAR_MS = 100
DAYS = 400
POOL_MEGABYTES = 1024

# Sequences are tables of MariaDB that hold the numbers of their names; RAND(seed) gives the same numbers every time.
USERS = """
INSERT INTO users (name, password_hash, is_admin, language, created_at, signed_in_at, disabled_at, disabled_reason)
SELECT CONCAT(IF(seq % 3, CONCAT('person', seq, '@example.com'), 10000 + seq)), '', 0, IF(seq % 2, 'zh', 'en'),
       UTC_TIMESTAMP(6) - INTERVAL FLOOR(RAND(seq) * :days * 86400) SECOND,
       IF(seq % 5, UTC_TIMESTAMP(6) - INTERVAL FLOOR(RAND(seq + 1) * :days * 86400) SECOND, NULL),
       IF(seq % 50, NULL, UTC_TIMESTAMP(6)), ''
FROM seq_1_to_{users}"""
# Squared, so that the first accounts have far more jobs than the last.
JOBS = """
INSERT INTO jobs (id, user_id, service, options, status, verdict, stage, progress, device, attempts, worker, error_key,
  error_message, original_name, original_file, original_bytes, image_format, width, height, result_file, result_bytes,
  result_has_alpha, mask_file, number, created_at, started_at, finished_at)
SELECT MD5(seq), 1 + FLOOR(POW(RAND(seq), 2) * {users}),
       ELT(1 + seq % 4, 'deblur', 'colorize', 'background', 'adjust'), '{{}}',
       @status := CASE WHEN seq <= 5000 THEN 'queued' WHEN seq <= 5004 THEN 'running' WHEN seq % 25 = 0 THEN 'failed'
         WHEN seq % 97 = 0 THEN 'cancelled' ELSE 'done' END,
       '', '', 1, 'CPU', 1, 'host:machine:1:1/abc', IF(seq % 25 = 0, 'worker_lost', ''), IF(seq % 25 = 0, 'Lost.', ''),
       'photo.jpg', 'original.jpg', 1000000 + seq % 900000, 'JPEG', 1600, 1200, 'result.png', 2000000, 0, '', seq,
       @made := UTC_TIMESTAMP(6) - INTERVAL FLOOR(IF(seq <= 5004, 0, RAND(seq + 7) * :days * 86400)) SECOND,
       @made + INTERVAL 2 SECOND, IF(seq <= 5004, NULL, @made + INTERVAL 2 + seq % 9 SECOND)
FROM seq_1_to_{jobs} ORDER BY 1"""
EVENTS = """
INSERT INTO events (at, action, actor, target, address, detail)
SELECT UTC_TIMESTAMP(6) - INTERVAL ({events} - seq) MINUTE,
       ELT(1 + seq % 4, 'signed_in', 'sign_in_failed', 'mail_sent', IF(seq % 100, 'code_requested', 'user_disabled')),
       IF(seq % 100, 10000 + seq % 90000, '{admin}'),
       10000 + seq % 90000, CONCAT('198.51.', seq % 100, '.', seq % 250), ''
FROM seq_1_to_{events}"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--users", type=int, default=100_000)
    options.add_argument("--jobs", type=int, default=1_000_000)
    options.add_argument("--events", type=int, default=500_000)
    sizes = vars(options.parse_args())
    with tempfile.TemporaryDirectory() as folder:
        server = MariaDB(Path(folder, "mariadb"))
        try:
            settings = {
                "INSTANCE_DIR": folder,
                "DATABASE_URL": server.new_database("revive"),
                "WEIGHTS_DIR": folder,
                "DATABASE_TIMEOUT_SECONDS": "3600",
            }
            measure(create_app(config.load(settings)), sizes, server.process.pid)
        finally:
            server.stop()


def measure(app, sizes: dict[str, int], database_pid: int) -> None:
    with app.app_context():
        upgrade()
    make_user(app, ADMIN, is_admin=True)
    with app.app_context():
        db.session.execute(text(f"SET GLOBAL innodb_buffer_pool_size = {POOL_MEGABYTES} * 1048576"))
        for statement in (USERS, JOBS, EVENTS):
            time_call(statement.split()[2], lambda statement=statement: fill(statement, sizes))
        db.session.execute(text("ANALYZE TABLE users, jobs, events")).all()
        time_call("counting 31 days", lambda: job_statistics.count_days(31))
        time_call("counting today and yesterday", lambda: job_statistics.count_days(job_statistics.DAYS_IN_FLUX))
        time_call("counting storage", job_statistics.count_storage)
        app.config["RETENTION_DAYS"] = DAYS - 1
        time_call("finding what is kept no longer", retention.list_outdated)
        db.session.remove()
    browser = sign_in_person(app, ADMIN)
    worst = (0.0, 0.0, 0.0)
    print(f"{'page':64} {'fastest ms':>10} {'median ms':>10} {'slowest ms':>10} {'processor':>10}")
    for page in pages(browser):
        busy = processor_seconds(database_pid)
        times = sorted(milliseconds(browser, page) for _ in range(ROUNDS))
        busy = (processor_seconds(database_pid) - busy) / ROUNDS * 1000
        median = statistics.median(times)
        worst = tuple(map(max, worst, (times[0], median, busy)))
        print(f"{page[:64]:64} {times[0]:10.1f} {median:10.1f} {times[-1]:10.1f} {busy:10.1f}", flush=True)
    print("The slowest page takes {:.1f} ms at best, {:.1f} ms in the median, {:.1f} ms of processors.".format(*worst))
    print(f"The bar is {BAR_MS} ms.")


def fill(statement: str, sizes: dict[str, int]) -> None:
    """Run a statement, and build the table's indexes anew when it is done: so they cost a tenth."""
    days = {"days": DAYS} if ":days" in statement else {}
    table = db.metadata.tables[statement.split()[2]]
    # The foreign key of the jobs needs one of theirs at all times.
    indexes = [index for index in table.indexes if index.name != "ix_jobs_user_id_created_at"]
    for index in indexes:
        index.drop(db.session.connection())
    db.session.execute(text(statement.format(admin=ADMIN, **sizes)), days)
    for index in indexes:
        index.create(db.session.connection())
    db.session.commit()


LISTS = {
    "users": [
        "",
        "?order=oldest",
        "?order=name",
        "?order=storage",
        "?state=disabled",
        "?state=admin",
        "?q=person1",
        "?q=person99999",
        "?q=nobody",
        "?q=1&state=disabled",
        "?state=disabled&order=storage",
        "?state=admin&order=name",
        "?order=seen",
        "?order=unseen",
        "?state=disabled&order=seen",
        "?state=admin&order=unseen",
    ],
    "jobs": [
        "",
        "?status=failed",
        "?status=queued",
        "?status=running",
        "?service=deblur",
        "?user=person1@example.com",
        "?service=deblur&status=failed",
        "?service=deblur&status=cancelled",
        "?service=deblur&status=running",
        "?user=person1@example.com&status=failed",
        "?user=person1@example.com&service=deblur&status=failed",
        "?user=person99999@example.com&status=running",
    ],
    "audit": [
        "",
        "?action=user_disabled",
        "?actor=" + ADMIN,
        "?target=12345",
        "?address=198.51.3.3",
        f"?actor={ADMIN}&action=signed_in",
        f"?actor={ADMIN}&action=mail_sent&target=12345",
        "?action=unknown",
    ],
}


def pages(browser: Browser) -> list[str]:
    """Every page, lists with each of their filters; those with a mark are of the middle of the list."""
    middle = (utc_now() - timedelta(days=DAYS / 2)).isoformat()
    far_down = [
        f"/admin/jobs?after={middle}~0",
        f"/admin/jobs?service=deblur&status=failed&after={middle}~0",
        f"/admin/users?after={middle}~9",
        f"/admin/users?state=disabled&after={middle}~9",
        f"/admin/users?order=seen&after={middle}~9",
        "/admin/users?order=seen&after=-~9000",
        f"/admin/users?order=unseen&after={middle}~9",
        "/admin/users?order=unseen&after=-~9000",
        "/admin/storage?after=3000000~9",
        "/admin/audit?after=250000",
    ]
    one = re.search(r"/admin/users/\d+", browser.get("/admin/users?order=storage").text)[0]
    listed = [f"/admin/{name}{query}" for name, queries in LISTS.items() for query in queries]
    return ["/admin/", one, "/admin/users/new", "/admin/queue", "/admin/weights", "/admin/storage", *listed, *far_down]


def milliseconds(browser: Browser, page: str) -> float:
    start = time.perf_counter()
    response = browser.get(page)
    assert response.status_code == 200, (page, response.status_code)
    return (time.perf_counter() - start) * 1000


def processor_seconds(database_pid: int) -> float:
    """The processor time of this process and of the database so far."""
    fields = Path(f"/proc/{database_pid}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def time_call(what: str, do) -> None:
    start = time.perf_counter()
    do()
    print(f"{what:32} {time.perf_counter() - start:8.2f} s", flush=True)


if __name__ == "__main__":
    main()
