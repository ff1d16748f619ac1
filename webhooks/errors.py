"""Why a message did not arrive, as keys for the log of deliveries and as words for its owner."""

from errors import N_, DomainError

REASONS = {
    "answered": N_("The receiver answered with an error."),
    "redirected": N_("The receiver redirected to another address. Redirects are not followed."),
    "no_such_host": N_("The name of the receiver could not be found."),
    "address_refused": N_("The name leads to a private or reserved address. This server sends nothing there."),
    "https_needed": N_("Without https, messages go only to addresses that the administrator allows."),
    "unreachable": N_("The receiver could not be reached, or broke the connection off."),
    "bad_certificate": N_("The receiver's certificate could not be verified."),
    "timed_out": N_("The receiver took too long to answer."),
    "unreadable": N_("What the receiver answered is not HTTP."),
    "unexpected": N_("Something went wrong on our side; the worker's log says more."),
    "secret_lost": N_("The signing secret cannot be read any more. Renew it."),
    "switched_off": N_("The webhook was switched off before this was sent."),
}


class NoSuchWebhook(DomainError):
    """There is no such webhook of this account, or no longer."""

    key, status = "not_found", 404
    message = N_("There is no such webhook. It may have been deleted.")


class SwitchedOff(DomainError):
    """Something is to be sent to a webhook that is switched off."""

    key, status = "switched_off", 409
    message = N_("This webhook is switched off. Switch it on first.")


class NotDelivered(Exception):
    """An attempt that failed. `key` is one of REASONS, `http_status` what the receiver answered, if it did."""

    def __init__(self, key: str, http_status: int | None = None):
        self.key, self.http_status = key, http_status
        super().__init__(key)
