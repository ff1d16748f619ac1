"""Carry out the Dockerfile: see the package."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from tests.operation import dockerfile
from tests.operation.dockerfile.build import Builder
from tests.operation.dockerfile.start import start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=dockerfile.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True, help="where the roots go: 6 GB, with CUDA 15")
    parser.add_argument("--python", type=Path, required=True, help="the Python of the version that FROM names")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--env", action="append", default=[], metavar="NAME", help="a variable of here that RUN sees")
    parser.add_argument("--mount", action="append", default=[], metavar="PATH", help="a path of here that RUN sees")
    arguments = parser.parse_args()
    if lacking := [name for name in ("mmdebstrap", "unshare", "chroot", "mount") if not shutil.which(name)]:
        sys.exit(f"Skipped: this machine lacks {', '.join(lacking)}.")
    if os.geteuid() != 0:
        sys.exit("Skipped: only root may change roots and mount.")
    given = dict(pair.split("=", 1) for pair in arguments.build_arg)
    shown = {name: os.environ[name] for name in arguments.env}
    builder = Builder(arguments.folder.resolve(), arguments.python.resolve(), given, shown, arguments.mount)
    sys.exit(start(builder.build()))


if __name__ == "__main__":
    main()
