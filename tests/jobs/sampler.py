"""A service for tests that can do all that a service may: uploads, no result, alternatives, files, a cache."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import services
from services.base import CACHE, Choice, File, Option, Picture, Report, Result, Service

# The options of each run, the newest last.
seen: list[Mapping[str, Any]] = []


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Darken the picture, or do as the option `way` says; "wait" waits at the gate."""
    seen.append(dict(options))
    report(0.5, "half")
    if options["way"] == "wait":
        wait_at(Path(os.environ["GATE"]), report)
    if options["way"] == "decline" and not options["anyway"]:
        return Result(None, verdict="nothing_found")
    if options["way"] == "look" and options["look_only"]:
        return Result(None, np.full(picture.pixels.shape[:2], 255, np.uint8), "look_first")
    first = picture.with_pixels(picture.pixels // 2)
    if options["way"] == "alternatives":
        flat = [picture.with_pixels(np.full_like(picture.pixels, grey)) for grey in (10, 20)]
        return Result(first, alternatives=tuple(flat))
    if options["way"] == "files":
        return Result(first, files=(File("sheet.pdf", "A sheet to print", b"%PDF-1.4 sheet"),))
    if options["way"] == "rogue":
        return Result(first, files=(File("page.html", "A page", b"<script>"),))
    return Result(first, cache=options[CACHE] or {"matte": b"0" * 1000})


def wait_at(gate: Path, report: Report) -> None:
    """Make a file that says that the job is here, then wait until somebody makes the file `gate`."""
    gate.with_suffix(".reached").touch()
    growth = bytearray(os.urandom(int(os.environ.get("GROW_MEGABYTES", 0)) << 20))
    while not gate.exists():
        report(0.5, "half")
        time.sleep(0.02)
    del growth


SERVICE = Service(
    key="sampler",
    title="Sampler",
    summary="Does what it is told.",
    run=run,
    notice="Samples are samples.",
    live_copies=("matte", "other"),
    verdicts={"nothing_found": "Nothing was found in this picture.", "look_first": "Look at it first."},
    touched_up=("look_first",),
    options=(
        Option(
            "way",
            "choice",
            "Way",
            "plain",
            choices=tuple(
                Choice(way, way) for way in ("plain", "decline", "look", "alternatives", "files", "rogue", "wait")
            ),
        ),
        Option("amount", "number", "Amount", 1.0, minimum=0, maximum=2, step=0.1),
        Option("anyway", "switch", "Run anyway", False),
        Option("colour", "colour", "Colour", "#ffffff"),
        Option("mask", "mask", "Mask"),
        Option("seen", "mask", "What is seen", shown_when=("way", "look"), finds=True),
        Option("look_only", "switch", "Only look", False, shown_when=("way", "look"), once=True),
        Option("hints", "hints", "Hints", shown_when=("way", "plain")),
        Option("frame", "frame", "Frame"),
        Option("point", "point", "Point"),
    ),
)


def install(monkeypatch) -> Service:
    """Make the sampler one of the services of this site."""
    seen.clear()
    monkeypatch.setattr(services, "SERVICES", (*services.SERVICES, SERVICE))
    return SERVICE
