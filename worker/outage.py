"""A database that is away: the log says it once when it is lost, and once when it is back."""

import logging
import threading

from sqlalchemy.exc import DBAPIError

from models.faults import describe

logger = logging.getLogger(__name__)


class DatabaseOutage:
    """Whether the database answers, as the threads of one worker find out."""

    def __init__(self) -> None:
        self._told = ""
        self._changing = threading.Lock()

    def begin(self, error: DBAPIError) -> None:
        """Note what the database answered with; another fault than the last one is told, too."""
        fault = describe(error)
        with self._changing:
            is_new, self._told = fault != self._told, fault
        if is_new:
            logger.warning("The database is %s; this worker waits for it.", fault)

    def end(self) -> None:
        """Note that a whole round of work went well."""
        with self._changing:
            was_lost, self._told = bool(self._told), ""
        if was_lost:
            logger.warning("The database answers again.")
