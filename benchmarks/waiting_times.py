"""How well waiting times are told: `python -m benchmarks.waiting_times`.

Plays recorded run times (benchmarks/run_times.json) through the real rows, scheduler and estimates of a site on SQLite,
with a clock of its own: people come at random, each with one picture or a batch; one worker has a thread for any job
and one for quick ones. Of each job it compares what was told when it was queued with what it took. Both the order of
the records and the arrivals come from a seed.
"""

import argparse
import contextlib
import heapq
import itertools
import json
import random
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from unittest import mock

from flask_migrate import upgrade

import config
import services
from app import create_app
from jobs import progress
from jobs.scheduling import lanes, scheduler
from models import Job, User, Worker, db

RECORD = Path(__file__).resolve().parent / "run_times.json"
START = datetime(2026, 1, 1)
PEOPLE, LEARNT_AFTER = 5, 50
CLOCKS = ("jobs.progress", "jobs.scheduling.hands", "jobs.scheduling.run_times", "jobs.scheduling.scheduler")


class Site:
    """A site whose worker is played; `told` has (seconds told, seconds taken, lane) of each job, as they ended."""

    def __init__(self, seed: int):
        self.now, self.chance = START, random.Random(seed)
        self.told: list[tuple[int | None, float, str]] = []
        self._numbers = itertools.count(1)
        self._events: list[tuple[datetime, int, str, dict]] = []
        self._free = {"any": True, "quick": True}
        self._estimates: dict[str, int | None] = {}

    def play(self, records: list[tuple], jobs: int) -> None:
        """Let so many jobs arrive and run to their end. Needs the application's context."""
        db.session.add_all(
            [User(id=number + 1, name=str(10_000 + number), password_hash="!") for number in range(PEOPLE)]
        )
        db.session.add(Worker(id="w", threads=1, quick_threads=1, seen_at=START + timedelta(days=3650)))
        db.session.commit()
        mean = sum(record[3] for record in records) / len(records)
        moment, made = START, 0
        while made < jobs:
            person, batch = self.chance.randrange(PEOPLE) + 1, self.chance.choice((1, 1, 1, 4))
            for _ in range(batch):
                self._plan(moment, "arrive", {"person": person, "record": self.chance.choice(records)})
            made += batch
            moment += timedelta(seconds=self.chance.expovariate(1 / (1.3 * mean * 1.75)))
        while self._events:
            self.now, _, kind, facts = heapq.heappop(self._events)
            getattr(self, f"_{kind}")(**facts)
            self._dispatch()

    def _plan(self, moment: datetime, kind: str, facts: dict) -> None:
        heapq.heappush(self._events, (moment, next(self._numbers), kind, facts))

    def _arrive(self, person: int, record: tuple) -> None:
        service, options, pixels, seconds = record
        lane = lanes.choose(services.get(service), options, pixels)
        job = Job(id=f"{next(self._numbers):032x}", user_id=person, service=service, options=options, lane=lane)
        job.width, job.height, job.original_file, job.created_at = pixels, 1, "original.png", self.now
        job.title = str(seconds)
        db.session.add(job)
        db.session.commit()
        self._estimates[job.id] = progress.estimate_seconds(job)

    def _dispatch(self) -> None:
        for thread in ("quick", "any"):
            while self._free[thread] and (job_id := scheduler.pick_next(quick_only=thread == "quick")):
                job = db.session.get(Job, job_id)
                job.status, job.started_at, self._free[thread] = "running", self.now, False
                ends = self.now + timedelta(seconds=float(job.title))
                db.session.commit()
                self._plan(ends, "end", {"job_id": job_id, "thread": thread})

    def _end(self, job_id: str, thread: str) -> None:
        job = db.session.get(Job, job_id)
        job.status, job.finished_at, job.result_file, self._free[thread] = "done", self.now, "result.png", True
        db.session.commit()
        taken = (self.now - job.created_at).total_seconds()
        self.told.append((self._estimates[job_id], taken, job.lane))


def measure(jobs: int, seed: int, record: Path = RECORD) -> list[tuple[int | None, float, str]]:
    """Return what was told and what it took of each job after the first `LEARNT_AFTER`. Needs the app's context."""
    site = Site(seed)
    with contextlib.ExitStack() as clocks:
        for module in CLOCKS:
            clocks.enter_context(mock.patch(f"{module}.utc_now", lambda: site.now))
        site.play([tuple(row) for row in json.loads(record.read_text())], jobs)
    return site.told[LEARNT_AFTER:]


def compute_median_error(told: list[tuple[int | None, float, str]]) -> float:
    """Return the median of |told - taken| / taken, over the jobs of which something was told.

    Whole seconds are told, at least one: a difference of up to a second counts as none.
    """
    pairs = [(abs(said - taken), taken) for said, taken, _ in told if said is not None]
    return median(off / taken if off > 1 else 0.0 for off, taken in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(config.load({"INSTANCE_DIR": folder, "SECRET_KEY": "k" * 64}))
        with app.app_context():
            upgrade()
            told = measure(arguments.jobs, arguments.seed)
            db.session.remove()
            db.engine.dispose()
    for lane in (lanes.QUICK, lanes.NORMAL, lanes.LONG):
        some = [each for each in told if each[2] == lane]
        if some:
            waits = sorted(taken for _, taken, _ in some)
            print(f"{lane or 'normal':7} {len(some):4} jobs  median error {compute_median_error(some):.0%}  ", end="")
            print(f"taken p50 {waits[len(waits) // 2]:.1f} s, p95 {waits[int(0.95 * len(waits))]:.1f} s")
    print(f"all     {len(told):4} jobs  median error {compute_median_error(told):.0%}")


if __name__ == "__main__":
    main()
