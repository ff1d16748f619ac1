"""Times are written as the person's clock and language have them."""

from datetime import UTC, datetime

import pytest

from views.pages import readable
from views.zones import COOKIE

THIS_YEAR = datetime.now(UTC).year
JUNE = datetime(THIS_YEAR, 6, 3, 13, 4)


def write(app, moment: datetime, zone: str, language: str = "en") -> str:
    headers = {"Cookie": f"{COOKIE}={zone}" if zone else "", "Accept-Language": language}
    with app.test_request_context("/", headers=headers):
        return readable(moment)


@pytest.mark.parametrize(
    ("zone", "language", "words"),
    [
        ("Asia/Shanghai", "en", "Jun 3, 9:04 PM"),
        ("Asia/Shanghai", "zh", "6月3日 21:04"),
        ("America/New_York", "en", "Jun 3, 9:04 AM"),
        ("UTC", "en", "Jun 3, 1:04 PM"),
    ],
)
def test_a_time_of_this_year_is_short_and_local(app, zone, language, words):
    assert write(app, JUNE, zone, language).replace("\u202f", " ") == words


def test_the_year_is_told_where_it_is_another_one_at_that_place(app):
    before = datetime(THIS_YEAR - 1, 12, 31, 23, 30)
    assert str(THIS_YEAR - 1) in write(app, before, "UTC")
    assert str(THIS_YEAR) not in write(app, before, "Asia/Shanghai")  # where it is this year already


@pytest.mark.parametrize("zone", ["", "Nowhere/Atall", "../../etc/passwd", "é", "A" * 65])
def test_until_a_zone_is_known_times_are_in_utc_and_say_so(app, zone):
    assert write(app, JUNE, zone).replace("\u202f", " ") == f"Jun 3, {THIS_YEAR}, 1:04:00 PM UTC"
