"""A signed-in person proves with the present password that it is still the owner who asks."""

from flask_babel import lazy_gettext as _

from accounts.errors import FieldErrors
from accounts.security import audit, limits, passwords


def confirm(
    name: str, password_hash: str | None, password: str, address: str | None, *, field: str, refused: str
) -> None:
    """Return when `password` is that of the account `name`. Raises FieldErrors with `field`, or TooMany.

    Wrong ones are counted, and the audit log gets a line `refused`.
    """
    if not password:
        raise FieldErrors({field: passwords.EMPTY})
    limits.take(limits.PRESENT_PASSWORD, name, address)
    if not passwords.matches(password_hash, password):
        audit.record(refused, actor=name, target=name, address=address)
        raise FieldErrors({field: _("This is not your present password.")})
    limits.give_back(limits.PRESENT_PASSWORD, name, address)
