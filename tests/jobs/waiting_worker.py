"""`flask worker` that knows the sampler as well; started by tests in place of the plain one."""

import sys

from flask.cli import main

import services
from tests.jobs.sampler import SERVICE

services.SERVICES = (*services.SERVICES, SERVICE)
sys.argv[1:] = ["worker"]
main()
