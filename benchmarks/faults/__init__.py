"""The fault test: a whole site under load, of which something breaks every few seconds.

`python -m benchmarks.faults --minutes 20 --seed 1 --report faults.json` starts MariaDB, Redis, the web server and two
workers with folders of their own, lets people upload, poll and download, and breaks things in an order that follows
from the seed. Afterwards it looks whether a job was lost, done twice or is stuck, whether a file belongs to no job, and
whether any response was a 5xx but an honest 503 or, on a full disk, 507. Nothing in the product knows of it.

It needs MariaDB and Redis. What else a fault needs and the machine lacks leaves that fault out, and the report says so:
a full disk needs the right to mount a tmpfs, a slow one a C compiler, the stepped clock libfaketime.
"""
