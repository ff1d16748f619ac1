"""The tools as Python functions. Their options are those of `services`; a test compares the two.

A picture goes in as the path or the bytes of a file, or as uint8 pixels (H, W, 3) RGB or (H, W, 4) RGBA. All functions
raise PictureError (it cannot be read), InvalidOption and ServiceError (it cannot be done); each has a stable `key` and
a `message` that a person understands. They may be called from several threads.
"""

from typing import Any

from imaging.io.formats import DEFAULT_MAX_MEGAPIXELS
from revive.errors import InvalidOption, OutputExists, PictureError, ServiceError
from revive.result import Result
from revive.running import Report, Source, configure, join_numbers, run_tool
from services.base import ignore_progress

__all__ = ["InvalidOption", "OutputExists", "PictureError", "Result", "ServiceError", "Source", "configure"]


def deblur(
    picture: Source,
    *,
    strength: float = 1.0,
    network: str = "deblur",
    anyway: bool = False,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Take the shake out of a photo. `strength` (0 to 1) mixes in the original below 1.

    A photo without motion blur has no result (verdict "no_motion_blur"), unless one is wanted `anyway`.
    """
    options = {"strength": strength, "network": network, "anyway": anyway}
    return run_tool("deblur", picture, options, max_megapixels, report)


def colorize(
    picture: Source,
    *,
    variants: bool = True,
    saturation: float = 1.0,
    detail: str = "256",
    reference: Source | None = None,
    reference_places: Source | None = None,
    hints: Source | None = None,
    alike: bool = False,
    anyway: bool = False,
    network: str = "colorize",
    render_factor: int = 35,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Give colours to a black-and-white photo; with `variants` a natural, a calm and a vivid one.

    saturation: 0 to 2. detail: "128", "192", "256" or "384". reference: a colour photo of something similar, whose
    colours are taken where both show the same (verdict "nothing_matched" where they never do). reference_places: dabs
    on the reference, or a mask of it: only the things that they lie on give their colours (verdict "colours_taken", or
    no result and "nothing_alike"). hints: a picture, transparent but for dabs of colour; `alike` lets them reach places
    that look the same. render_factor: 7 to 45, for DeOldify. A photo that has colours already has no result (verdict
    "already_coloured"), unless one is wanted `anyway`.
    """
    options = {"variants": variants, "saturation": saturation, "detail": detail, "reference": reference}
    options |= {"reference_places": reference_places}
    options |= {"hints": hints, "alike": alike, "anyway": anyway, "network": network, "render_factor": render_factor}
    return run_tool("colorize", picture, options, max_megapixels, report)


def background(
    picture: Source,
    *,
    background: str = "white",
    colour: str = "#ffffff",
    colour_from: str = "#f5f1e8",
    colour_to: str = "#8fa3b0",
    direction: str = "down",
    blur: float = 4,
    background_image: Source | None = None,
    scale: float = 100,
    across: float = 0,
    down: float = 0,
    shadow: float = 0,
    whom: str = "everybody",
    point: tuple[float, float] | None = None,
    mask: Source | None = None,
    network: str = "background",
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Cut the person out and put another background behind; the result's mask is the cut-out.

    background: "white", "red", "blue", "grey", "cream", "sage", "slate", "custom" (`colour`), "gradient"
    (`colour_from`, `colour_to`, `direction`: "down", "right", "diagonal", "middle"), "blurred" (`blur`, 1 to 10),
    "transparent", or "picture" (`background_image`). scale: 20 to 300, percent of the person's size. across, down:
    -100 to 100, by how many percent of the picture's width and height they are moved. shadow: 0 to 100, how dark it
    is. whom: "everybody", "main" (the main person) or "this" (the one at `point`, x and y in parts of the picture).
    mask: white is kept, black goes; then no network is asked.
    """
    options: dict[str, Any] = {
        "background": background,
        "colour": colour,
        "colour_from": colour_from,
        "colour_to": colour_to,
    }
    options |= {"direction": direction, "blur": blur, "background_image": background_image, "mask": mask}
    options |= {"scale": scale, "across": across, "down": down, "shadow": shadow}
    options |= {"whom": whom, "point": join_numbers(point)}
    return run_tool("background", picture, options | {"network": network}, max_megapixels, report)


def idphoto(
    picture: Source,
    *,
    size: str = "cn1",
    background: str = "asked",
    colour: str = "#ffffff",
    frame: tuple[float, ...] | None = None,
    sheet: str = "none",
    dpi: str = "300",
    kilobytes: int = 0,
    whom: str = "everybody",
    point: tuple[float, float] | None = None,
    mask: Source | None = None,
    network: str = "background",
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Make a passport, visa or ID photo of exact size; a `sheet` to print is among the result's files.

    size: a key of docs/id-photo-sizes.md. background: "asked" (what the office asks for), "keep", "white", "lightgrey",
    "blue", "red", "custom" (`colour`). frame: left, top, width and height in parts of the picture, perhaps the degrees
    by which it is turned clockwise, else the head is found. sheet: "none", "5inch", "6inch", "a4". dpi: "300", "350",
    "600". kilobytes: the most that a further file may have; 0 makes none. whom, point: as in
    `background`.
    """
    options: dict[str, Any] = {"size": size, "background": background, "colour": colour, "sheet": sheet, "dpi": dpi}
    options |= {"kilobytes": kilobytes, "mask": mask, "network": network}
    options |= {"frame": join_numbers(frame), "whom": whom, "point": join_numbers(point)}
    return run_tool("idphoto", picture, options, max_megapixels, report)


def inpaint(
    picture: Source,
    *,
    what: str = "painted",
    point: tuple[float, float] | None = None,
    mask: Source | None = None,
    marks: str = "usual",
    find_only: bool = False,
    damage_mask: Source | None = None,
    shadow: bool = False,
    found_mask: Source | None = None,
    grow: float = 0,
    engine: str = "automatic",
    answers: int = 1,
    answer: int = 1,
    invert: bool = False,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Take something out and fill the place: what the `mask` covers in white, the thing on which it is a scribble
    (`what="thing"`), with its `shadow`, everybody (`what="person"`), the person at `point`, x and y in parts of the
    picture (`what="this"`), or scratches and other damage (`what="damage"`).

    marks: "sure" takes only what is surely damage, "clear" less than usual, "faint" more. find_only: return the mask of
    the damage, or of the thing, and no picture. damage_mask, found_mask: white is filled; nothing is searched for.
    grow: 0 to 100 pixels more. engine: "automatic", "patch", "dfnet", "dcgan", "pluralistic", "neural".
    answers: how many pictures to pick from, 1 to 4; answer: the number of the first. invert: fill everything but the
    mask.
    """
    options = {"what": what, "mask": mask, "grow": grow, "engine": engine, "answers": answers, "answer": answer}
    options |= {"invert": invert, "point": join_numbers(point), "shadow": shadow, "found_mask": found_mask}
    options |= {"marks": marks, "find_only": find_only, "damage_mask": damage_mask}
    return run_tool("inpaint", picture, options, max_megapixels, report)


def adjust(
    picture: Source,
    *,
    transform: str = "none",
    straighten: float = 0.0,
    crop: tuple[float, float, float, float] | None = None,
    brightness: float = 1.0,
    contrast: float = 1.0,
    temperature: float = 0.0,
    tint: float = 0.0,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Turn, straighten, crop and change the colours. No network is asked.

    transform: "90", "180" or "270" degrees clockwise, "mirror_horizontal" or "mirror_vertical". straighten: -20 to 20
    degrees clockwise; emptied corners are cut off. crop: left, top, width and height in parts of the picture that this
    makes. brightness: 0.2 to 100 times. contrast: 0.2 to 3 times. temperature (above 0 is warmer) and tint (above 0 is
    more magenta): -100 to 100.
    """
    options: dict[str, Any] = {"transform": transform, "straighten": straighten, "brightness": brightness}
    options |= {"contrast": contrast, "temperature": temperature, "tint": tint}
    options["crop"] = join_numbers(crop)
    return run_tool("adjust", picture, options, max_megapixels, report)


def onlyhere(
    picture: Source,
    *,
    edited: Source | None = None,
    mask: Source | None = None,
    feather: float = 1.0,
    elsewhere: Source | None = None,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Take a result only where a `mask` is white; elsewhere the photo stays, bit for bit. No network is asked.

    edited: the result that counts there, of the photo's size. feather: 0 to 10 hundredths of the longer side, within
    which it fades in. elsewhere: another version that stays in place of the photo.
    """
    options = {"edited": edited, "mask": mask, "feather": feather, "elsewhere": elsewhere}
    return run_tool("onlyhere", picture, options, max_megapixels, report)
