"""Revive as a library: the tools of the studio as functions, from a file, bytes or an array to a `Result`.

>>> from revive import deblur
>>> result = deblur("shaken.jpg")
>>> result.save("sharp.jpg") if result.picture is not None else print(result.sentence)

No Flask and no database is imported; PyTorch is, when a tool first asks a network. The command line is `revive.cli`.
"""

from revive.packages import import_tool_packages

import_tool_packages()

from revive.library import (  # noqa: E402
    InvalidOption,
    OutputExists,
    PictureError,
    Result,
    ServiceError,
    adjust,
    background,
    colorize,
    configure,
    deblur,
    idphoto,
    inpaint,
    onlyhere,
)
from revive.old_prints import denoise, enlarge, restore, scan, tone  # noqa: E402

__all__ = [
    "InvalidOption",
    "OutputExists",
    "PictureError",
    "Result",
    "ServiceError",
    "adjust",
    "background",
    "colorize",
    "configure",
    "deblur",
    "denoise",
    "enlarge",
    "idphoto",
    "inpaint",
    "onlyhere",
    "restore",
    "scan",
    "tone",
]
