"""How the functions of `revive.library` run a tool: from a source of a picture and raw options to a `Result`."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from imaging.io import files
from imaging.io.files import Picture
from revive.result import Result
from services import get, runtime
from services.base import CACHE, MAX_MEGAPIXELS, UPLOADED
from services.running import run_service

Source = str | os.PathLike[str] | bytes | np.ndarray
# report(progress in [0, 1], stage): called now and then; what it raises ends the run.
Report = Callable[[float, str], None]


def configure(
    weights: str | os.PathLike[str] | None = None,
    imported: str | os.PathLike[str] | None = None,
    threads: int | None = None,
) -> None:
    """Choose the folder of the weights, that of imported weights, and the number of processor threads.

    None leaves each as it is: the weights that came with Revive, no imported ones, as many threads as PyTorch takes.
    """
    runtime.configure(Path(weights) if weights else None, Path(imported) if imported else None, threads=threads)


def join_numbers(place: tuple[float, ...] | None) -> str | None:
    """Return a frame, a point or corners as the field of a form has them."""
    return ",".join(map(str, place)) if place else None


def run_tool(key: str, picture: Source, raw: dict[str, Any], max_megapixels: float, report: Report) -> Result:
    """Run the tool `key` with options as a form has them; `revive.library` says what may be raised."""
    service = get(key)
    assert service is not None  # every function of the library names one of the tools
    for option in service.options:
        if option.kind in UPLOADED and raw[option.name] is not None:
            raw[option.name] = _read_picture(raw[option.name], max_megapixels)
    options = service.parse_options(raw)
    options |= {CACHE: {}, MAX_MEGAPIXELS: max_megapixels}
    made = run_service(service, _read_picture(picture, max_megapixels), options, report)
    return Result(
        picture=made.picture.pixels if made.picture else None,
        mask=made.mask,
        verdict=made.verdict,
        sentence=service.verdicts.get(made.verdict, ""),
        alternatives=tuple(alternative.pixels for alternative in made.alternatives),
        files={file.name: file.data for file in made.files},
        steps=tuple((step.key, step.state, step.said.replace("{value}", step.value)) for step in made.steps),
        checks=tuple((check.key, check.state, check.value) for check in made.checks),
        _picture=made.picture,
        _made=made,
    )


def _read_picture(source: Source, max_megapixels: float) -> Picture:
    if not isinstance(source, np.ndarray):
        return files.decode(source, max_megapixels)
    if source.dtype != np.uint8 or source.ndim != 3 or source.shape[2] not in (3, 4) or not source.size:
        raise ValueError("pixels must be uint8 of shape (H, W, 3) RGB or (H, W, 4) RGBA")
    return Picture(source.copy())
