"""The pages of albums: what their templates want."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask_login import current_user

import services
from jobs import options, progress, trash
from jobs.availability import find_unavailable_reason, list_offered_options
from jobs.files import storage
from jobs.photos import albums
from jobs.photos.album_runs import Outcome, Run
from jobs.photos.listing import ALL
from models import Album
from models.job import DONE
from services.base import PLACES, UPLOADED, Option, Service, ServiceError
from views.http.errors import append_allowed
from views.jobs.album_json import describe_album, describe_albums
from views.jobs.job_json import describe_jobs
from views.jobs.sheet import count_stacks

PHOTOS_PAGE = 24
_COVERS = 4
# What is done by hand, to one picture at a time.
_BY_HAND = (*UPLOADED, *PLACES)


def describe_list(found: Sequence[Album], older: str | None) -> dict[str, Any]:
    """Return what `albums.html` wants: a page of albums, each with its first photos."""
    covers = {album.id: describe_jobs(albums.list_photos(current_user.id, album.id, _COVERS)[0]) for album in found}
    place = {"username": current_user.name}
    return {
        "albums": describe_albums(found),
        "covers": covers,
        "before": request.args.get("before"),
        "older_url": url_for("albums.index", before=older, **place) if older else None,
        "newest_url": url_for("albums.index", **place),
    }


def show(
    album: Album, wanted: Run | None = None, outcomes: Sequence[Outcome] = (), errors: dict[str, str] | None = None
) -> str:
    """Return the page of one album; `wanted` is what was just asked for, and `outcomes` what came of it."""
    after = max(0, request.args.get("after", 0, type=int))
    jobs, further = albums.list_photos(current_user.id, album.id, PHOTOS_PAGE, min(after, 2**31 - 1))
    place: dict[str, Any] = {"username": current_user.name, "id": album.id}
    facts = describe_jobs(jobs)
    return render_template(
        "album.html",
        album=describe_album(album),
        jobs=[job | {"line": _say(job)} for job in facts],
        stacks=count_stacks(jobs, ALL, {"username": current_user.name}),
        here=url_for("albums.show", **place, after=after or None),
        after=after,
        first_url=url_for("albums.show", **place),
        further_url=url_for("albums.show", **place, after=further) if further else None,
        undo_minutes=trash.UNDO_MINUTES,
        max_photos=albums.MAX_PHOTOS,
        service=wanted.service if wanted else services.get(request.args.get("tool", "")),
        run=_describe_run(album, wanted, outcomes, errors or {}),
    )


def show_refusal(album: Album, wanted: Run, error: ServiceError) -> Response:
    """Return the page once more, and what is wrong beside the option that it is about."""
    errors = {error.field or "form": append_allowed(error.message, error.allowed)}
    return make_response(show(album, wanted, errors=errors), error.status)


def _say(job: dict[str, Any]) -> str:
    """Return the line below a frame: why there is no result, or what is to be known of it; "" where all is said."""
    if job["error"]:
        return job["error"]["message"]
    return job["verdict_message"] if job["status"] == DONE else ""


def _describe_run(
    album: Album, wanted: Run | None, outcomes: Sequence[Outcome], errors: dict[str, str]
) -> dict[str, Any]:
    """Return what the form for all photos wants; its tool is the one just asked for, or that of the address."""
    service = wanted.service if wanted else services.get(request.args.get("tool", ""))
    same = service is not None and service.key == album.service
    kept = options.format_fields(service, album.options) if same else {}
    refused = [outcome for outcome in outcomes if outcome.error]
    return {
        "service": service,
        "unavailable": find_unavailable_reason(service) if service else None,
        "options": _list_options(service) if service else [],
        "by_hand": _list_by_hand(service) if service else [],
        "values": {**kept, **(wanted.fields if wanted else {})},
        "variant": wanted.variant if wanted else storage.ORIGINAL,
        "errors": errors,
        "started": len(outcomes) - len(refused),
        "refused": [
            {
                "id": outcome.shown_id,
                "name": outcome.name,
                "message": append_allowed(outcome.error.message, outcome.error.allowed),
            }
            for outcome in refused
            if outcome.error
        ],
    }


def _list_options(service: Service) -> list[Option]:
    """Return what is asked once for all photos, without the choices for which a place is needed: each has its own."""
    needed = {option.shown_when for option in service.options if option.needed and option.kind in PLACES}
    return [
        replace(option, choices=tuple(each for each in option.choices if (option.name, each.value) not in needed))
        for option in list_offered_options(service)
        if option.kind not in _BY_HAND
    ]


def _list_by_hand(service: Service) -> list[str]:
    return [progress.translate(option.title) for option in service.options if option.kind in _BY_HAND]
