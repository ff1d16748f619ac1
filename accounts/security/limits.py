"""How often something may be tried: per user name, per network address, and by everybody together.

The `limits` library counts; the counters live in the database, so that all processes share them and a restart
forgets nothing. Counting is one atomic statement in a transaction of its own, which no caller can roll back. For that
reason it must not be called while the caller's own transaction has written something: SQLite has one writer.

Delays grow: who used up ten tries in five minutes waits for the rest of these five minutes, who used up twenty in an
hour for the rest of the hour, and so on. Who would wait longer than `SHORT_WAIT_SECONDS` to sign in is mailed a link
instead. Nothing locks for good.

A browser that has proved to be the owner's (it signed in before, or opened a mailed link) is counted by itself, and
neither with strangers nor with its address: what strangers use up, at however many addresses, keeps no owner out.
"""

import ipaddress
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from limits import RateLimitItem, parse_many
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import BindParameter, UpdateBase, bindparam, case, delete, select, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from accounts.errors import TooMany
from models import DailyCount, db, utc_now
from models.faults import is_deadlock

# Clocks of several machines differ a little; a window that ends later than this beyond its length is from a
# clock that was set back, and over.
CLOCK_SKEW_SECONDS = 60
DEADLOCK_ATTEMPTS = 5
SHORT_WAIT_SECONDS = 300


@dataclass(frozen=True)
class Limit:
    """What may be tried how often; each part as the `limits` library spells it, or "" for no limit.

    `known` is for one browser of the owner, the others for strangers: `name` for all of them at one user name,
    `name_at` for those at one address of them, which is stricter, so that one address alone never uses up a name.
    """

    key: str
    name: str = ""
    name_at: str = ""
    address: str = ""
    everybody: str = ""
    known: str = ""


SIGN_IN = Limit(
    "sign-in",
    name="10/5 minutes;20/hour;60/day",
    name_at="10/5 minutes;15/hour;30/day",
    address="50/5 minutes;100/hour",
    everybody="5000/5 minutes;20000/hour",
    known="10/5 minutes;20/hour;60/day",
)
SIGN_IN_LINKS = Limit("sign-in-links", name="1/hour;3/day", address="5/hour;10/day", everybody="2000/hour")
PRESENT_PASSWORD = Limit("present-password", name="10/5 minutes;20/hour;60/day")
ACCESS_TOKENS = Limit("access-tokens", name="20/hour;60/day")
# Nobody guesses a token. This keeps a program with a wrong one from asking the database without end.
WRONG_TOKENS = Limit("wrong-tokens", address="60/5 minutes;300/hour")
# Visitors who try the tools without an account: a flood from many addresses ends at the number for everybody.
GUESTS = Limit("guests", address="5/hour;10/day", everybody="200/hour;2000/day")
CODE_PAUSE = Limit("code-pause", name="1/minute", known="1/minute")
CODES = Limit(
    "codes",
    name="5/hour;10/day",
    name_at="5/day",
    address="5/hour;10/day",
    everybody="2000/hour",
    known="5/hour;10/day",
)
WRONG_CODES = Limit(
    "wrong-codes",
    name="25/hour;100/day",
    address="50/hour;200/day",
    everybody="1000/hour",
    known="25/hour;100/day",
)
# For all browsers together but the one that asked: as many tries as that one has. No code lives for an hour.
CODE_ELSEWHERE = Limit("code-elsewhere", name="5/day")
# NIST SP 800-63B, 5.2.2: at most 100 in all. Cleared by a success alone, for which a hundred years are enough.
CODE_GUESSES = Limit("code-guesses", name="100/100 years", known="100/100 years")

# For what all browsers of an owner share: each may be new, but all of them together get no more.
ANY_DEVICE = "any"


def take(limit: Limit, name: str | None, address: str | None, device: str = "") -> None:
    """Count one try, or raise TooMany and count nothing. Of tries made at once, no more pass than may.

    `device` is the id of a browser that has proved to be the owner's, or "" for a stranger's.
    """
    ask(limit, name, address, device)
    if not count(limit, name, address, device):
        ask(limit, name, address, device)


def ask(limit: Limit, name: str | None, address: str | None, device: str = "") -> None:
    """Raise TooMany if no try is left, with the time until every counter has one again. Counts nothing."""
    used_up = [part for part in _list_counters(limit, name, address, device) if not _limiter.test(part[0], *part[1])]
    if used_up:
        opens_at = max(_limiter.get_window_stats(item, *keys).reset_time for item, keys in used_up)
        raise TooMany(opens_at - time.time())


def count(limit: Limit, name: str | None, address: str | None, device: str = "", everybody: bool = True) -> bool:
    """Count one try, for `everybody` too or not; say whether it was still within every limit."""
    parts = _list_counters(limit, name, address, device, everybody=everybody)
    return all([_limiter.hit(item, *keys) for item, keys in parts])


def give_back(limit: Limit, name: str | None, address: str | None, device: str = "") -> None:
    """Undo the count of one try that turned out to be no failure."""
    for item, keys in _list_counters(limit, name, address, device):
        _storage.decr(item.key_for(*keys))


def forget(limit: Limit, name: str, address: str | None = None) -> None:
    """Clear what was counted for strangers at a name, whose owner has proved to be there, perhaps at `address`."""
    for item, keys in _list_counters(limit, name, address, alone=True):
        _limiter.clear(item, *keys)


