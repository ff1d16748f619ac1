"""Where Revive's own packages are: beside this one in a checkout, in its folder `_internal` where it was installed.

An installed Revive has one name in site-packages, `revive`; names as general as `services` stay out of the search path.
"""

import importlib
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_INTERNAL = Path(__file__).resolve().parent / "_internal"
ROOT = _INTERNAL if _INTERNAL.is_dir() else Path(__file__).resolve().parent.parent
IS_INSTALLED = ROOT == _INTERNAL
# What the tools are made of. Nothing else of Revive's is imported with `import revive`.
TOOL_PACKAGES = ("imaging", "networks", "services")


def read_version() -> str:
    """Return the version of Revive that runs."""
    if not IS_INSTALLED and (project := ROOT / "pyproject.toml").is_file():
        return str(tomllib.loads(project.read_text())["project"]["version"])
    try:
        return version("revive")
    except PackageNotFoundError:
        return ""


def import_tool_packages() -> None:
    """Import Revive's `TOOL_PACKAGES`, whatever the search path has under these names; the path stays as it was.

    Raises ImportError where the program has imported a package of its own under one of the names.
    """
    for name in TOOL_PACKAGES:
        if (loaded := sys.modules.get(name)) and not _is_ours(loaded):
            raise ImportError(
                f"Revive has a package {name!r} of its own, and so has this program: import revive first."
            )
    sys.path.insert(0, str(ROOT))
    try:
        for name in TOOL_PACKAGES:
            importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT))


def _is_ours(module) -> bool:
    return ROOT in Path(getattr(module, "__file__", None) or "/").resolve().parents
