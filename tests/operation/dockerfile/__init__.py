"""Carry out `deploy/Dockerfile` without Docker: its steps in a clean Debian root, and then the site that it starts.

As root on Debian with mmdebstrap and util-linux, in the repository's root:

    python -m tests.operation.dockerfile --folder /var/tmp/try --python /opt/python3.12 --build-arg TORCH_INDEX=...

FROM becomes a minimal Debian with the packages of the official image of Python, and the Python of `--python`, the
folder that has its bin and lib, under /usr/local. Each RUN is carried out in that root, COPY copies what
`.dockerignore` lets it, and CMD runs as USER with its ENV, on a file system that cannot be written, without any network
but its own loopback. Then the site is asked for its health, HEALTHCHECK is run, and a picture goes through a network.
The exit status is 0 when all of that is well. What Docker does beyond this, layers and limits, is not tried.

It takes minutes and gigabytes, so nothing starts it by itself.
"""
