"""The language of an account: its mails are written in it, and its pages where a browser made no choice of its own."""

from models import User, db


def remember(user: User, language: str) -> None:
    """Keep the language for this account."""
    user.language = language
    db.session.commit()
