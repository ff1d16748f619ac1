"""Run the fault test: see the package."""

import argparse
import json
import os
import platform
import random
import re
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.faults import check
from benchmarks.faults.figures import Machine, summarise
from benchmarks.faults.kinds import Fault, list_faults
from benchmarks.faults.people import Notes, Person
from benchmarks.faults.site import Site

SIGN_IN_SECONDS, WEB_START_SECONDS = 180, 60
WEB_KILL = re.compile("kill.* web")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--every", type=float, default=20, help="seconds from one fault to the next")
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--pause", type=float, default=10, help="seconds a person rests after a picture, on average")
    parser.add_argument("--patience", type=float, default=60, help="seconds after which no response counts as none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="*", default=[], help="only faults whose names hold one of these words")
    parser.add_argument("--folder", type=Path, help="an empty folder that is kept, with all logs")
    parser.add_argument("--report", type=Path, help="where the report goes as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        folder = arguments.folder or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        report = run(folder, arguments)
    if arguments.report:
        arguments.report.write_text(json.dumps(report, indent=1) + "\n")
    print_report(report)
    sys.exit(bool(report["violations"]))


def run(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Let the site stand the test; return the report."""
    site, chance = Site(folder), random.Random(arguments.seed)
    try:
        site.start()
        notes, stopping, machine = Notes(arguments.patience), threading.Event(), Machine()
        everybody = let_people_in(site, notes, stopping, arguments)
        faults = break_things(site, notes, chance, arguments)
        stopping.set()
        for person in everybody:
            person.join()
        with site.open_app():
            stuck, seconds = check.wait_until_settled()
            time.sleep(5)  # the workers have told of themselves
            violations = [f"stuck: job {job_id}" for job_id in stuck] + check.find_violations(site, notes)
            violations += find_unexplained(notes, faults)
            jobs = check.count_jobs()
    finally:
        site.stop()
    return {
        "seed": arguments.seed,
        "minutes": arguments.minutes,
        "people": arguments.people,
        "patience": arguments.patience,
        "processors": len(os.sched_getaffinity(0)),
        "machine": machine.stop(),
        "python": platform.python_version(),
        "left_out": site.missing,
        "faults": faults,
        "starts": {program.name: program.starts for program in site.programs},
        "silent_after_kill": list_silences(notes, faults),
        "jobs": jobs,
        "responses": dict(notes.responses.most_common()),
        "seconds": {what: summarise(seconds) for what, seconds in sorted(notes.seconds.items())},
        "settled_after_seconds": round(seconds, 1),
        "violations": violations,
    }


def let_people_in(site: Site, notes: Notes, stopping: threading.Event, arguments: argparse.Namespace) -> list[Person]:
    """Start the load; return once everybody has signed in, or has had time to."""
    with site.open_app():
        names = site.add_people(arguments.people)
    everybody = [Person(site.address, name, arguments.seed, notes, stopping, arguments.pause) for name in names]
    for person in everybody:
        person.start()
    for person in everybody:
        person.is_signed_in.wait(SIGN_IN_SECONDS)
    return everybody


def break_things(
    site: Site, notes: Notes, chance: random.Random, arguments: argparse.Namespace
) -> list[dict[str, Any]]:
    """Begin a fault every few seconds, and end each in its time; return what was broken when."""
    told, waiting = [], []
    running: dict[str, tuple[float, Fault]] = {}
    until, due = time.monotonic() + 60 * arguments.minutes, time.monotonic() + arguments.every
    while time.monotonic() < until:
        time.sleep(0.1)
        _end(running, time.monotonic())
        if time.monotonic() < due:
            continue
        due += arguments.every
        if not waiting:  # every kind comes before any comes again
            waiting = [f for f in list_faults(site, chance) if _is_wanted(f, arguments.kinds)]
            chance.shuffle(waiting)
        fault = next((each for each in waiting if each.target not in running), None)
        if fault is None:
            continue
        waiting.remove(fault)
        told.append({"at": round(notes.now()), "fault": fault.kind, "seconds": round(fault.seconds)})
        print(f"{notes.now():5.0f} s  {fault.kind}", flush=True)
        fault.begin()
        if fault.seconds:
            running[fault.target] = time.monotonic() + fault.seconds, fault
    _end(running, float("inf"))
    return told


def find_unexplained(notes: Notes, faults: list[dict[str, Any]]) -> list[str]:
    """Return a sentence for each time that nobody was served although the web server had not been killed lately."""
    kills = [fault["at"] for fault in faults if WEB_KILL.search(fault["fault"])]
    times = [at for at in notes.unreachable if not any(0 <= at - kill + 1 <= WEB_START_SECONDS for kill in kills)]
    return [f"after {at:.0f} s: nobody was served, and the web server had not been killed" for at in times]


def list_silences(notes: Notes, faults: list[dict[str, Any]]) -> list[float]:
    """Return for each time that the whole web server was killed after how many seconds somebody was served again."""
    kills = [fault["at"] for fault in faults if fault["fault"] == "kill -9 web"]
    return [min((round(at - kill, 1) for at in notes.responded_at if at > kill + 1), default=-1) for kill in kills]


def print_report(report: dict[str, Any]) -> None:
    """Print a few lines."""
    print(f"{len(report['faults'])} faults in {report['minutes']:g} minutes, {report['people']} people")
    for name in ("machine", "left_out", "starts", "silent_after_kill", "jobs", "responses"):
        print(f"{name}: {report[name]}")
    for what, seconds in report["seconds"].items():
        print(f"  {what:9} {seconds['count']:6}  p50 {seconds['p50']:.2f} s  p95 {seconds['p95']:.2f} s")
    print(f"all jobs had ended {report['settled_after_seconds']} s after the last fault")
    print(f"{len(report['violations'])} violations")
    for violation in report["violations"]:
        print(f"  {violation}")


def _is_wanted(fault: Fault, words: list[str]) -> bool:
    return not words or any(word in fault.kind for word in words)


def _end(running: dict[str, tuple[float, Fault]], now: float) -> None:
    for target, (ends, fault) in list(running.items()):
        if now >= ends:
            fault.end()
            del running[target]


if __name__ == "__main__":
    main()
