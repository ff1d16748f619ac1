"""What an administrator reads of accounts: the list, one of them, the audit log. Nothing is changed here."""

from sqlalchemy import ColumnElement, false, select, true

from accounts.errors import FieldErrors
from accounts.names import canonicalize
from models import Event, User, db
from models.keyset import fetch_page

# Order -> the column that is sorted by, and whether the greatest comes first.
ORDERS = {
    "newest": (User.created_at, True),
    "oldest": (User.created_at, False),
    "name": (User.name, False),
    "storage": (User.stored_bytes, True),
    "seen": (User.signed_in_at, True),
    "unseen": (User.signed_in_at, False),
}
STATES = {"admin": User.is_admin == true(), "disabled": User.is_disabled == true()}
# Names are ASCII without it, so every name that begins with x lies between x and x followed by this.
_LAST = "\x7f"


def list_users(search: str, state: str, order: str, size: int, after: str) -> tuple[list[User], str | None]:
    """Return a page of accounts whose names begin with `search`, and the mark of the next page.

    What is searched for comes in the order of the names. Unknown states and orders are as if none was given.
    """
    query = select(User).where(User.guest_until.is_(None))
    if search := search.strip().lower():
        query, order = query.where(_begins_with(search)), "name"
    if state in STATES:
        query = query.where(STATES[state])
    key, falling = ORDERS.get(order, ORDERS["newest"])
    return fetch_page(query, key, User.name if key is User.name else User.id, size, after, falling)


def find(user_id: int) -> User | None:
    """Return an account; a guest is none."""
    user = db.session.get(User, user_id)
    return None if user is None or user.is_guest else user


def list_events(filters: dict[str, str], size: int, after: str) -> tuple[list[Event], str | None]:
    """Return a page of the audit log, the newest first, and the mark of the next page.

    `filters` may hold "actor", "target", "action" and "address"; each must be matched exactly.
    """
    query = select(Event)
    for column in (Event.actor, Event.target, Event.action, Event.address):
        if wanted := filters.get(column.key, "").strip():
            query = query.where(column == wanted if wanted.isascii() else false())
    return fetch_page(query, Event.id, Event.id, size, after)


def normalize_name(name: str) -> str:
    """Return the one spelling of a user name; what is none comes back as it is."""
    try:
        return canonicalize(name)
    except FieldErrors:
        return name.strip()


def _begins_with(search: str) -> ColumnElement[bool]:
    search = normalize_name(search)
    if not search.isascii():
        return false()
    return (User.name >= search) & (User.name < search + _LAST)
