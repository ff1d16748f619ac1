"""How long a job may run, learnt from what this server did lately.

The latest jobs of the same tool that went the same way (`WAYS`) give points (pixels, seconds). Through them goes the
line, of all through two of them or through one and the origin, that is off by the fewest times: a network that sees
every photo at one size takes much the same for each, another so long for each megapixel.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from itertools import combinations
from statistics import median
from typing import Any

from sqlalchemy import select

from jobs.files.storage import ORIGINAL
from models import Job, db, utc_now
from models.job import DONE

LEARN_FROM_JOBS = 25
LEARN_FROM_DAYS = 30
# Options that decide how long a run takes.
WAYS = ("network", "engine", "what", "method", "model", "scale")
# From so many jobs on a line need not go through the origin: fewer may lie on one by chance.
_ENOUGH_FOR_A_LINE = 5
_MIN_SECONDS = 0.01

Point = tuple[float, float]
Line = Callable[[float], float]


class RunTimes:
    """What was learnt, asked of the database once for each tool: make a new one for each question of a page."""

    def __init__(self) -> None:
        self._known: dict[str, list[tuple[Point, tuple[Any, ...]]]] = {}
        self._lines: dict[tuple[Any, ...], Line | None] = {}

    def estimate_seconds(self, service: str, options: Mapping[str, Any] | None, pixels: int) -> float | None:
        """Return how long a job may run; None where nothing was learnt of the tool.

        Without `options`, or where no job went their way, all jobs of the tool are learnt from.
        """
        way = None if options is None else _select_way(options)
        key = service, way
        if key not in self._lines:
            points = self._list_points(service)
            alike = [point for point, other in points if other == way]
            self._lines[key] = fit_line(alike or [point for point, _ in points])
        line = self._lines[key]
        return line(pixels) if line else None

    def _list_points(self, service: str) -> list[tuple[Point, tuple[Any, ...]]]:
        """Return the latest jobs of a tool that made a picture.

        Those that went on with the original of an earlier one are left out: they may have had its work to start from.
        """
        if service not in self._known:
            since = utc_now() - timedelta(days=LEARN_FROM_DAYS)
            lately = (
                select(Job.started_at, Job.finished_at, Job.width * Job.height, Job.options)
                .where(Job.service == service, Job.status == DONE, Job.created_at > since)
                .where(Job.parent_variant != ORIGINAL, Job.result_file != "")
                .order_by(Job.created_at.desc())
                .limit(LEARN_FROM_JOBS)
            )
            self._known[service] = [
                ((float(pixels), (finished - started).total_seconds()), _select_way(chosen))
                for started, finished, pixels, chosen in db.session.execute(lately)
                if started and finished and pixels
            ]
        return self._known[service]


def fit_line(points: Iterable[Point]) -> Line | None:
    """Return seconds by pixels, at least `_MIN_SECONDS`; None without points."""
    sound = [(pixels, max(seconds, _MIN_SECONDS)) for pixels, seconds in points]
    if not sound:
        return None
    through_origin = median(seconds / pixels for pixels, seconds in sound)
    lines = [(0.0, through_origin)]
    if len(sound) >= _ENOUGH_FOR_A_LINE:
        lines += _list_lines(sound)
    start, slope = min(lines, key=lambda line: sum(_measure_error(line, point) for point in sound))
    return lambda pixels: max(_MIN_SECONDS, start + slope * pixels)


def _list_lines(points: list[Point]) -> list[tuple[float, float]]:
    """Return (seconds at the origin, seconds per pixel) of the flat line and of those through two points that rise."""
    lines = [(median(seconds for _, seconds in points), 0.0)]
    for (a, first), (b, second) in combinations(points, 2):
        slope = (second - first) / (b - a) if a != b else -1.0
        if slope >= 0 and (start := first - slope * a) >= 0:
            lines.append((start, slope))
    return lines


def _measure_error(line: tuple[float, float], point: Point) -> float:
    start, slope = line
    return abs(math.log(max(_MIN_SECONDS, start + slope * point[0]) / point[1]))


def _select_way(options: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(options.get(name) for name in WAYS)
