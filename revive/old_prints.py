"""The tools for old prints as Python functions; `revive.library` says what goes in and what may be raised."""

from typing import Any

from imaging.io.formats import DEFAULT_MAX_MEGAPIXELS
from revive.result import Result
from revive.running import Report, Source, join_numbers, run_tool
from services.base import ignore_progress


def restore(
    picture: Source,
    *,
    scan: bool = True,
    damage: bool = True,
    tone: bool = True,
    noise: bool = True,
    blur: bool = True,
    colour: bool = False,
    enlarge: bool = False,
    scan_rim: str = "keep",
    scan_upright: str = "faces",
    damage_marks: str = "sure",
    tone_strength: float = 1.0,
    neutral: bool = False,
    noise_strength: float = 1.0,
    blur_strength: float = 1.0,
    colour_strength: float = 1.0,
    enlarge_factor: str = "2",
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Do what an old print needs, step by step; each looks first, and `Result.steps` tell what it did, or why not.

    scan: the print is cut out of its background; scan_rim and scan_upright are what `scan` calls rim and upright.
    damage: scratches are found and filled, by default only what surely is one; damage_marks is what `inpaint` calls
    marks. tone: fading and yellowing, with tone_strength 0.05 to 1; neutral takes the sepia out. noise and blur: with
    strengths from 0.05 to 1. colour: guess colours for a black-and-white photo, with colour_strength 0.1 to 2 as their
    saturation. enlarge: by enlarge_factor, "2" or "4". A picture that no step changed has no result (verdict
    "nothing_to_restore").
    """
    options: dict[str, Any] = {"scan": scan, "damage": damage, "tone": tone, "noise": noise, "blur": blur}
    options |= {"colour": colour, "enlarge": enlarge, "tone_strength": tone_strength, "neutral": neutral}
    options |= {"noise_strength": noise_strength, "blur_strength": blur_strength, "colour_strength": colour_strength}
    options |= {"enlarge_factor": enlarge_factor, "damage_marks": damage_marks}
    options |= {"scan_rim": scan_rim, "scan_upright": scan_upright}
    return run_tool("restore", picture, options, max_megapixels, report)


def scan(
    picture: Source,
    *,
    corners: tuple[float, ...] | None = None,
    find_only: bool = False,
    prints: str = "all",
    rim: str = "keep",
    upright: str = "faces",
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Cut out and straighten the prints on a scanned page or a table; the others are the result's `alternatives`.

    corners: eight numbers for each print, x and y in parts of the picture, clockwise from the upper left of the upright
    print; without them the prints are found, and with find_only not cut out (verdict "prints_found"). prints: "all" or
    "largest". rim: "keep" or "cut". upright: "faces" turns a print whose faces show which side is up, "keep" none. A
    photo that fills its frame has no result (verdict "no_print_found"), nor has one where it is not sure (verdict
    "print_unsure").
    """
    options = {"corners": join_numbers(corners), "find_only": find_only, "prints": prints}
    options |= {"rim": rim, "upright": upright}
    return run_tool("scan", picture, options, max_megapixels, report)


def tone(
    picture: Source,
    *,
    strength: float = 1.0,
    neutral: bool = False,
    anyway: bool = False,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Put black, white and colours of a faded or yellowed photo right. No network is asked.

    strength: 0 to 1, how much of what was measured. neutral: make a brown or yellowed black-and-white print grey. A
    photo that is fine has no result (verdict "tone_is_fine"), unless one is wanted `anyway`.
    """
    options = {"strength": strength, "neutral": neutral, "anyway": anyway}
    return run_tool("tone", picture, options, max_megapixels, report)


def denoise(
    picture: Source,
    *,
    strength: float = 1.0,
    anyway: bool = False,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Take noise, grain, JPEG blocks or a printed screen out of a photo. `strength` (0 to 1) mixes in the original.

    A photo without noise has no result (verdict "no_noise_found"), unless one is wanted `anyway`.
    """
    return run_tool("denoise", picture, {"strength": strength, "anyway": anyway}, max_megapixels, report)


def enlarge(
    picture: Source,
    *,
    factor: str = "2",
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Make a photo "2" or "4" times as wide and high. More than `max_megapixels` are refused, of the result too."""
    return run_tool("enlarge", picture, {"factor": factor}, max_megapixels, report)
