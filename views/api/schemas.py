"""What the API takes and returns. The description of the API has these models as its schemas."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from errors import N_
from jobs.waiting import MAX_WAIT_SECONDS

Status = Literal["queued", "running", "done", "failed", "cancelled"]
MAX_PAGE = 100


class Taken(BaseModel):
    """What comes in: a name that is not known is a mistake of the caller's."""

    model_config = ConfigDict(extra="forbid")


class Body(Taken):
    """JSON has numbers and truths of its own: a text is neither."""

    model_config = ConfigDict(strict=True)


class ErrorFacts(BaseModel):
    """What is wrong, in the caller's language."""

    key: str = Field(description=N_("stable, for programs"))
    message: str
    field: str | None = Field(description=N_("the field or parameter that it is about"))
    allowed: list[str] = Field(description=N_("the allowed values, or one range like 1-100"))
    fields: dict[str, str] = Field(description=N_("each field that is wrong, and why"))
    reference: str | None = Field(description=N_("the number of an unexpected error in the server's log"))
    documentation: str


class Error(BaseModel):
    error: ErrorFacts


class Choice(BaseModel):
    value: str
    label: str


class ShownWhen(BaseModel):
    option: str
    values: list[str | bool]


class Option(BaseModel):
    name: str
    kind: Literal["choice", "number", "switch", "colour", "frame", "point", "corners", "picture", "mask", "hints"]
    title: str
    help: str
    default: str | float | bool | None
    choices: list[Choice]
    minimum: float | None
    maximum: float | None
    step: float | None
    shown_when: ShownWhen | None = Field(
        description=N_("it matters only where the other option has one of these values")
    )
    is_advanced: bool
    is_needed: bool
    is_uploaded: bool = Field(description=N_("its value is a file of the form"))


class Tool(BaseModel):
    key: str
    title: str
    summary: str
    notice: str
    is_available: bool
    unavailable_reason: str
    options: list[Option]
    jobs_url: str = Field(description=N_("where a job of this tool is made"))


class Tools(BaseModel):
    tools: list[Tool]


class JobError(BaseModel):
    key: str
    message: str


class Parent(BaseModel):
    id: str
    variant: Literal["original", "result"] = Field(alias="which")


class Alternative(BaseModel):
    number: int
    name: str
    is_result: bool
    url: str


class File(BaseModel):
    name: str
    label: str
    bytes: int
    url: str


class Check(BaseModel):
    key: str
    title: str
    state: Literal["met", "not_met", "unsure"]
    state_message: str
    value: str


class Step(BaseModel):
    """What one of several steps of a run did."""

    key: str = Field(description=N_("also the name of the option that leaves the step out"))
    title: str
    state: Literal["changed", "not_needed", "unsure", "off", "failed"]
    state_message: str
    sentence: str
    value: str = Field(description=N_("what was measured, or nothing"))
    width: int | None
    height: int | None
    preview_url: str | None = Field(description=N_("a small picture of what the step made"))


class ChangeKind(BaseModel):
    key: Literal["kept", "changed", "coloured", "replaced"]
    title: str
    about: str
    share: float = Field(ge=0, le=1, description=N_("of the pixels"))


class ChangeMap(BaseModel):
    url: str = Field(
        description=N_(
            "a grey picture: 0 kept bit for bit, 1 to 254 changed by so many of 255 levels in one channel, 255 replaced"
        )
    )
    sentence: str
    kinds: list[ChangeKind]


class Another(BaseModel):
    name: str
    value: str


class Job(BaseModel):
    """One run of one tool on one picture. `done` does not mean that there is a result: a tool may decline one."""

    id: str
    number: int
    service: str
    status: Status
    title: str
    name: str
    options: dict[str, Any]
    progress: float = Field(ge=0, le=1)
    stage: str
    position: int | None
    eta_seconds: int | None
    paused: bool
    no_worker: bool
    device: str
    has_result: bool
    verdict: str
    verdict_message: str
    notice: str
    error: JobError | None
    checks: list[Check]
    steps: list[Step]
    change_map: ChangeMap | None
    original_name: str
    width: int
    height: int
    pages: int
    pages_note: str
    result_width: int | None
    result_height: int | None
    formats: list[str]
    alternatives: list[Alternative] = Field(alias="answers")
    chosen: int | None
    files: list[File]
    parent: Parent | None
    another: Another | None
    can_cancel: bool
    can_retry: bool
    can_run_anyway: bool
    created_at: str
    deleted_at: str | None
    url: str
    page_url: str
    original_url: str
    result_url: str | None
    mask_url: str | None


class Jobs(BaseModel):
    jobs: list[Job]
    next: str | None = Field(description=N_("what to give as `before` for the next page"))


class Count(BaseModel):
    count: int


class Use(BaseModel):
    key: str = Field(description=N_("which limit, and its unit; 1 megabyte is 1,000,000 bytes"))
    used: float = Field(description=N_("to three decimals"))
    allowed: int


class TokenFacts(BaseModel):
    name: str
    scopes: list[str]
    created_at: str
    expires_at: str


class Account(BaseModel):
    name: str
    language: str | None
    is_admin: bool
    created_at: str
    retention_days: int = Field(description=N_("how many days a finished job is kept; 0 is for ever"))
    limits: list[Use]
    token: TokenFacts | None = Field(description=N_("null for a page of the site itself"))


class JobsQuery(Taken):
    service: str = Field("", description=N_("only jobs of this tool"))
    before: str = Field("", description=N_("`next` of the page before"))
    limit: int = Field(24, ge=1, le=MAX_PAGE)


class JobQuery(Taken):
    wait: int = Field(0, ge=0, le=MAX_WAIT_SECONDS, description=N_("seconds to wait for the end of the job"))
    progress: float | None = Field(
        None, ge=0, le=1, description=N_("the progress that you know: the wait ends with another one, too")
    )


class PictureQuery(Taken):
    format: Literal["", "png", "jpeg", "webp"] = Field("", description=N_("as it is stored when absent"))
    quality: int | None = Field(None, ge=1, le=100, description=N_("of JPEG and WebP"))
    metadata: Literal["", "keep", "strip"] = ""
    download: Literal["1"] | None = Field(None, description=N_("as an attachment"))


class ChangeMapQuery(Taken):
    download: Literal["1"] | None = Field(None, description=N_("as an attachment"))


class SmallQuery(Taken):
    of: str = Field("result", pattern=r"^(original|result|change-map|answer-[0-9]{1,4})$")


class ResultsQuery(Taken):
    id: list[str] = Field([], max_length=500, description=N_("jobs; all when absent"))
    service: str = Field("", description=N_("only results of this tool"))
    format: Literal["", "own", "png", "jpeg", "webp"] = ""


class JobChange(Body):
    title: str | None = Field(None, max_length=200)
    alternative: int | None = Field(
        None, alias="answer", ge=0, le=1000, description=N_("make this one of the answers the result")
    )


class Selection(Body):
    ids: list[str] = Field(min_length=1, max_length=500)
