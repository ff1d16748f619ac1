"""How an account's pages look: the theme is kept with the account, and by each browser for the pages of strangers."""

from flask_babel import lazy_gettext as _

from accounts.errors import FieldErrors
from models import User, db

THEMES = ("system", "light", "dark")


def choose_theme(user: User, theme: str) -> None:
    """Keep the theme for this account. Raises FieldErrors."""
    if theme not in THEMES:
        raise FieldErrors({"theme": _("Please choose one of the themes: system, light or dark.")})
    user.theme = theme
    db.session.commit()
