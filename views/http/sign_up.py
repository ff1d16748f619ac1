"""Who may register, as the pages show it: the invitation of this browser, and whether to show the way to the form."""

from flask import session

from accounts import invitations
from accounts.settings.current import get_setting
from changeable_settings import BY_INVITATION, CLOSED, OPEN

# Where the session keeps the token of the link that was opened last.
INVITATION = "invitation"
NEEDED = "needed"


def read_invitation() -> str:
    """Return the token of the invitation that this browser opened, "" for none."""
    return session.get(INVITATION, "")


def can_register() -> bool:
    """Say whether pages show the way to the form. Whether an invitation is still good is found out there."""
    who = get_setting("SIGN_UP")
    return who == OPEN or (who == BY_INVITATION and bool(read_invitation()))


def find_sign_up_state() -> str:
    """Return what the form's page is about: OPEN, CLOSED, BY_INVITATION with a good one, or NEEDED without."""
    who = get_setting("SIGN_UP")
    if who == BY_INVITATION:
        return BY_INVITATION if invitations.is_living(read_invitation()) else NEEDED
    return CLOSED if who == CLOSED else OPEN
