"""A child process that works until its priority is lowered, or for some seconds, and says which priority it had."""

import os
import time

from imaging.io import child


def _work() -> dict:
    before = os.nice(0)
    child.wait_for_memory(1)
    end = time.monotonic() + 10
    while os.nice(0) == before and time.monotonic() < end:
        time.sleep(0.01)
    return {"lowered_by": os.nice(0) - before}


if __name__ == "__main__":
    child.send_reply(_work, seconds=20, memory_mb=1000, written_mb=1)
