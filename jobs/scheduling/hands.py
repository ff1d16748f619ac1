"""The living workers that take jobs: how many threads they have, what does not fit, and what they cannot run."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from errors import N_
from models import Worker, db, utc_now

WORKER_SEEN_SECONDS = 20
STORAGE, STORAGE_AWAY, STORAGE_MOVED = "storage", "storage_away", "storage_moved"
SCHEMA_OLD, SCHEMA_NEW, KEY, DEVICE = "schema_old", "schema_new", "key", "device"
# What may not fit of a worker, and what to do.
PROBLEMS = {
    STORAGE: N_(
        "It does not see the pictures of the site: mount the shared folder at STORAGE_DIR, or give it the STORAGE_URL"
        " of the web servers. It takes no jobs."
    ),
    STORAGE_AWAY: N_(
        "The bucket of the pictures does not answer, or refuses: the log says why. It takes no jobs until that ends."
    ),
    STORAGE_MOVED: N_(
        "The pictures were moved, or are being moved: give it the STORAGE_URL or STORAGE_DIR that they went to."
        " It takes no jobs."
    ),
    SCHEMA_OLD: N_("The database is older than this worker: run `revive db upgrade`. It takes no jobs."),
    SCHEMA_NEW: N_("The database is newer than this worker: update the worker. It takes no jobs."),
    KEY: N_("Its SECRET_KEY is not that of the web servers: give it the same. It sends no mails and no webhooks."),
    DEVICE: N_("PyTorch does not find its DEVICE: see what it has, or leave the setting out. It runs no networks."),
}
# Those with which a worker takes no jobs at all.
STORAGE_PROBLEMS = frozenset({STORAGE, STORAGE_AWAY, STORAGE_MOVED})
STOPPING = STORAGE_PROBLEMS | {SCHEMA_OLD, SCHEMA_NEW}


@dataclass(frozen=True)
class Hands:
    """One living worker: its threads for jobs of any kind, those for quick ones, and the services it cannot run."""

    threads: int
    quick_threads: int
    unable: frozenset[str]


def list_fit(service: str = "") -> list[Hands]:
    """Return the living workers that take jobs, or those that can run this service."""
    living = Worker.seen_at > utc_now() - timedelta(seconds=WORKER_SEEN_SECONDS)
    rows = db.session.execute(
        select(Worker.threads, Worker.quick_threads, Worker.problems, Worker.unable).where(living)
    )
    fit = [
        Hands(threads, quick, frozenset(split(unable)))
        for threads, quick, problems, unable in rows
        if not STOPPING & set(split(problems))
    ]
    return [each for each in fit if service not in each.unable]


def list_alive_of(machine: str) -> list[str]:
    """Return the names of the living workers of a machine (`jobs.process_identity.name_machine`)."""
    living = Worker.seen_at > utc_now() - timedelta(seconds=WORKER_SEEN_SECONDS)
    return [name for name in db.session.scalars(select(Worker.id).where(living)) if name.startswith(f"{machine}:")]


def list_problems() -> list[str]:
    """Return the keys of what does not fit of any living worker."""
    living = Worker.seen_at > utc_now() - timedelta(seconds=WORKER_SEEN_SECONDS)
    found = {key for problems in db.session.scalars(select(Worker.problems).where(living)) for key in split(problems)}
    return sorted(found)


def split(keys: str) -> list[str]:
    """Return the keys of a column that holds several."""
    return [key for key in keys.split(",") if key]
