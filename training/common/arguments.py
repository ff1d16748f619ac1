"""The arguments that recipes and measurements share, each with one meaning."""

import argparse
from pathlib import Path
from typing import Any

from networks.manifest import WEIGHTS

SHARED: dict[str, dict[str, Any]] = {
    "data": {"type": Path, "required": True, "help": "the folder with the archives"},
    "minutes": {"type": float, "help": "the time for all of it"},
    "out": {"type": Path, "help": "the run's folder, for its checkpoints"},
    "device": {"default": "cpu", "help": "cpu or cuda"},
    "threads": {"type": int, "default": 1, "help": "of PyTorch and OpenCV"},
    "workers": {"type": int, "help": "processes that prepare pictures beside the training"},
    "batch": {"type": int, "help": "pictures in a batch"},
    "width": {"type": int, "help": "channels of the first layer"},
    "holes": {"type": int, "help": "how many are drawn before the training"},
    "resume": {"action": "store_true", "help": "go on from the last checkpoint"},
    "from_released": {"action": "store_true", "help": "start from the weights in the repository"},
    "release": {"action": "store_true", "help": "export the weights at the end"},
    "weights": {"type": Path, "default": WEIGHTS, "help": "the folder of weights, with manifest.json"},
    "every": {"type": int, "default": 1, "help": "measure every Nth picture"},
    "state": {"type": Path, "help": "a file that the recipe saved, instead of the released weights"},
    "export": {"action": "store_true", "help": "release what was measured"},
}


def build_parser(description: str | None, *names: str, **defaults: object) -> argparse.ArgumentParser:
    """Return a parser with shared arguments: those in `names`, and those in `defaults` with a default of their own.

    description: the docstring of the recipe, shown as it is. Raises KeyError for an argument that is not shared.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in (*names, *defaults):
        settings = SHARED[name] | ({"default": defaults[name]} if name in defaults else {})
        parser.add_argument(f"--{name.replace('_', '-')}", **settings)
    return parser
