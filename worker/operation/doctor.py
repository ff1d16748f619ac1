"""What is set, what is wrong and what to do: `revive doctor`."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from gettext import gettext as _
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from accounts.mail.faults import find_mail_fault
from accounts.security import key_fingerprint
from accounts.settings import changes
from command_line import translate
from imaging.io import landlock
from jobs import health
from jobs.availability import list_weights
from jobs.files import marker, storage
from jobs.scheduling import hands, processors
from models import release
from models.faults import classify_fault
from services import SERVICES
from setting_list import SECRETS, SETTINGS
from worker import memory
from worker.proof import find_schema_problem

FINE, WARNING, WRONG = "ok", "warning", "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: FINE, WARNING or WRONG, in the language of the terminal, with what to do."""

    state: str
    about: str
    said: str
    advice: str = ""


def list_settings(environment: Mapping[str, str] = os.environ) -> list[tuple[str, str]]:
    """Return each setting that is given, in the environment or in `.env`, with its value; secrets are not shown."""
    given = ((setting.name, environment.get(setting.name, "").strip()) for setting in SETTINGS)
    return [(name, _("(secret)") if name.startswith(SECRETS) else value) for name, value in given if value]


def list_changed_settings() -> list[str]:
    """Return a line for each setting that an administrator has changed while the site runs: it counts in place of the
    environment's. Needs the application's context; none where the database does not tell.
    """
    try:
        listed = [each for each in changes.list_settings() if each.origin == changes.CHANGED and each.is_taken]
    except SQLAlchemyError:
        return []
    finally:
        release()
    line = _("{name}={value}  (by {person} in the administration, in place of {beneath})")
    return [
        line.format(
            name=each.setting.name,
            value=changes.write_text(each.value),
            person=each.changed_by,
            beneath=changes.write_text(each.beneath) or _("nothing"),
        )
        for each in listed
    ]