def forget_device(limit: Limit, name: str, device: str) -> None:
    """Clear what was counted for a browser of the owner; nothing for a stranger's, which is ""."""
    if device:
        for item, keys in _list_counters(limit, name, None, device):
            _limiter.clear(item, *keys)


def find_network(address: str | None) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 network that an IPv6 site has at least."""
    try:
        parsed = ipaddress.ip_address((address or "").split("%")[0])
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _list_counters(
    limit: Limit, name: str | None, address: str | None, device: str = "", alone: bool = False, everybody: bool = True
) -> Iterator[tuple[RateLimitItem, tuple[str, ...]]]:
    """Yield every counter that a try touches; `alone` leaves out what is shared with other names."""
    if name and device:
        yield from _parse_items(limit.known, limit.key, "known", f"{name} {device}")
        return
    if name:
        yield from _parse_items(limit.name, limit.key, "name", name)
    if name and address is not None:
        yield from _parse_items(limit.name_at, limit.key, "name-at", name, find_network(address))
    if alone:
        return
    yield from _parse_items(limit.address, limit.key, "at", find_network(address))
    if everybody:
        yield from _parse_items(limit.everybody, limit.key, "all")


def _parse_items(text: str, *keys: str) -> Iterator[tuple[RateLimitItem, tuple[str, ...]]]:
    return ((item, keys) for item in _parse_limits(text)) if text else iter(())


@cache
def _parse_limits(text: str) -> tuple[RateLimitItem, ...]:
    return tuple(parse_many(text))


# Made once: a sign-in asks forty times, and SQLAlchemy takes longer to make a statement than SQLite to answer it.
_COUNT = select(DailyCount.count).where(DailyCount.key == bindparam("counter"))
_OPEN_COUNT = _COUNT.where(DailyCount.expires_at > bindparam("now"))
_ONE_LESS = (
    update(DailyCount)
    .where(DailyCount.key == bindparam("counter"), DailyCount.count > 0)
    .values(count=DailyCount.count - 1)
)


class DatabaseStorage(Storage):
    """Counters in the `tallies` table, for the `limits` library."""

    STORAGE_SCHEME = None

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a counter, starting a new window if there is none that is open; return the count."""
        attempt = 0
        while True:
            attempt += 1
            try:
                with db.engine.begin() as connection:
                    connection.execute(_make_upsert(connection.dialect.name), _describe_try(key, expiry, amount))
                    return connection.scalar(_COUNT, {"counter": key}) or 0
            except OperationalError as error:
                # Two first inserts of one key may deadlock in InnoDB, which then asks to try again.
                if attempt == DEADLOCK_ATTEMPTS or not is_deadlock(error):
                    raise

    def decr(self, key: str) -> None:
        """Take one off an open counter."""
        with db.engine.begin() as connection:
            connection.execute(_ONE_LESS, {"counter": key})

    def get(self, key: str) -> int:
        """Return the count of the open window, or 0."""
        with db.engine.connect() as connection:
            return connection.scalar(_OPEN_COUNT, {"counter": key, "now": utc_now()}) or 0

    def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since 1970."""
        with db.engine.connect() as connection:
            moment = connection.scalar(select(DailyCount.expires_at).where(DailyCount.key == key))
        return (moment or utc_now()).replace(tzinfo=UTC).timestamp()

    def clear(self, key: str) -> None:
        """Forget one counter."""
        with db.engine.begin() as connection:
            connection.execute(delete(DailyCount).where(DailyCount.key == key))

    def reset(self) -> int:
        """Forget every counter; return how many there were."""
        with db.engine.begin() as connection:
            return connection.execute(delete(DailyCount)).rowcount

    def check(self) -> bool:
        """Say whether the counters can be reached."""
        try:
            self.get("")
        except SQLAlchemyError:
            return False
        return True


@cache
def _make_upsert(dialect: str) -> UpdateBase:
    over = (DailyCount.expires_at <= bindparam("now")) | (DailyCount.expires_at > bindparam("latest"))
    amount: BindParameter[int] = bindparam("amount")
    end: BindParameter[datetime] = bindparam("end")
    # MySQL assigns from left to right: the count must still see the old end of the window.
    changes = [
        ("count", case((over, amount), else_=DailyCount.count + amount)),
        ("expires_at", case((over, end), else_=DailyCount.expires_at)),
    ]
    row = {"key": bindparam("counter"), "count": amount, "expires_at": end}
    if dialect == "sqlite":
        return sqlite.insert(DailyCount).values(row).on_conflict_do_update(index_elements=["key"], set_=dict(changes))
    return mysql.insert(DailyCount).values(row).on_duplicate_key_update(changes)


def _describe_try(key: str, expiry_seconds: int, amount: int) -> dict[str, Any]:
    """Return the values of `_make_upsert`."""
    now = utc_now()
    end = now + timedelta(seconds=expiry_seconds)
    latest = end + timedelta(seconds=CLOCK_SKEW_SECONDS)
    return {"counter": key, "amount": amount, "now": now, "end": end, "latest": latest}


def remove_expired(now: datetime) -> None:
    """Delete the counters whose windows are over."""
    with db.engine.begin() as connection:
        connection.execute(delete(DailyCount).where(DailyCount.expires_at <= now))


_storage = DatabaseStorage()
_limiter = FixedWindowRateLimiter(_storage)
