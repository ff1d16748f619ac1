"""What breaks: each fault begins, lasts, and ends."""

import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.programs import Program
from benchmarks.faults.proxy import Link
from benchmarks.faults.site import Site

# What a cut or frozen worker has lost, others take over after 30 seconds.
BEYOND_LEASE_SECONDS = 40
_FILL = "filler"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Fault:
    """A fault of one `target`; two never overlap there. `seconds` is how long it lasts, 0 for what is over at once."""

    kind: str
    target: str
    seconds: float
    begin: Callable[[], object]
    end: Callable[[], object] = lambda: None


def list_faults(site: Site, chance: random.Random) -> list[Fault]:
    """Return one fault of each kind, and of those that have several targets one for each."""
    faults = [_kill(program) for program in site.programs]
    faults.append(Fault("kill a process of the web server", "web", 0, lambda: _kill_child(site.web)))
    faults += [_take_down(program, chance.uniform(5, 15)) for program in (site.queue, site.database)]
    for name, link in site.queue_links.items():
        faults.append(_cut(f"{name} and Redis", name, link, 15))
    for worker in site.workers:
        faults.append(
            _cut(f"{worker.name} and the database", worker.name, site.database_links[worker.name], BEYOND_LEASE_SECONDS)
        )
        faults.append(_freeze(worker))
    faults.append(Fault("slow disk", "flushes", 15, site.slow.touch, lambda: site.slow.unlink(missing_ok=True)))
    hours = chance.choice((-26, -1, 1, 26))
    step = lambda: site.clock.write_text(f"{hours:+}h\n")  # noqa: E731
    faults.append(Fault(f"clock of the database {hours:+} h", "clock", 30, step, lambda: site.clock.write_text("+0\n")))
    if site.has_small_disk:
        faults.append(Fault("full disk", "pictures", 12, lambda: _fill(site), lambda: _empty(site)))
    return [fault for fault in faults if _is_possible(fault, site)]


def _is_possible(fault: Fault, site: Site) -> bool:
    lacks = {"flushes": "a C compiler", "clock": "libfaketime"}
    return lacks.get(fault.target) not in site.missing


def _kill(program: Program) -> Fault:
    return Fault(f"kill -9 {program.name}", program.name, 0, program.kill)


def _kill_child(program: Program) -> None:
    """Kill one of the processes that the web server has started."""
    assert program.process is not None
    pid = program.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for child in children[:1]:
        os.kill(int(child), signal.SIGKILL)


def _take_down(program: Program, seconds: float) -> Fault:
    return Fault(f"{program.name} down", program.name, seconds, program.hold_down, program.let_up)


def _cut(what: str, target: str, link: Link, seconds: float) -> Fault:
    return Fault(f"no network between {what}", target, seconds, link.cut, link.mend)


def _freeze(worker: Program) -> Fault:
    def signal_worker(number: int) -> Callable[[], object]:
        return lambda: worker.send(number)

    ends = signal_worker(signal.SIGSTOP), signal_worker(signal.SIGCONT)
    return Fault(f"{worker.name} stands still", worker.name, BEYOND_LEASE_SECONDS, *ends)


def _fill(site: Site) -> None:
    try:
        with (site.storage / _FILL).open("wb", buffering=0) as file:
            while True:
                file.write(bytes(_CHUNK_BYTES))
    except OSError:  # full
        pass


def _empty(site: Site) -> None:
    (site.storage / _FILL).unlink(missing_ok=True)
