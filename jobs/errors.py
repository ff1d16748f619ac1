"""What can be wrong with a job or an upload: each a stable key, a plain sentence and the HTTP status it becomes."""

from errors import N_, DomainError

UNEXPECTED = "unexpected"  # the key of a failure that nobody foresaw; its message is a number in the log


class JobError(DomainError):
    """A job or an upload that cannot be done as asked."""


class NotFound(JobError):
    """No such job, or somebody else's: the two look alike."""

    key, status = "not_found", 404
    message = N_("There is nothing at this address. It may have been deleted.")


class UploadRefused(JobError):
    """The upload itself cannot be used: missing, empty or too large."""


class QuotaExceeded(JobError):
    """The account has reached one of its limits."""

    status = 429


class ServiceUnavailable(JobError):
    """The service cannot run at present."""

    status = 503


class NotNow(JobError):
    """The job is not in a state in which this can be done."""

    status = 409


class StorageFull(JobError):
    """The disk is full."""

    key, status = "storage_full", 507
    message = N_("The server has no space left. Nothing was kept. Please tell whoever runs this site.")


class StorageReadOnly(JobError):
    """The disk takes nothing, because it is mounted so or belongs to somebody else."""

    key, status, retry_after = "read_only", 503, 60
    message = N_("The server cannot write to its disk, so nothing can be changed. Please tell whoever runs this site.")


class StorageAway(JobError):
    """The storage of the pictures does not answer, or refuses what the site may do there."""

    key, status, retry_after = "storage_away", 503, 30
    message = N_("The server cannot reach its storage of pictures right now. Try again in a moment.")
