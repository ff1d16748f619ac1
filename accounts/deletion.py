"""The end of an account. Its jobs and their pictures are the business of `jobs.account_deletion`."""

from sqlalchemy import delete, update

from accounts import administration
from accounts.security import codes, present_password
from models import EmailCode, User, db, utc_now


def confirm(user: User, password: str, address: str | None) -> None:
    """Let a signed-in person prove that the account is his. Raises FieldErrors or TooMany."""
    failed = {"field": "deletion_password", "refused": "account_deletion_failed"}
    present_password.confirm(user.name, user.password_hash, password, address, **failed)


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
