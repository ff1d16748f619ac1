"""What every template may use: addresses of static files, the tools' menu, the person, times, demo pictures."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_skeleton, format_time, get_datetime_format
from flask import Flask, current_app, request, url_for
from flask_babel import format_datetime, format_decimal, get_locale, gettext
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

import services
from accounts.settings.current import get_setting
from accounts.settings.site import find_notice, get_site_name
from jobs.availability import list_offered_choices, list_offered_options
from jobs.guests.guest_quotas import get_guest_megapixels
from jobs.quotas import MEGABYTE, STORAGE, Use
from models import undo
from views.http.sign_up import can_register
from views.icons import ICONS
from views.static_files import asset
from views.zones import find_zone

# The first mark that a user agent holds tells its name: nearly all call themselves Mozilla, Chrome and Safari as well.
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("QQBrowser", "QQ"),
    ("EdgA", "Edge"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def init_app(app: Flask) -> None:
    """Give the templates their helpers."""
    app.context_processor(provide_page_names)
    app.add_template_filter(as_utc_text, "iso")
    app.add_template_filter(readable)
    app.add_template_filter(name_browser)
    app.add_template_filter(name_device)
    app.add_template_filter(format_amount)
    app.add_template_filter(file_size)
    app.add_template_filter(format_used)


def provide_page_names() -> dict[str, Any]:
    """The names that templates find beside those their view passes."""
    person = viewer()
    return {
        "asset": asset,
        "setting": get_setting,
        "can_register": can_register(),
        "site_name": get_site_name(),
        "site_notice": find_notice(),
        "tr": tr,
        "icons": ICONS,
        "viewer": person,
        "here": here(),
        "services_menu": services.SERVICES,
        "service_of": services.get,
        "tool_url": lambda key: tool_url(key, person),
        "offered_choices": list_offered_choices,
        "offered_options": list_offered_options,
        "guest_megapixels": get_guest_megapixels,
        "examples": examples(),
        "example_of": lambda key: next((e for e in list_examples() if e["key"] == key), None),
    }


def tr(text: Any) -> str:
    """Translate a text that is not known to the template; empty text stays empty."""
    return gettext(str(text)) if text else ""


def viewer():
    """The signed-in person or None, also when the database cannot tell: error pages must still appear."""
    try:
        return current_user if current_user.is_authenticated else None
    except SQLAlchemyError:
        undo()
        return None


def here() -> str:
    """The address to come back to after changing the language."""
    if request.url_rule is None or "GET" not in (request.url_rule.methods or ()):
        return url_for("home.index")
    return request.full_path.rstrip("?")


def tool_url(key: str, person: Any) -> str:
    """The tool itself for a signed-in person, what it does and the way to an account for others."""
    if person:
        return url_for("studio.studio", username=person.name, service=key)
    return url_for("home.tool", service=key)


def as_utc_text(moment: datetime | str) -> str:
    """ISO 8601 with the zone, for `<time datetime>`; times without a zone are UTC."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.replace(tzinfo=moment.tzinfo or UTC).isoformat(timespec="seconds")


def readable(moment: datetime | str) -> str:
    """A time in words of the person's language: in the person's zone, or in UTC, which is said, until that is known.

    The year stands there where it is not this one.
    """
    time, zone, locale = datetime.fromisoformat(as_utc_text(moment)), find_zone(), get_locale()
    if zone is None:
        return format_datetime(time, "medium") + " UTC"
    local = time.astimezone(zone)
    day = format_skeleton("MMMd" if local.year == datetime.now(zone).year else "yMMMd", local, locale=locale)
    both = str(get_datetime_format("medium", locale=locale)).replace("'", "")
    return both.format(format_time(local, "short", locale=locale), day)


def format_amount(number: float) -> str:
    """A number as people of this language write it, to one decimal place."""
    return format_decimal(round(number, 1))


def file_size(byte_count: int) -> str:
    """A size in the units of the limits: 1 MB is 1,000,000 bytes, in the settings, on the account page and here."""
    number, unit = float(byte_count), "kB"
    for larger in ("kB", "MB", "GB", "TB"):
        number, unit = number / 1000, larger
        if round(number, 1) < 1000:
            break
    return f"{format_amount(number)} {unit}"


def format_used(use: Use) -> str:
    """What an account uses of a limit, in the unit of that; storage under 1 MB in kB, for it is more than nothing."""
    if use.key == STORAGE and 0 < use.used < 1:
        return file_size(math.ceil(use.used * MEGABYTE))
    return format_amount(use.used)


def name_device(device: str) -> str:
    """The device that a job ran on, without the precision of its numbers: that is for the administration."""
    return device.partition(", ")[0]


def name_browser(agent: str) -> str:
    """The browser and system of a user agent in two words; what is unknown is shown as it came."""
    browser = next((name for mark, name in BROWSERS if mark in agent), None)
    system = next((name for mark, name in SYSTEMS if mark in agent), None)
    return " · ".join(word for word in (browser, system) if word) or agent


def examples() -> list[Mapping[str, Any]]:
    """The pairs of the carousel: those of its tools, or any where these have none yet."""
    return [example for example in list_examples() if example["carousel"]] or list_examples()


def list_examples() -> list[Mapping[str, Any]]:
    """What `docs/demo/make.py` wrote down about the pictures it made."""
    return _read_examples(Path(current_app.static_folder or ""))


@lru_cache
def _read_examples(static: Path) -> list[Mapping[str, Any]]:
    listing = static / "demo" / "examples.json"
    return json.loads(listing.read_text("utf-8")) if listing.exists() else []
