"""What a worker shows before it takes work: that it sees the site's pictures, database, key and weights."""

import hashlib
import logging
from dataclasses import dataclass
from functools import cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app

import services
from accounts.security import key_fingerprint
from jobs.availability import find_unavailable_reason, list_folders
from jobs.files import marker
from jobs.scheduling.hands import DEVICE, KEY, PROBLEMS, SCHEMA_NEW, SCHEMA_OLD, STOPPING, STORAGE_PROBLEMS
from models import db
from networks.manifest import WeightsUnavailable, read_entries
from revive.packages import read_version
from services.base import Service

logger = logging.getLogger(__name__)
_HEX = 16


@dataclass(frozen=True)
class Proof:
    """What does not fit (keys of `PROBLEMS`), which services cannot run, and what tells this worker from others.

    With `is_retiring` it takes no more jobs since it will start anew.
    """

    problems: tuple[str, ...] = ()
    unable: tuple[str, ...] = ()
    version: str = ""
    weights: str = ""
    is_retiring: bool = False

    @property
    def takes_jobs(self) -> bool:
        """Whether the worker may take jobs at all."""
        return not self.is_retiring and not STOPPING & set(self.problems)

    @property
    def takes_mails(self) -> bool:
        """Whether what it signs and hashes is what the web servers expect."""
        return KEY not in self.problems and not {SCHEMA_OLD, SCHEMA_NEW} & set(self.problems)

    @property
    def sees_storage(self) -> bool:
        """Whether the pictures of the site are there to be written and deleted."""
        return not STORAGE_PROBLEMS & set(self.problems)

    @property
    def knows_tables(self) -> bool:
        """Whether the database has the tables and columns that this code asks for."""
        return not {SCHEMA_OLD, SCHEMA_NEW} & set(self.problems)


def prove(lacks_device: bool = False) -> Proof:
    """Look at everything anew; `lacks_device` where PyTorch does not find the chosen one.

    Raises DBAPIError when the database does not answer.
    """
    if problem := find_schema_problem():
        return Proof((problem,), version=read_version())
    unable = tuple(service.key for service in services.SERVICES if _is_unable(service, lacks_device))
    found = {KEY: not key_fingerprint.agrees(), DEVICE: lacks_device}
    problems = (marker.find_problem(), *(key for key, is_so in found.items() if is_so))
    problems = tuple(filter(None, problems))
    return Proof(problems, unable, read_version(), _hash_weights())


def tell_change(before: Proof, now: Proof) -> None:
    """Say in the log, once, what no longer fits and what fits again."""
    for key in set(now.problems) - set(before.problems):
        logger.error("This worker does not fit (%s). %s", key, PROBLEMS[key])
    for key in set(before.problems) - set(now.problems):
        logger.warning("This worker fits again (%s).", key)
    if now.unable and now.unable != before.unable:
        logger.warning("This worker lacks the weights of: %s. It leaves their jobs to others.", ", ".join(now.unable))


def _is_unable(service: Service, lacks_device: bool) -> bool:
    asks_network = service.weights or any(choice.weights for option in service.options for choice in option.choices)
    return bool(find_unavailable_reason(service) or (lacks_device and asks_network))


def find_schema_problem() -> str:
    """Return SCHEMA_OLD or SCHEMA_NEW where the database is at another revision than this code; "" where it fits."""
    with db.engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision() or ""
    head, known = _list_revisions(str(current_app.extensions["migrate"].directory))
    if revision == head:
        return ""
    return SCHEMA_OLD if not revision or revision in known else SCHEMA_NEW


@cache
def _list_revisions(folder: str) -> tuple[str | None, frozenset[str]]:
    scripts = ScriptDirectory(folder)
    return scripts.get_current_head(), frozenset(script.revision for script in scripts.walk_revisions())


def _hash_weights() -> str:
    """Return a hash of the names and SHA-256 of all weights that the manifests list: the same where they are."""
    entries: dict[str, str] = {}
    for folder in reversed(list_folders()):
        try:
            entries |= {name: entry.sha256 for name, entry in read_entries(folder).items()}
        except WeightsUnavailable:
            continue
    return hashlib.sha256(repr(sorted(entries.items())).encode()).hexdigest()[:_HEX] if entries else ""
