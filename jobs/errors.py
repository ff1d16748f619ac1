"""What can be wrong with a job or an upload: each a stable key, a plain sentence and the HTTP status it becomes."""

from imaging.io.errors import N_

UNEXPECTED = "unexpected"  # the key of a failure that nobody foresaw; its message is a number in the log


class JobError(Exception):
    """`key` is for programs, `message` an English sentence marked with `N_`."""

    status = 400

    def __init__(self, key: str, message: str, status: int | None = None, retry_after_seconds: int | None = None):
        super().__init__(message)
        self.key = key
        self.message = message
        self.status = status or self.status
        self.retry_after_seconds = retry_after_seconds


class NotFound(JobError):
    """No such job, or somebody else's: the two look alike."""

    status = 404

    def __init__(self) -> None:
        super().__init__("not_found", N_("There is nothing at this address. It may have been deleted."))


class UploadRefused(JobError):
    """The upload itself cannot be used: missing, empty or too large."""


class QuotaExceeded(JobError):
    """The account has used up what it may use."""

    status = 429


class ServiceUnavailable(JobError):
    """The service cannot run at present."""

    status = 503


class NotNow(JobError):
    """The job is not in a state in which this can be done."""

    status = 409


class StorageFull(JobError):
    """The disk is full."""

    status = 507

    def __init__(self) -> None:
        super().__init__(
            "storage_full", N_("The server has no space left. Nothing was kept. Please tell whoever runs this site.")
        )
