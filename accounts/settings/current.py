"""What a setting is now: as an administrator changed it, else as the environment says.

Each process reads what was changed again every CACHE_SECONDS, so a change counts everywhere within that time. A
database that is away makes nobody wait: what was read last goes on counting.
"""

import logging
import time
from collections.abc import Mapping
from threading import Lock
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from changeable_settings import CHANGEABLE
from models import ChangedSetting, db
from setting_readers import Unusable

CACHE_SECONDS, AWAY_SECONDS = 2.0, 15.0
logger = logging.getLogger("revive.settings")


class ChangedValues:
    """What one process knows of the changed settings."""

    def __init__(self) -> None:
        self._values: Mapping[str, Any] = {}
        self._read_again_at = 0.0
        self._was_read = False
        self._lock = Lock()

    def get(self, name: str, otherwise: Any) -> Any:
        """Return the changed value of a setting, `otherwise` where it was not changed."""
        if time.monotonic() >= self._read_again_at:
            self._refresh()
        return self._values.get(name, otherwise)

    def forget(self) -> None:
        """Read anew the next time: this process has just changed something."""
        self._read_again_at = 0.0

    def _refresh(self) -> None:
        """Let one thread read. Others wait for it only while nothing at all is known yet."""
        if not self._lock.acquire(blocking=not self._was_read):
            return
        try:
            if time.monotonic() < self._read_again_at:
                return  # another thread has read while this one waited
            pause = CACHE_SECONDS
            try:
                self._values, self._was_read = read_changed(), True
            except SQLAlchemyError as error:
                pause = AWAY_SECONDS
                logger.warning("The changed settings cannot be read (%s); those read last count.", type(error).__name__)
            self._read_again_at = time.monotonic() + pause
        finally:
            self._lock.release()


def get_setting(name: str) -> Any:
    """Return what a setting is now. Needs the application's context; raises nothing for one of `SETTINGS`."""
    otherwise = current_app.config[name]
    return _find_values().get(name, otherwise) if name in CHANGEABLE else otherwise


def forget_cached() -> None:
    """Let this process read the changed settings anew."""
    _find_values().forget()


def read_changed() -> dict[str, Any]:
    """Return the value of each changed setting. Raises SQLAlchemyError.

    It reads on a connection of its own, so that no verb finds its transaction begun. What this version does not take,
    since a newer or older one wrote it, is left out: the environment counts.
    """
    values = {}
    with db.engine.connect() as connection:
        rows = connection.execute(select(ChangedSetting.name, ChangedSetting.value)).all()
    for name, text in rows:
        if (setting := CHANGEABLE.get(name)) is None:
            continue
        try:
            values[name] = setting.read(text)
        except Unusable:
            logger.warning("%s was changed to what this version does not take; the environment counts.", name)
    return values


def _find_values() -> ChangedValues:
    values: ChangedValues = current_app.extensions.setdefault("changed_settings", ChangedValues())
    return values
