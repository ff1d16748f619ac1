"""`revive` and `python -m revive`: the command line."""

import sys

from revive.packages import ROOT


def main() -> None:
    """Run the command line. This process is Revive's own, so all of its packages may be on the search path."""
    sys.path.insert(0, str(ROOT))
    from revive.cli import cli  # it needs those packages

    cli(prog_name="revive")


if __name__ == "__main__":
    main()