def examine(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Look at everything. Needs the application's context; raises nothing."""
    yield _look_at_database()
    for look in (
        _look_at_tables,
        _look_at_changed_settings,
        _look_at_storage,
        _look_at_key,
        _look_at_workers,
        _look_at_mail_faults,
    ):
        try:
            yield look()
        except SQLAlchemyError:
            continue  # the first finding says why
        finally:
            release()
    looks: tuple[Callable[[Mapping[str, Any]], Finding], ...] = (
        _look_at_disk,
        _look_at_queue,
        _look_at_weights,
        _look_at_mail_settings,
        _look_at_address,
        _look_at_processors,
        _look_at_landlock,
    )
    for each in looks:
        yield each(settings)


def _look_at_database() -> Finding:
    about = _("Database")
    try:
        state = health.report()["database"]
    except DBAPIError as error:
        state = classify_fault(error).value
    if state == "ok":
        return Finding(FINE, about, _("it answers"))
    return Finding(WRONG, about, state, _("Start it, check DATABASE_URL, and run `revive db upgrade` once it answers."))


def _look_at_tables() -> Finding:
    about = _("Tables")
    if problem := find_schema_problem():
        return Finding(WRONG, about, problem, translate(hands.PROBLEMS[problem]))
    return Finding(FINE, about, _("of this version"))


def _look_at_changed_settings() -> Finding:
    about, listed = _("Settings"), changes.list_settings()
    if unusable := [each.setting.name for each in listed if not each.is_taken]:
        advice = _("What was set in the administration is no value for this version. Set it again there.")
        return Finding(WRONG, about, ", ".join(unusable), advice)
    number = sum(each.origin == changes.CHANGED for each in listed)
    return Finding(FINE, about, _("{number} changed in the administration").format(number=number))


def _look_at_storage() -> Finding:
    about, backend = _("Pictures"), storage.get_backend()
    problem = marker.find_problem()
    if problem in (hands.STORAGE_AWAY, hands.STORAGE_MOVED):
        return Finding(WRONG, about, backend.location, translate(hands.PROBLEMS[problem]))
    if problem:
        told = _("The site's pictures are not there: check STORAGE_DIR or STORAGE_URL. For a new site delete {file}.")
        file = f"{backend.location}/{marker.FILE}"
        return Finding(WRONG, about, backend.location, told.format(file=file))
    return Finding(FINE, about, backend.location)


def _look_at_key() -> Finding:
    about = _("Key")
    if not key_fingerprint.agrees():
        return Finding(WRONG, about, key_fingerprint.compute(), translate(hands.PROBLEMS[hands.KEY]))
    return Finding(FINE, about, _("fingerprint {hash}").format(hash=key_fingerprint.compute()))


def _look_at_workers() -> Finding:
    about, fit, problems = _("Workers"), hands.list_fit(), hands.list_problems()
    if problems:
        return Finding(WRONG, about, ", ".join(problems), " ".join(translate(hands.PROBLEMS[key]) for key in problems))
    if not fit:
        return Finding(WRONG, about, _("none"), _("Start one: `revive worker`. It runs jobs and sends mails."))
    threads, quick = sum(worker.threads for worker in fit), sum(worker.quick_threads for worker in fit)
    told = _("{number}, with {threads} threads and {quick} for quick jobs")
    said = told.format(number=len(fit), threads=threads, quick=quick)
    unable = frozenset().union(*(worker.unable for worker in fit))
    if lacking := [translate(service.title) for service in SERVICES if service.key in unable]:
        advice = _("One of them lacks weights, and leaves the jobs of these tools to others: {tools}")
        return Finding(WARNING, about, said, advice.format(tools=", ".join(lacking)))
    return Finding(FINE, about, said)


def _look_at_mail_faults() -> Finding:
    about = _("Mails")
    if fault := find_mail_fault():
        return Finding(WRONG, about, fault.detail, _("Run `revive mail test ADDRESS`: it says which step fails."))
    return Finding(FINE, about, _("the last one went out, or none was sent today"))


def _look_at_disk(settings: Mapping[str, Any]) -> Finding:
    about, state = _("Disk"), health.check_disk()
    free = health.free_bytes()
    said = _("no limit set") if free is None else _("{number} MB free").format(number=free // 1_000_000)
    if state == "ok":
        return Finding(FINE, about, said)
    advice = _("Make room, or set RETENTION_DAYS; a read-only disk must be writable for the user of Revive.")
    return Finding(WARNING if state == "low" else WRONG, about, f"{state}, {said}", advice)


def _look_at_queue(settings: Mapping[str, Any]) -> Finding:
    about, url = _("Queue"), urlsplit(settings["QUEUE_URL"])
    if health.check_queue() == "ok":
        return Finding(FINE, about, url.scheme)
    return Finding(WARNING, about, _("away"), _("Start Redis, check QUEUE_URL. Jobs run all the same, a little later."))


def _look_at_weights(settings: Mapping[str, Any]) -> Finding:
    about = _("Weights")
    views = list_weights()
    wrong = [view.name for view in views if view.reason and view.entry]
    if wrong:
        return Finding(WRONG, about, ", ".join(wrong), _("Fetch these files again: they are missing or damaged."))
    lacking = [view.name for view in views if view.reason]
    if lacking:
        return Finding(WARNING, about, ", ".join(lacking), _("Their tools are not offered. Check WEIGHTS_DIR."))
    return Finding(FINE, about, _("{number} files with their SHA-256").format(number=len(views)))


def _look_at_mail_settings(settings: Mapping[str, Any]) -> Finding:
    about, server = "MAIL_SERVER", settings["MAIL_SERVER"]
    if not server:
        advice = _("Nobody outside can register or reset a password: set MAIL_SERVER.")
        return Finding(
            WARNING, about, _("not set; mails lie in {folder}").format(folder=settings["OUTBOX_DIR"]), advice
        )
    if settings["MAIL_PASSWORD"] and not (settings["MAIL_USE_TLS"] or settings["MAIL_USE_SSL"]):
        return Finding(WRONG, about, server, _("The password is sent in the clear: set MAIL_USE_TLS or MAIL_USE_SSL."))
    return Finding(FINE, about, f"{server}:{settings['MAIL_PORT']}")


def _look_at_address(settings: Mapping[str, Any]) -> Finding:
    about, base = "BASE_URL", settings["BASE_URL"]
    address = urlsplit(base)
    if settings["HTTPS"] and address.scheme != "https":
        return Finding(WRONG, about, base, _("HTTPS is set: BASE_URL must begin with https://."))
    if address.scheme == "https" and not settings["HTTPS"]:
        return Finding(WRONG, about, base, _("Set HTTPS=yes: without it cookies also go over plain HTTP."))
    if address.hostname not in [host.strip("[]") for host in settings["TRUSTED_HOSTS"]]:
        advice = _("Add {host} to TRUSTED_HOSTS: else links in mails lead to a page that refuses.")
        return Finding(WRONG, about, base, advice.format(host=address.hostname))
    return Finding(FINE, about, base)


def _look_at_processors(settings: Mapping[str, Any]) -> Finding:
    threads = processors.choose_threads(settings["CPU_THREADS"], settings["WORKER_THREADS"])
    cap = memory.find_cap_megabytes(settings["WORKER_MEMORY_MEGABYTES"])
    told = _("{processors} processors, {threads} threads for a network, a worker may take {cap}")
    cap_said = f"{cap} MiB" if cap else _("all memory")
    said = told.format(processors=processors.count_processors(), threads=threads, cap=cap_said)
    return Finding(FINE, _("Machine"), said)


def _look_at_landlock(settings: Mapping[str, Any]) -> Finding:
    if version := landlock.find_version():
        return Finding(FINE, "Landlock", str(version))
    advice = _('What decodes pictures is less confined: see docs/deployment.md, "What decodes pictures".')
    return Finding(WARNING, "Landlock", "0", advice)
