"""What people at once see: `python -m benchmarks.load --people 50 --seconds 120`.

Starts a whole site (MariaDB, Redis, the web server, workers). Everybody signs in at the same moment; then each sends
small pictures, waits for the results and downloads them, one after the other with a pause between. Prints p50 and p95
of each kind of request, and every error. People and site share the processors of one machine.
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

from sqlalchemy import select

from benchmarks.faults.figures import summarise
from benchmarks.faults.people import Notes, Person
from benchmarks.faults.site import Site
from models import Job, db
from models.job import DONE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120, help="from the moment when all have signed in")
    parser.add_argument("--pause", type=float, default=20, help="seconds a person rests after a picture, on average")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder), arguments.workers)
        try:
            site.start()
            notes, waits = put_under_load(site, arguments)
        finally:
            site.stop()
    for what, seconds in sorted(notes.seconds.items()):
        figures = summarise(seconds)
        print(f"{what:9} {figures['count']:6}  p50 {figures['p50']:.2f} s  p95 {figures['p95']:.2f} s")
    if waits:
        print(f"{len(waits)} jobs done, each {median(waits):.1f} s after it was queued (median)")
    print(f"responses: {dict(notes.responses.most_common())}")
    print(f"{len(notes.wrong) + len(notes.unreachable)} errors")
    for wrong in notes.wrong:
        print(f"  {wrong}")


def put_under_load(site: Site, arguments: argparse.Namespace) -> tuple[Notes, list[float]]:
    """Return what people were told, and the seconds from the upload of each job to its end."""
    notes, stopping = Notes(), threading.Event()
    with site.open_app():
        names = site.add_people(arguments.people)
    people = [Person(site.address, name, arguments.seed, notes, stopping, arguments.pause) for name in names]
    for person in people:
        person.start()
    for person in people:
        person.is_signed_in.wait()
    time.sleep(arguments.seconds)
    stopping.set()
    for person in people:
        person.join()
    with site.open_app():
        rows = db.session.execute(select(Job.created_at, Job.finished_at).where(Job.status == DONE)).all()
    return notes, [(row.finished_at - row.created_at).total_seconds() for row in rows]


if __name__ == "__main__":
    main()
