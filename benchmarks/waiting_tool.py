"""A tool that only waits, and a worker that knows it: `python -m benchmarks.waiting_tool` is `flask worker` with it."""

import sys
import time
from collections.abc import Mapping
from typing import Any

from flask.cli import main as flask_main

import services
from services.base import Picture, Report, Result, Service

SECONDS = 0.5


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Wait, and return the picture a little darker."""
    time.sleep(SECONDS)
    return Result(picture.with_pixels(picture.pixels // 2))


SERVICE = Service(key="waits", title="Waits", summary="Waits for half a second.", run=run)

if __name__ == "__main__":
    services.SERVICES = (*services.SERVICES, SERVICE)
    sys.argv[1:] = ["worker"]
    flask_main()
