"""Slots for the processes that decode pictures: how many at once, in how much memory, and of that how much for whom.

Half of the threads of a web process may decode; the others are for pages. No account has more than half of the slots
or, beside what it is already decoding, of the memory; nor more slots than there are processors, for that would make
others wait and be no quicker. Archives take none: they have threads of their own.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import current_app

from jobs.scheduling import processors

_making = threading.Lock()


class NoSlot(Exception):
    """There was none within the time."""


class DecodingSlots:
    """The slots of one process. What is larger than all of the memory is decoded when nothing else is."""

    def __init__(self, slots: int, megabytes: int, processor_count: int):
        self._slots, self._megabytes = slots, megabytes
        self._share = min(-(-slots // 2), processor_count)
        self._taken: Counter[int] = Counter()  # account -> slots
        self._reserved: Counter[int] = Counter()  # account -> megabytes
        self._waiting: list[_Waiter] = []
        self._served_at: dict[int, float] = {}  # account -> when it last gave something back
        self._changed = threading.Condition()

    @contextmanager
    def slot(self, user_id: int, seconds: float) -> Iterator[None]:
        """Take a slot for an account. Raises NoSlot."""
        with self._hold(self._taken, user_id, 1, lambda: self._has_slot(user_id), seconds):
            yield

    @contextmanager
    def memory(self, user_id: int, megabytes: int, seconds: float) -> Iterator[None]:
        """Reserve memory for what has a slot. Raises NoSlot."""
        with self._hold(self._reserved, user_id, megabytes, lambda: self._has_memory(user_id, megabytes), seconds):
            yield

    def _has_slot(self, user_id: int) -> bool:
        return self._taken.total() < self._slots and self._taken[user_id] < self._share

    def _has_memory(self, user_id: int, megabytes: int) -> bool:
        own, all_of_it = self._reserved[user_id], self._reserved.total()
        if not all_of_it:
            return True
        return all_of_it + megabytes <= self._megabytes and (not own or own + megabytes <= self._megabytes // 2)

    @contextmanager
    def _hold(
        self, held: Counter[int], user_id: int, number: int, is_free: Callable[[], bool], seconds: float
    ) -> Iterator[None]:
        end, waiter = time.monotonic() + seconds, _Waiter(held, user_id, is_free)
        with self._changed:
            self._waiting.append(waiter)
            try:
                while self._next(held) is not waiter:
                    left = end - time.monotonic()
                    if left <= 0:
                        raise NoSlot()
                    self._changed.wait(left)
                held[user_id] += number
            finally:
                self._waiting.remove(waiter)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                held[user_id] -= number
                if not held[user_id]:
                    del held[user_id]
                self._served_at[user_id] = time.monotonic()
                self._changed.notify_all()

    def _next(self, held: Counter[int]) -> "_Waiter | None":
        """Return who may take of it now: of those for whom there is enough, the account that was served longest ago."""
        able = [waiter for waiter in self._waiting if waiter.held is held and waiter.is_free()]
        return min(able, key=lambda waiter: self._served_at.get(waiter.user_id, 0.0), default=None)


@dataclass(frozen=True, eq=False)
class _Waiter:
    held: Counter[int]
    user_id: int
    is_free: Callable[[], bool]


def get_slots() -> DecodingSlots:
    """Return the slots of this process."""
    config = current_app.config
    with _making:
        if "decoding_slots" not in current_app.extensions:
            megabytes = config["DECODING_MEGABYTES"] // config["WEB_PROCESSES"]
            current_app.extensions["decoding_slots"] = DecodingSlots(
                max(1, config["WEB_THREADS"] // 2), megabytes, processors.count_processors()
            )
        slots: DecodingSlots = current_app.extensions["decoding_slots"]
        return slots
