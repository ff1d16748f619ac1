"""What one account may use: jobs at once, jobs and megapixels in a day, megabytes.

Each limit is the account's own where it has one, else the site's setting.
"""

import math
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from accounts.settings.current import get_setting
from errors import N_
from jobs.errors import NotFound, QuotaExceeded
from jobs.guests import guest_quotas
from models import DailyCount, Job, User, count_changed, db, utc_now
from models.job import QUEUED, RUNNING
from setting_readers import MEGABYTE as MEGABYTE

_RETRY_SECONDS = 60
STORAGE = "storage_megabytes"  # the key of the limit
# Megapixels are counted in thousandths, so that small pictures count too and a day's sum fits a 32-bit column.
_PIXELS_PER_COUNT = 1000
_COUNTS_PER_MEGAPIXEL = 1000


@dataclass(frozen=True)
class Use:
    """One limit of an account and what is used of it, in the same unit."""

    key: str
    used: float
    allowed: int

    @property
    def rounded(self) -> float:
        """What is used to three decimals, rounded up so that a little is more than nothing."""
        return math.ceil(1000 * self.used) / 1000


@dataclass(frozen=True)
class Limits:
    """What one account may use."""

    storage_megabytes: int
    active_jobs: int
    jobs_per_day: int
    megapixels_per_day: int
    is_guest: bool = False


def find_limits(user_id: int) -> Limits:
    """Return the limits of an account, or of a guest: its own, else the site's."""
    site = ("MAX_STORAGE_MEGABYTES", "MAX_ACTIVE_JOBS", "MAX_JOBS_PER_DAY", "MAX_MEGAPIXELS_PER_DAY")
    columns = (
        User.storage_megabytes_limit,
        User.active_jobs_limit,
        User.jobs_per_day_limit,
        User.megapixels_per_day_limit,
    )
    own = db.session.execute(select(*columns).where(User.id == user_id)).one_or_none() or (None,) * len(columns)
    allowed = [get_setting(name) if mine is None else mine for name, mine in zip(site, own, strict=True)]
    storage, active, jobs, megapixels = allowed
    return Limits(storage, active, jobs, megapixels, guest_quotas.is_guest(user_id))


def measure_usage(user_id: int) -> tuple[Use, ...]:
    """Return every limit of an account with what it has used; the days are those of UTC."""
    allowed = find_limits(user_id)
    megapixels = _count_jobs(_day_key("pixels", user_id)) / _COUNTS_PER_MEGAPIXEL
    return (
        Use(STORAGE, _count_stored_bytes(user_id) / MEGABYTE, allowed.storage_megabytes),
        Use("active_jobs", _count_active_jobs(user_id), allowed.active_jobs),
        Use("jobs_per_day", _count_jobs(_day_key("jobs", user_id)), allowed.jobs_per_day),
        Use("megapixels_per_day", megapixels, allowed.megapixels_per_day),
    )


def check(user_id: int) -> None:
    """Refuse early, before an upload is kept, what even the smallest picture would exceed. Raises QuotaExceeded."""
    allowed = find_limits(user_id)
    counted = {key: _count_jobs(key) + 1 for key in _list_keys(user_id, allowed)}
    _check_all(user_id, allowed, counted, 1)


def admit(user_id: int, upload_bytes: int, pixels: int) -> None:
    """Count one more job in the transaction that will also insert it. Raises QuotaExceeded, NotFound.

    Counting comes first, in a fresh transaction: it locks the account's tallies until the transaction ends, so
    that parallel uploads of one account are looked at one after the other, each seeing what the one before did. The
    tally of all guests does the same for them.
    """
    allowed = find_limits(user_id)
    db.session.rollback()
    more = dict.fromkeys(_list_keys(user_id, allowed), 1)
    more[_day_key("pixels", user_id)] = math.ceil(pixels / _PIXELS_PER_COUNT)
    if not _add(more):
        _make_tallies(more)
        _add(more)
    if db.session.scalar(select(User.id).where(User.id == user_id, User.disabled_at.is_(None))) is None:
        raise NotFound()  # disabled or deleted while the picture came in
    _check_all(user_id, allowed, {key: _count_jobs(key) for key in more}, upload_bytes)


