"""How many jobs workers run in a minute: `python -m benchmarks.throughput --workers 1 2 4 10`.

For each number of workers a site of its own is started (MariaDB, Redis, each worker with a folder of its own), with all
jobs in the queue, which is paused until the workers are ready. `--tool waits` runs a tool that only waits for half a
second, so that what is measured is how workers share the jobs, and not how many processors the machine has; `--tool
adjust` works for real.
"""

import argparse
import io
import tempfile
import time
from pathlib import Path

from sqlalchemy import delete, func, select

import services
from benchmarks import waiting_tool
from benchmarks.faults.people import make_picture
from benchmarks.faults.site import Site
from jobs import lifecycle
from jobs.files.uploads import FormFile
from models import Job, Setting, User, db
from models.job import DONE, ENDED
from models.setting import PAUSED

PEOPLE = 5
FIELDS = {"adjust": {"brightness": "1.4"}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 10])
    parser.add_argument("--jobs", type=int, default=120)
    parser.add_argument("--tool", choices=["waits", "adjust"], default="waits")
    parser.add_argument("--side", type=int, default=200, help="height of the pictures, in pixels")
    arguments = parser.parse_args()
    services.SERVICES = (*services.SERVICES, waiting_tool.SERVICE)
    for workers in arguments.workers:
        with tempfile.TemporaryDirectory() as folder:
            seconds, shares = measure(Path(folder), workers, arguments.jobs, arguments.tool, arguments.side)
        rate, shared = 60 * arguments.jobs / seconds, ", ".join(map(str, shares))
        print(f"{workers:2} workers: {rate:6.0f} jobs a minute, each ran {shared}", flush=True)


def measure(folder: Path, workers: int, jobs: int, tool: str, side: int) -> tuple[float, list[int]]:
    """Return the seconds that so many jobs took, and how many of them each worker ran, the busiest first."""
    worker = ["benchmarks.waiting_tool"] if tool == "waits" else ["flask", "worker"]
    site = Site(folder, workers, networks=(), worker=worker)
    try:
        site.start()
        with site.open_app():
            db.session.add(Setting(key=PAUSED, number=1))
            site.add_people(PEOPLE)
            fill_queue(jobs, tool, side)
            db.session.execute(delete(Setting).where(Setting.key == PAUSED))
            db.session.commit()
            began = time.monotonic()
            while db.session.scalar(select(func.count()).where(Job.status.not_in(ENDED))):
                db.session.rollback()
                time.sleep(0.05)
            seconds = time.monotonic() - began
            rows = db.session.execute(select(Job.worker, Job.status)).all()
    finally:
        site.stop()
    if any(row.status != DONE for row in rows):
        raise RuntimeError("not all jobs were done")
    names = [row.worker.partition("/")[0] for row in rows]
    return seconds, sorted((names.count(name) for name in set(names)), reverse=True)


def fill_queue(jobs: int, tool: str, side: int) -> None:
    """Queue so many jobs of several people. Needs the context of the site."""
    people = list(db.session.scalars(select(User.id)))
    for number in range(jobs):
        upload = FormFile(io.BytesIO(make_picture(side, str(number))), "photo.png")
        service = services.get(tool)
        assert service is not None
        lifecycle.create(people[number % len(people)], service, FIELDS.get(tool, {}), {"image": upload})


if __name__ == "__main__":
    main()
