"""What the part of the API for albums takes and returns."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from errors import N_
from jobs.photos.albums import MAX_PHOTOS
from models.album import MAX_NAME_LENGTH
from views.api.schemas import MAX_PAGE, Body, Job, JobError, Taken

_ABOUT_IDS = N_("jobs of the photos, any version of each")


class Statuses(BaseModel):
    queued: int
    running: int
    done: int
    failed: int
    cancelled: int


class Album(BaseModel):
    """Photos that belong together. A photo may be in several albums, and stays when one is deleted."""

    id: str
    name: str
    service: str | None = Field(description=N_("the tool that was last run on all of it"))
    options: dict[str, Any]
    created_at: str
    photos: int
    statuses: Statuses = Field(description=N_("of the newest version of each photo"))
    without_result: int = Field(description=N_("how many of those that are done have no result"))
    url: str
    page_url: str
    photos_url: str
    results_url: str
    sheet_url: str


class Albums(BaseModel):
    albums: list[Album]
    next: str | None = Field(description=N_("what to give as `before` for the next page"))


class AlbumPhotos(BaseModel):
    photos: list[Job] = Field(description=N_("of each photo the newest version, in the order of the album"))
    next: int | None = Field(description=N_("what to give as `after` for the next page"))


class AlbumOutcome(BaseModel):
    id: str = Field(description=N_("the newest version of the photo before the run"))
    name: str
    job_id: str | None = Field(description=N_("null where no job was started; `error` says why"))
    job_url: str | None
    error: JobError | None


class AlbumRunOutcomes(BaseModel):
    started: int
    outcomes: list[AlbumOutcome]


class AlbumsQuery(Taken):
    before: str = Field("", description=N_("`next` of the page before"))
    limit: int = Field(24, ge=1, le=MAX_PAGE)


class AlbumPhotosQuery(Taken):
    after: int = Field(0, ge=0, le=2_147_483_647, description=N_("`next` of the page before"))
    limit: int = Field(24, ge=1, le=MAX_PAGE)


class AlbumDeletion(Taken):
    photos: bool = Field(False, description=N_("delete the photos, too, in all their versions"))


class AlbumZipQuery(Taken):
    format: Literal["", "own", "png", "jpeg", "webp"] = ""


class SheetQuery(Taken):
    paper: Literal["a4", "letter"] = "a4"
    pairs: bool = Field(False, description=N_("the original beside each result"))


class NewAlbum(Body):
    name: str = Field("", max_length=MAX_NAME_LENGTH, description=N_("the present time when absent"))
    ids: list[str] = Field([], max_length=MAX_PHOTOS, description=_ABOUT_IDS)


class AlbumChange(Body):
    name: str = Field(min_length=1, max_length=MAX_NAME_LENGTH, pattern=r"\S")


class AlbumRun(Body):
    service: str
    options: dict[str, str | float | bool] = Field({}, description=N_("as in the tool's description"))
    variant: Literal["original", "result"] = Field(
        "original",
        alias="which",
        description=N_("the upload of each, or its newest result where there is one"),
    )
    ids: list[str] = Field([], max_length=MAX_PHOTOS, description=N_("only the photos of these jobs; all when absent"))
