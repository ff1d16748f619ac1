"""What the verbs of accounts raise. Each has a stable `key` for programs and a `message` for people."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _


class AccountError(Exception):
    """A wish about an account that cannot be met, and the HTTP status it becomes."""

    status = 400

    def __init__(self, key: str, message: str):
        super().__init__(key)
        self.key = key
        self.message = message


class NoSuchAccount(AccountError):
    """There is no such account, or no longer."""

    status = 404

    def __init__(self) -> None:
        super().__init__("not_found", _("There is nothing at this address. It may have been deleted."))


class FieldErrors(AccountError):
    """A form that cannot be taken; `errors` maps a field (or "form") to what is wrong with it."""

    def __init__(self, errors: Mapping[str, str]):
        super().__init__("invalid_fields", _("Please check the marked fields."))
        self.errors = dict(errors)


class TooMany(AccountError):
    """Too many tries; `retry_after_seconds` says when the next one is welcome."""

    def __init__(self, retry_after_seconds: float, message: str | None = None):
        super().__init__("too_many", message or _("Too many tries. Please wait a while and try again."))
        self.retry_after_seconds = max(1, int(retry_after_seconds))


class LinkNeeded(AccountError):
    """So many wrong codes were entered that only a mailed link helps, however long anybody waits."""

    status = 429

    def __init__(self) -> None:
        super().__init__(
            "link_needed",
            _("Too many wrong codes were entered for this user name. Open the link in the latest mail, then go on."),
        )
