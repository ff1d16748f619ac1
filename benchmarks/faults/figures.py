"""Times in a few figures, and how much of the machine the test had."""

import os
import threading
import time
from statistics import quantiles

_LOOK_SECONDS = 0.5


class Machine:
    """Notes how busy the machine is, until `stop`: its load, and how late a thread wakes that does nothing but sleep.

    What people wait for on a busy machine is no fault of the site, and these figures tell the one from the other.
    """

    def __init__(self) -> None:
        self._late: list[float] = []
        self._loads: list[float] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="machine", daemon=True)
        self._thread.start()

    def stop(self) -> dict[str, dict[str, float]]:
        """Return the load and the seconds by which the thread woke late: p50, p95 and the greatest."""
        self._stopping.set()
        self._thread.join()
        found = {"load": self._loads, "late_seconds": self._late}
        return {what: summarise(values) | {"max": round(max(values, default=0), 2)} for what, values in found.items()}

    def _watch(self) -> None:
        while not self._stopping.is_set():
            due = time.monotonic() + _LOOK_SECONDS
            self._stopping.wait(_LOOK_SECONDS)
            self._late.append(max(0.0, time.monotonic() - due))
            self._loads.append(os.getloadavg()[0])


def summarise(seconds: list[float]) -> dict[str, float]:
    """Return count, p50 and p95 of some times."""
    cuts = quantiles(seconds, n=20) if len(seconds) > 1 else seconds * 19
    return {"count": len(seconds), "p50": round(cuts[9], 3), "p95": round(cuts[18], 3)}
