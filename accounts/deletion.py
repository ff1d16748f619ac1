"""The end of an account. Its jobs and their pictures are the business of `jobs.account_deletion`."""

from flask_babel import lazy_gettext as _
from sqlalchemy import delete, update

from accounts import administration
from accounts.errors import FieldErrors
from accounts.security import audit, codes, limits, passwords
from models import EmailCode, User, db, utc_now


def confirm(user: User, password: str, address: str | None) -> None:
    """Let a signed-in person prove that the account is his. Raises FieldErrors or TooMany."""
    name = user.name
    if not password:
        raise FieldErrors({"deletion_password": passwords.EMPTY})
    limits.take(limits.PRESENT_PASSWORD, name, address)
    if not passwords.matches(user.password_hash, password):
        audit.record("account_deletion_failed", actor=name, target=name, address=address)
        raise FieldErrors({"deletion_password": _("This is not your present password.")})
    limits.give_back(limits.PRESENT_PASSWORD, name, address)


def close(user_id: int) -> User:
    """Begin a transaction in which the account is locked, so that no new job can be added to it; return its row.

    Raises RightsEnded, NoSuchAccount, or AccountError for the last administrator.
    """
    user = administration.lock_account(user_id)
    db.session.execute(update(User).where(User.id == user_id).values(disabled_at=utc_now()))
    return user


def erase(user: User) -> str:
    """End the transaction that `close` began by deleting the account; return the id of the mail that says so.

    Sessions and jobs go with the row by their foreign keys. The audit log stays, it holds names.
    """
    name, language = user.name, user.language or "en"
    db.session.execute(delete(EmailCode).where(EmailCode.name == name))
    db.session.execute(delete(User).where(User.id == user.id))
    db.session.expunge(user)
    return codes.order_notice(codes.DELETED, name, language)
