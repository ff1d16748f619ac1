"""The one shape of an album, from which pages are rendered and the API answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import format_date, format_time
from flask_login import current_user

from jobs.photos import albums
from models import Album
from models.job import CANCELLED, DONE, FAILED, QUEUED, RUNNING
from views.zones import read_zone

STATUSES = (QUEUED, RUNNING, DONE, FAILED, CANCELLED)


def describe_albums(found: Sequence[Album]) -> list[dict[str, Any]]:
    """Return the public facts of albums of the signed-in person; `photos` are counted by their newest versions."""
    counts = albums.count_photos(current_user.id, [album.id for album in found]) if found else {}
    return [_describe(album, counts[album.id]) for album in found]


def describe_album(album: Album) -> dict[str, Any]:
    """Return the same of one album."""
    return describe_albums([album])[0]


def make_name() -> str:
    """Return what an album is called that nobody has named: when it was made, by the clock of the person."""
    now = datetime.now(read_zone())
    return f"{format_date(now, 'long', rebase=False)} {format_time(now, 'short', rebase=False)}"


def _describe(album: Album, counts: albums.Counts) -> dict[str, Any]:
    place = {"username": current_user.name, "id": album.id}
    return {
        "id": album.id,
        "name": album.name,
        "service": album.service or None,
        "options": album.options,
        "created_at": f"{album.created_at.isoformat(timespec='seconds')}Z",
        "photos": counts.total,
        "statuses": {status: counts.statuses.get(status, 0) for status in STATUSES},
        "without_result": counts.empty,
        "active": counts.active,
        "url": url_for("albums.show", **place),
        "zip_url": url_for("albums.pictures", **place),
        "sheet_url": url_for("albums.contact_sheet", **place),
        "api_url": url_for("api.album", id=album.id),
    }
