"""In which time zone days begin for the person who asks: as the browser's script says, UTC where it says nothing."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from flask import request

COOKIE = "zone"
MAX_LENGTH = 64


def read_zone() -> tzinfo:
    """Return the person's time zone, or UTC where the browser did not name one."""
    return find_zone() or UTC


def find_zone() -> tzinfo | None:
    """Return the time zone that the browser named; None for what is no name of one."""
    name = request.cookies.get(COOKIE, "")
    if not name.isascii() or len(name) > MAX_LENGTH:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, a folder of names
        return None


def find_day(moment: datetime, zone: tzinfo) -> date:
    """Return the day on which a naive UTC time lies in a zone."""
    return moment.replace(tzinfo=UTC).astimezone(zone).date()


def read_day(text: str, zone: tzinfo, days_later: int = 0) -> datetime | None:
    """Return as a naive UTC time when a day in ISO 8601, or some days later, begins in a zone; None for no day."""
    try:
        day = date.fromisoformat(text) + timedelta(days=days_later)
        return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
