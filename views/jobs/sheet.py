"""The contact sheet: what its address asks for, and its jobs by day, with the stacks of versions."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from flask import request, url_for
from flask_babel import format_date
from flask_login import current_user

import services
from jobs import trash
from jobs.errors import NotFound
from jobs.photos import albums, listing
from jobs.photos.listing import Filter
from models import Job
from views.jobs.job_json import describe_jobs
from views.zones import find_day, read_day, read_zone

MAX_OFFERED_ALBUMS = 100
FILTERS = ("service", "name", "since", "until", "photo")


def read_filter() -> tuple[Filter, dict[str, Any]]:
    """Return the jobs that the address asks for, and the parts of the address that say so. Raises NotFound.

    What is no day leaves all in.
    """
    words: dict[str, Any] = {name: _read_word(request.args.get(name, "")) for name in FILTERS}
    zone = read_zone()
    since, until = read_day(words["since"], zone), read_day(words["until"], zone, days_later=1)
    words |= {"since": words["since"] if since else "", "until": words["until"] if until else ""}
    chosen = Filter(find_history_service(words["service"]), words["name"], since, until, words["photo"])
    return chosen, {name: word for name, word in words.items() if word}


def _read_word(text: str) -> str:
    """Return a part of the address as it may be compared: databases make nothing good of control characters."""
    return "".join(letter for letter in text if letter.isprintable()).strip()[: listing.MAX_NAME_LENGTH]


def find_history_service(service: str) -> str:
    """Return the key of the tool that the history is asked for, "" for all. Raises NotFound."""
    if service and services.get(service) is None:
        raise NotFound()
    return service


def describe(jobs: Sequence[Job], chosen: Filter, words: dict[str, Any], older: str | None) -> dict[str, Any]:
    """Return what `history.html` wants: a page of jobs, by the day on which each was made."""
    place: dict[str, Any] = {"username": current_user.name} | words
    before, facts = request.args.get("before"), describe_jobs(jobs)
    return {
        "jobs": facts,
        "days": _group_by_day(jobs, facts),
        "stacks": {} if chosen.photo else count_stacks(jobs, chosen, place),
        "albums": albums.list_page(current_user.id, MAX_OFFERED_ALBUMS)[0],
        "words": words,
        "before": before,
        "here": url_for("jobs.history", **place, before=before),
        "older_url": url_for("jobs.history", **place, before=older) if older else None,
        "newest_url": url_for("jobs.history", **place),
        "zip_url": url_for("history.pictures", **place),
        "deleted": [describe_jobs(batch.jobs) for batch in trash.list_contents(current_user.id)],
        "undo_minutes": trash.UNDO_MINUTES,
    }


def _group_by_day(jobs: Sequence[Job], facts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the facts of the jobs day by day: {"day", "title", "jobs"}."""
    zone = read_zone()
    days = groupby(zip(jobs, facts, strict=True), key=lambda pair: find_day(pair[0].created_at, zone))
    return [
        {"day": day.isoformat(), "title": format_date(day, "full"), "jobs": [fact for _job, fact in group]}
        for day, group in days
    ]


def count_stacks(jobs: Sequence[Job], chosen: Filter, place: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return job id -> {"count", "url"} of the versions below it, where there are any."""
    counts = listing.count_versions(current_user.id, jobs, chosen)
    return {
        job.id: {"count": counts[job.id], "url": url_for("jobs.history", **{**place, "photo": job.photo_id})}
        for job in jobs
        if counts[job.id] > 1
    }
