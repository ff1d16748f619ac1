"""What the site calls itself, and the notice above its pages, in the language in force."""

from dataclasses import dataclass

from flask_babel import get_locale
from flask_babel import gettext as _

from accounts.settings.current import get_setting


@dataclass(frozen=True)
class Notice:
    """A line of plain text, and the tag of its language."""

    text: str
    language: str


def get_site_name() -> str:
    """Return the name of the site: an administrator's, else the software's own."""
    name: str = get_setting("SITE_TITLE") or _("Revive")
    return name


def find_notice() -> Notice | None:
    """Return the notice for this language; in Chinese the English one where there is no Chinese one."""
    if str(get_locale()) == "zh" and (text := get_setting("NOTICE_ZH")):
        return Notice(text, "zh-CN")
    text = get_setting("NOTICE")
    return Notice(text, "en") if text else None
