"""A clock that nobody can set back: seconds since the machine started."""

import time
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def read_boot_clock() -> tuple[str, int]:
    """Return the name of this start of the machine ("" where unknown) and whole seconds since then.

    All processes of one machine agree on both, so a deadline written by one can be judged by another.
    """
    if not _BOOT_ID.exists():
        return "", 0
    return _BOOT_ID.read_text().strip(), int(time.clock_gettime(time.CLOCK_BOOTTIME))
