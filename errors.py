"""The base of every error that a person is told about, and the mark of texts that the site translates."""

from collections.abc import Iterable


def N_(text: str) -> str:
    """Mark a text for translation; the site translates it where it is shown."""
    return text


class DomainError(Exception):
    """What cannot be done, and why.

    key: stable, for programs. message: an English sentence marked with `N_`, or one that is translated lazily.
    status: the HTTP status that it becomes. field: the field or option of a form that it is about, "" for none.
    retry_after: seconds until trying again makes sense, None where it does not. allowed: values that would do, where
    they can be listed.
    """

    key = "failed"
    message = N_("This request could not be served.")
    status = 400
    field = ""
    retry_after: int | None = None
    allowed: tuple[str, ...] = ()

    def __init__(
        self,
        key: str = "",
        message: str = "",
        status: int | None = None,
        *,
        field: str = "",
        retry_after: int | None = None,
        allowed: Iterable[str] = (),
    ):
        self.key = key or self.key
        # Whether a lazy text is empty is not asked: that would translate it, and first find out for whom.
        self.message = self.message if isinstance(message, str) and not message else message
        self.status = status or self.status
        self.field = field or self.field
        self.retry_after = retry_after or self.retry_after
        self.allowed = tuple(allowed) or self.allowed
        super().__init__(self.message)
