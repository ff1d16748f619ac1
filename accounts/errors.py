"""What the verbs of accounts raise. Each has a stable `key` for programs and a `message` for people."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

from errors import DomainError


class AccountError(DomainError):
    """Something about an account that cannot be done."""


class NoSuchAccount(AccountError):
    """There is no such account, or no longer."""

    key, status = "not_found", 404
    message = _("There is nothing at this address. It may have been deleted.")


class RightsEnded(AccountError):
    """The caller was signed out, disabled, deleted or demoted since the request began."""

    key, status = "sign_in_needed", 401
    message = _("Please sign in first.")


class FieldErrors(AccountError):
    """A form that cannot be taken; `errors` maps a field (or "form") to what is wrong with it."""

    def __init__(self, errors: Mapping[str, str]):
        super().__init__("invalid_fields", _("Please check the marked fields."))
        self.errors = dict(errors)


class TooMany(AccountError):
    """Too many tries; `retry_after` says when the next one is accepted."""

    key, status = "too_many", 429
    message = _("Too many tries. Please wait a while and try again.")

    def __init__(self, retry_after: float, message: str = ""):
        super().__init__(message=message, retry_after=max(1, int(retry_after)))


class LinkNeeded(AccountError):
    """So many wrong codes were entered that only a mailed link helps, however long anybody waits."""

    key, status = "link_needed", 429
    message = _("Too many wrong codes were entered for this user name. Open the link in the latest mail, then go on.")
