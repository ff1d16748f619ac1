"""Who asks may still act: looked at once more in each transaction, before its first write.

A request is checked when its body is here (`views.http.guards`), but its session, account or rights may end in the
moment before it writes. So the session of the database itself locks the rows of the account and of its session or
access token and reads them again before anything else is written: until the transaction ends, nobody can end them. No
verb has to do it.

What writes outside `db.session` (the audit log, the counters of tries) only notes what was tried. Commands and workers
act for nobody who could sign out; they remember nobody here.
"""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import Select, Table, event, select, true, update
from sqlalchemy.orm import ORMExecuteState, Session

from accounts.errors import RightsEnded
from models import AccessToken, User, UserSession, db, utc_now

_CLAIM, _VERIFIED = "revive_claim", "revive_verified"
# An execution option of a statement that changes nothing and only locks: the check follows it (see `administration`).
ONLY_LOCKS = "revive_only_locks"


@dataclass(frozen=True)
class _Claim:
    """Who a request says it comes from, by what, and whether what it asks for is the business of administrators."""

    user_id: int
    token_hash: str
    is_administration: bool
    is_access_token: bool


def remember(user_id: int, token_hash: str, is_administration: bool, is_access_token: bool = False) -> None:
    """From now on this context writes only while the account is able, its session alive, and its rights as needed.

    `token_hash` is that of a session, or of an access token.
    """
    db.session.info[_CLAIM] = _Claim(user_id, token_hash, is_administration, is_access_token)


def lock_account(user_id: int) -> None:
    """Begin a fresh transaction that holds the account: what others add to it meanwhile waits, and is counted as well.

    On MariaDB a count sees the rows as they were at the first statement, so this has to be that statement.
    """
    db.session.rollback()
    db.session.execute(update(User).where(User.id == user_id).values(is_admin=User.is_admin))


def forget() -> None:
    """From now on this context writes on behalf of nobody."""
    db.session.info.pop(_CLAIM, None)
    db.session.info.pop(_VERIFIED, None)


def verify() -> None:
    """Look at the rights as before a write, for what changes something outside the database. Raises RightsEnded."""
    _verify(db.session())


@event.listens_for(db.session, "before_flush")
def _verify_before_flush(session: Session, _context: object, _instances: object) -> None:
    _verify(session)


@event.listens_for(db.session, "do_orm_execute")
def _verify_before_statement(state: ORMExecuteState) -> None:
    if (state.is_insert or state.is_update or state.is_delete) and not state.execution_options.get(ONLY_LOCKS):
        _verify(state.session)


def _verify(session: Session) -> None:
    """Lock and read the account and the session or token, once in a transaction: in this order, as who ends them does.

    Statements on the connection itself are no statements of `session`, so none of them comes back here. The update
    changes nothing; unlike a reading one it locks SQLite as well.
    """
    claim: _Claim | None = session.info.get(_CLAIM)
    if claim is None:
        return
    connection = session.connection()
    if session.get_transaction() is session.info.get(_VERIFIED):
        return
    users = cast(Table, User.__table__)
    able = update(users).values(is_admin=users.c.is_admin)
    if claim.is_administration:  # all of them, as `administration.lock_account`: two who act at once wait, in one order
        connection.execute(able.where(users.c.is_admin == true()))
        able = able.where(users.c.is_admin == true())
    able = able.where(users.c.id == claim.user_id, users.c.disabled_at.is_(None))
    if not connection.execute(able).rowcount or connection.scalar(_select_alive(claim).with_for_update()) is None:
        raise RightsEnded()
    session.info[_VERIFIED] = session.get_transaction()


def _select_alive(claim: _Claim) -> Select[tuple[int]]:
    """Return the query for the session or the access token that a request came with."""
    table = cast(Table, (AccessToken if claim.is_access_token else UserSession).__table__)
    alive = select(table.c.id).where(table.c.token_hash == claim.token_hash, table.c.user_id == claim.user_id)
    return alive.where(table.c.expires_at > utc_now()) if claim.is_access_token else alive
