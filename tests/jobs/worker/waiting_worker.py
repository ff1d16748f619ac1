"""`flask worker` for tests: with GATE set it knows the sampler; with NO_SWEEP it looks at the rows at its start only.

Later it finds a job by its message alone.
"""

import os
import sys

from flask.cli import main

import services
from tests.jobs.sampler import SERVICE
from worker import process

if "GATE" in os.environ:
    services.SERVICES = (*services.SERVICES, SERVICE)
if "NO_SWEEP" in os.environ:
    process.MAINTENANCE_SECONDS = 3600
sys.argv[1:] = ["worker"]
main()
