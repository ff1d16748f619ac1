"""Dabbed colours of one photo, offered for the others of its albums: which photos a person can tick."""

from typing import Any

from flask import url_for
from flask_login import current_user

from jobs.files import storage
from jobs.photos import albums
from models import Job
from services import colorize
from views.jobs.job_json import name_shown_result

MAX_PHOTOS = 60  # of one album that the page of a job shows


def describe_memory(job: Job) -> list[dict[str, Any]]:
    """Return the albums of a photo that was coloured with dabs, each with its other photos; [] for any other job."""
    if job.service != colorize.SERVICE.key or not job.result_file or not job.options.get("hints"):
        return []
    found = (_describe_album(album.id, album.name, job) for album in albums.list_of_photo(job.user_id, job.photo_id))
    return [album for album in found if album["photos"]]


def _describe_album(album_id: str, name: str, job: Job) -> dict[str, Any]:
    owner = current_user.name
    shown, _further = albums.list_photos(job.user_id, album_id, MAX_PHOTOS)
    return {
        "name": name,
        "run_url": url_for("albums.run", username=owner, id=album_id, _anchor="run"),
        "photos": [
            {
                "id": other.id,
                "name": other.title or other.original_name,
                "thumbnail_url": url_for(
                    "jobs.thumbnail",
                    username=owner,
                    id=other.id,
                    of=name_shown_result(other) if other.result_file else storage.ORIGINAL,
                ),
            }
            for other in shown
            if other.photo_id != job.photo_id
        ],
    }