def charge(user_id: int, pixels: int, refuse: bool = True) -> None:
    """Count pixels of an account's day that become no job. Raises QuotaExceeded, unless it is not to `refuse`."""
    db.session.rollback()
    more = {_day_key("pixels", user_id): math.ceil(pixels / _PIXELS_PER_COUNT)}
    if not _add(more):
        _make_tallies(more)
        _add(more)
    counted = _count_jobs(*more)
    db.session.commit()
    if refuse:
        _check_day(find_limits(user_id), 0, counted)


def has_room(user_id: int, byte_count: int) -> bool:
    """Say whether so many bytes more are within the storage of an account."""
    return _count_stored_bytes(user_id) + byte_count <= find_limits(user_id).storage_megabytes * MEGABYTE


def make_keys(user_id: int) -> list[str]:
    """Return the keys of today's tallies of an account."""
    return [_day_key(what, user_id) for what in ("jobs", "pixels")]


def _list_keys(user_id: int, allowed: Limits) -> list[str]:
    """Return the keys of the tallies that a job counts in: the account's two, and that of all guests for a guest."""
    return make_keys(user_id) + [_day_key("jobs", guest_quotas.ALL_GUESTS)] * allowed.is_guest


def _day_key(what: str, user_id: int) -> str:
    return f"{what}:{user_id}:{utc_now():%Y-%m-%d}"


def _count_jobs(key: str) -> int:
    return db.session.scalar(select(DailyCount.count).where(DailyCount.key == key)) or 0


def _add(more: dict[str, int]) -> bool:
    """Add to the tallies, always in the same order; say whether they were all there."""
    return all(
        count_changed(update(DailyCount).where(DailyCount.key == key).values(count=DailyCount.count + number))
        for key, number in more.items()
    )


def _make_tallies(keys: dict[str, int]) -> None:
    db.session.rollback()
    for key in keys:
        db.session.add(DailyCount(key=key, count=0, expires_at=utc_now() + timedelta(days=2)))
        try:
            db.session.commit()
        except IntegrityError:  # a parallel upload was first
            db.session.rollback()


def _check_all(user_id: int, allowed: Limits, counted: dict[str, int], upload_bytes: int) -> None:
    """Raise QuotaExceeded unless a job is within every limit; `counted` holds the tallies of the day with it."""
    jobs, pixels, *of_all_guests = counted.values()
    _check_day(allowed, jobs, pixels)
    _check_active_and_storage(user_id, allowed, upload_bytes)
    if of_all_guests:
        guest_quotas.check(*of_all_guests)


def _check_day(allowed: Limits, jobs: int, pixel_counts: int) -> None:
    """Raise unless so many jobs and pixels, the new ones among them, are within the day's limits."""
    too_many_pixels = pixel_counts > allowed.megapixels_per_day * _COUNTS_PER_MEGAPIXEL
    if allowed.is_guest and (jobs > allowed.jobs_per_day or too_many_pixels):
        raise guest_quotas.make_refusal()
    if jobs > allowed.jobs_per_day:
        raise QuotaExceeded("too_many_jobs_today", N_("You have started as many pictures as one day allows."))
    if too_many_pixels:
        raise QuotaExceeded(
            "too_many_megapixels_today",
            N_("Together with today's other pictures this one has more megapixels than one day allows."),
        )


def _check_active_and_storage(user_id: int, allowed: Limits, upload_bytes: int) -> None:
    if _count_active_jobs(user_id) >= allowed.active_jobs:
        raise QuotaExceeded(
            "too_many_active_jobs",
            N_("Many of your pictures are still waiting. Start this one when some of them are done."),
            retry_after=_RETRY_SECONDS,
        )
    if _count_stored_bytes(user_id) + upload_bytes > allowed.storage_megabytes * MEGABYTE:
        raise QuotaExceeded(
            "storage_used_up",
            N_(
                "Your space is used up. Delete some earlier pictures: their space is free once they cannot be "
                "brought back."
            ),
        )


def _count_active_jobs(user_id: int) -> int:
    active = select(func.count()).where(Job.user_id == user_id, Job.status.in_((QUEUED, RUNNING)))
    return db.session.scalar(active) or 0


def _count_stored_bytes(user_id: int) -> int:
    stored = select(func.coalesce(func.sum(Job.original_bytes + Job.result_bytes), 0)).where(Job.user_id == user_id)
    return int(db.session.scalar(stored) or 0)
