"""What the part of the API for administrators takes and returns."""

from typing import Literal

from pydantic import BaseModel, Field

from accounts.administration import MAX_QUOTA, MAX_RETENTION_DAYS, REASON_LENGTH
from accounts.invitations import MAX_DAYS, MAX_USES
from errors import N_
from models.user import INVITATION_NOTE_LENGTH
from views.api.schemas import Body, JobError, Status, Taken, Use


class AdminAccount(BaseModel):
    id: int
    name: str
    is_admin: bool
    language: str | None
    created_at: str
    signed_in_at: str | None
    disabled_at: str | None
    disabled_reason: str
    stored_bytes: int
    url: str


class AdminAccounts(BaseModel):
    accounts: list[AdminAccount]
    next: str | None = Field(description=N_("what to give as `after` for the next page"))


class AdminAccountDetails(AdminAccount):
    limits: list[Use]
    retention_days: int


class AdminJob(BaseModel):
    id: str
    user: str
    service: str
    status: Status
    progress: float
    stage: str
    error: JobError | None
    width: int
    height: int
    created_at: str
    can_retry: bool


class AdminJobs(BaseModel):
    jobs: list[AdminJob]
    next: str | None = Field(description=N_("what to give as `after` for the next page"))


class Worker(BaseModel):
    id: str
    threads: int
    device: str
    is_alive: bool
    seen_at: str
    quick_threads: int = Field(description=N_("threads that take quick jobs alone"))
    version: str
    weights: str = Field(description=N_("a mark that workers with the same weights share"))
    problems: list[str] = Field(
        description=N_("what does not fit: storage, storage_away, storage_moved, schema_old, schema_new, key, device")
    )
    unable: list[str] = Field(description=N_("tools that it cannot run, since it lacks their weights"))
    memory_megabytes: int


class Queue(BaseModel):
    waiting: int
    running: int
    oldest_at: str | None
    paused_since: str | None
    workers: list[Worker]


class AccountsQuery(Taken):
    q: str = Field("", max_length=200, description=N_("how the names begin"))
    state: Literal["", "admin", "disabled"] = ""
    order: Literal["newest", "oldest", "name", "storage", "seen", "unseen"] = "newest"
    after: str = ""


class AdminJobsQuery(Taken):
    user: str = Field("", max_length=200)
    service: str = ""
    status: Literal["", "queued", "running", "done", "failed", "cancelled"] = ""
    after: str = ""


class Disablement(Body):
    reason: str = Field(min_length=1, max_length=REASON_LENGTH, pattern=r"\S", description=N_("its owner is mailed it"))


class Limits(Body):
    """Null is the site's own setting."""

    storage_megabytes_limit: int | None = Field(None, ge=0, le=MAX_QUOTA)
    active_jobs_limit: int | None = Field(None, ge=0, le=MAX_QUOTA)
    jobs_per_day_limit: int | None = Field(None, ge=0, le=MAX_QUOTA)
    megapixels_per_day_limit: int | None = Field(None, ge=0, le=MAX_QUOTA)
    retention_days: int | None = Field(None, ge=0, le=MAX_RETENTION_DAYS)


Value = bool | int | str | list[str] | None


class AdminSetting(BaseModel):
    name: str
    title: str
    about: str
    value: Value = Field(description=N_("what counts now; null for nothing"))
    origin: Literal["changed", "environment", "default"]
    beneath: Value = Field(description=N_("what counts once the change is taken back"))
    changed_at: str | None
    changed_by: str | None


class AdminSettings(BaseModel):
    settings: list[AdminSetting]


class SettingChange(Body):
    value: bool | int | str | list[str]
    confirm: bool = Field(False, description=N_("pictures may be deleted for good, where the change does that"))


class Confirmation(Taken):
    confirm: bool = Field(False, description=N_("pictures may be deleted for good, where the change does that"))


class AdminInvitation(BaseModel):
    id: int
    note: str
    uses: int
    max_uses: int
    made_by: str
    created_at: str
    expires_at: str
    is_over: bool


class AdminInvitations(BaseModel):
    invitations: list[AdminInvitation]


class NewInvitation(Body):
    note: str = Field("", max_length=INVITATION_NOTE_LENGTH, description=N_("for whom; only administrators see it"))
    days: int = Field(7, ge=1, le=MAX_DAYS)
    uses: int = Field(1, ge=1, le=MAX_USES, description=N_("how many people may register with it"))


class MadeInvitation(BaseModel):
    id: int
    url: str = Field(description=N_("the link; it is told this once only"))
