"""What workers count so that no page has to: jobs by day, storage by account, totals.

A page that counted a million rows would be slow each time it is looked at; a worker counts what may have changed,
between every ten seconds and every ten minutes, and writes the numbers down.
"""

import time
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Float

from models import DailyFigure, Job, Setting, User, count_changed, db, utc_now
from models.faults import is_deadlock
from models.job import DONE
from models.setting import ACCOUNTS, DISABLED, STORED_BYTES

DAYS_SHOWN = 30
# A job may end, or be tried again, on a day after the one it was made on.
DAYS_IN_FLUX = 2
# After counting it rests a hundred times as long as that took, within these bounds.
MIN_REST_SECONDS, MAX_REST_SECONDS, REST = 10, 600, 100
_SLICE = 2000


class seconds_between(GenericFunction[float]):
    """`seconds_between(start, end)` in SQL, which has a spelling of its own on each database."""

    type = Float()
    inherit_cache = True


@compiles(seconds_between, "mysql")
@compiles(seconds_between, "mariadb")
def _compile_for_mysql(element: seconds_between, compiler: SQLCompiler, **kw: Any) -> str:
    start, end = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"TIMESTAMPDIFF(MICROSECOND, {start}, {end}) / 1000000.0"


@compiles(seconds_between, "sqlite")
def _compile_for_sqlite(element: seconds_between, compiler: SQLCompiler, **kw: Any) -> str:
    start, end = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(julianday({end}) - julianday({start})) * 86400.0"


class Statistics:
    """One worker's bookkeeping: `keep` counts what is due."""

    def __init__(self) -> None:
        self._days = DAYS_SHOWN + 1
        self._due = {self._count_days: 0.0, count_storage: 0.0}

    def refresh(self) -> None:
        """Count the days of the plots and the storage of accounts, if it is time."""
        for count, due in self._due.items():
            start = time.monotonic()
            if start < due:
                continue
            try:
                count()
            except OperationalError as error:
                if not is_deadlock(error):
                    raise
                db.session.rollback()  # another worker counts the same at this moment
            end = time.monotonic()
            self._due[count] = end + min(MAX_REST_SECONDS, max(MIN_REST_SECONDS, REST * (end - start)))

    def _count_days(self) -> None:
        count_days(self._days)
        self._days = DAYS_IN_FLUX


def count_days(days: int) -> None:
    """Count the jobs of today and of the days before it, `days` in all (UTC)."""
    today = utc_now().date()
    for ago in range(days):
        _count_day(today - timedelta(days=ago))


def count_storage() -> None:
    """Count what each account keeps, slice by slice, and the totals of the site."""
    last = db.session.scalar(select(func.max(User.id))) or 0
    for first in range(1, last + 1, _SLICE):
        _count_slice(first, first + _SLICE)
    _write(ACCOUNTS, select(func.count()).select_from(User).where(User.guest_until.is_(None)))
    _write(DISABLED, select(func.count()).select_from(User).where(User.disabled_at.is_not(None)))
    _write(STORED_BYTES, select(func.coalesce(func.sum(User.stored_bytes), 0)))


def _count_day(day: date) -> None:
    start = datetime.combine(day, datetime.min.time())
    ran = func.coalesce(func.sum(seconds_between(Job.started_at, Job.finished_at)), 0.0)
    found = db.session.execute(
        select(Job.service, Job.status, func.count(), ran)
        .where(Job.created_at >= start, Job.created_at < start + timedelta(days=1))
        .group_by(Job.service, Job.status)
    ).all()
    known = db.session.execute(
        select(DailyFigure.service, DailyFigure.status, DailyFigure.jobs, DailyFigure.seconds).where(
            DailyFigure.day == day
        )
    ).all()
    db.session.rollback()
    counted = [
        (service, status, jobs, round(float(seconds), 3) if status == DONE else 0.0)
        for service, status, jobs, seconds in found
    ]
    if sorted(counted) == sorted(map(tuple, known)):
        return
    rows = [dict(zip(("service", "status", "jobs", "seconds"), row, strict=True), day=day) for row in counted]
    db.session.execute(delete(DailyFigure).where(DailyFigure.day == day))
    try:
        if rows:
            db.session.execute(insert(DailyFigure), rows)
        db.session.commit()
    except IntegrityError:  # another worker has just written the same
        db.session.rollback()


def _count_slice(first: int, end: int) -> None:
    """Count the accounts from `first` up to, not including, `end`; write what has changed."""
    kept = func.sum(Job.original_bytes + Job.result_bytes)
    sums = dict(
        db.session.execute(
            select(Job.user_id, kept).where(Job.user_id >= first, Job.user_id < end).group_by(Job.user_id)
        ).all()
    )
    known = db.session.execute(select(User.id, User.stored_bytes).where(User.id >= first, User.id < end)).all()
    db.session.rollback()
    changed = [
        {"id": user_id, "stored_bytes": int(sums.get(user_id, 0))}
        for user_id, before in known
        if int(sums.get(user_id, 0)) != before
    ]
    if changed:
        db.session.execute(update(User), changed)
        db.session.commit()


def _write(key: str, query: Select[int]) -> None:
    number = int(db.session.scalar(query) or 0)
    known = db.session.scalar(select(Setting.number).where(Setting.key == key))
    db.session.rollback()
    if number == known:
        return
    values = {"number": number, "changed_at": utc_now()}
    if not count_changed(update(Setting).where(Setting.key == key).values(**values)):
        db.session.rollback()  # an UPDATE that found nothing holds a lock on the gap, on MySQL
        db.session.add(Setting(key=key, **values))
    try:
        db.session.commit()
    except IntegrityError:  # another worker was first
        db.session.rollback()
