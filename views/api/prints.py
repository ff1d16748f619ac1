"""The prints that a job cut out of one page."""

from typing import Any

from flask import url_for
from flask_login import current_user
from pydantic import BaseModel, Field

from accounts.tokens import JOBS, READ
from errors import N_
from jobs.photos import prints as verbs
from views.api.album_schemas import Album
from views.api.albums import tell_album
from views.api.operation import Made, operation
from views.jobs.album_json import make_name


class Print(BaseModel):
    number: int = Field(description=N_("of the answer that shows it"))
    corners: list[tuple[float, float]] = Field(
        description=N_("x and y in parts of the page, clockwise from the upper left of the upright print")
    )


class Prints(BaseModel):
    prints: list[Print]


@operation("GET", "/jobs/<id>/prints", N_("Where a job found prints on its page"), READ, response=Prints)
def prints(id: str) -> dict[str, Any]:
    found = verbs.list_prints(current_user.id, id)
    pairs = [list(zip(numbers[::2], numbers[1::2], strict=True)) for numbers in found]
    return {"prints": [{"number": number, "corners": corners} for number, corners in enumerate(pairs)]}


@operation(
    "POST",
    "/jobs/<id>/photos",
    N_("Make each print a photo of its own, in a new album"),
    JOBS,
    status=201,
    response=Album,
)
def make_photos(id: str) -> Made:
    album = verbs.make_photos(current_user.id, id, make_name())
    return Made(tell_album(album), url_for("api.album", id=album.id))
