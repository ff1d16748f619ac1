"""The tools as Python functions. Their options are those of `services`; a test compares the two.

A picture goes in as the path or the bytes of a file, or as uint8 pixels (H, W, 3) RGB or (H, W, 4) RGBA. All functions
raise PictureError (it cannot be read), InvalidOption and ServiceError (it cannot be done); each has a stable `key` and
a `message` that a person understands. They may be called from several threads.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from imaging.io import files
from imaging.io.errors import PictureError
from imaging.io.files import Picture
from imaging.io.formats import DEFAULT_MAX_MEGAPIXELS
from imaging.io.outputs import OutputExists
from revive.result import Result
from services import get, runtime
from services.base import CACHE, MAX_MEGAPIXELS, UPLOADED, InvalidOption, ServiceError, ignore_progress
from services.running import run_service

__all__ = ["InvalidOption", "OutputExists", "PictureError", "Result", "ServiceError", "Source"]

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
    return _run("deblur", picture, options, max_megapixels, report)


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
    return _run("denoise", picture, {"strength": strength, "anyway": anyway}, max_megapixels, report)


def enlarge(
    picture: Source,
    *,
    factor: str = "2",
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Make a photo "2" or "4" times as wide and high. More than `max_megapixels` are refused, of the result too."""
    return _run("enlarge", picture, {"factor": factor}, max_megapixels, report)


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
    return _run("colorize", picture, options, max_megapixels, report)


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
    options |= {"whom": whom, "point": _join(point)}
    return _run("background", picture, options | {"network": network}, max_megapixels, report)


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
    options |= {"frame": _join(frame), "whom": whom, "point": _join(point)}
    return _run("idphoto", picture, options, max_megapixels, report)


def inpaint(
    picture: Source,
    *,
    what: str = "painted",
    point: tuple[float, float] | None = None,
    mask: Source | None = None,
    find_only: bool = False,
    damage_mask: Source | None = None,
    to_edges: bool = False,
    grow: float = 0,
    engine: str = "automatic",
    answers: int = 1,
    answer: int = 1,
    invert: bool = False,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Take something out and fill the place: what the `mask` covers in white, everybody (`what="person"`), the person
    at `point`, x and y in parts of the picture (`what="this"`), or scratches and other damage (`what="damage"`).

    find_only: return the mask of the damage and no picture. damage_mask: white is filled; nothing is searched for.
    to_edges: the mask is a scribble, and grows to the edges of the thing. grow: 0 to 100 pixels more. engine:
    "automatic", "patch", "dfnet", "dcgan", "pluralistic", "neural". answers: how many pictures to pick from, 1 to 4;
    answer: the number of the first. invert: fill everything but the mask.
    """
    options = {"what": what, "mask": mask, "grow": grow, "engine": engine, "answers": answers, "answer": answer}
    options |= {"invert": invert, "point": _join(point), "to_edges": to_edges}
    options |= {"find_only": find_only, "damage_mask": damage_mask}
    return _run("inpaint", picture, options, max_megapixels, report)


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
    tone_strength: float = 1.0,
    neutral: bool = False,
    noise_strength: float = 1.0,
    blur_strength: float = 1.0,
    colour_strength: float = 1.0,
    enlarge_factor: int = 2,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Do what an old print needs, step by step; each looks first, and `Result.steps` tell what it did, or why not.

    scan: the print is cut out of its background. damage: scratches are found and filled. tone: fading and yellowing,
    with tone_strength 0.05 to 1; neutral takes the sepia out. noise and blur: with strengths from 0.05 to 1. colour:
    guess colours for a black-and-white photo, with colour_strength 0.1 to 2 as their saturation. enlarge: by
    enlarge_factor, 2 or 4. A picture that no step changed has no result (verdict "nothing_to_restore").
    """
    options: dict[str, Any] = {"scan": scan, "damage": damage, "tone": tone, "noise": noise, "blur": blur}
    options |= {"colour": colour, "enlarge": enlarge, "tone_strength": tone_strength, "neutral": neutral}
    options |= {"noise_strength": noise_strength, "blur_strength": blur_strength, "colour_strength": colour_strength}
    options |= {"enlarge_factor": enlarge_factor}
    return _run("restore", picture, options, max_megapixels, report)


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
    return _run("tone", picture, options, max_megapixels, report)


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
    options["crop"] = _join(crop)
    return _run("adjust", picture, options, max_megapixels, report)


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
    return _run("onlyhere", picture, options, max_megapixels, report)


def scan(
    picture: Source,
    *,
    corners: tuple[float, ...] | None = None,
    prints: str = "all",
    rim: str = "keep",
    upright: str = "faces",
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    report: Report = ignore_progress,
) -> Result:
    """Cut out and straighten the prints on a scanned page or a table; the others are the result's `alternatives`.

    corners: eight numbers for each print, x and y in parts of the picture, clockwise from the upper left of the upright
    print; without them the prints are found. prints: "all" or "largest". rim: "keep" or "cut". upright: "faces" turns a
    print whose faces show which side is up, "keep" none. A photo that fills its frame has no result (verdict
    "no_print_found"), nor has one where it is not sure (verdict "print_unsure").
    """
    options = {"corners": _join(corners), "prints": prints, "rim": rim, "upright": upright}
    return _run("scan", picture, options, max_megapixels, report)


def _join(place: tuple[float, ...] | None) -> str | None:
    """Return a frame, a point or corners as the field of a form has them."""
    return ",".join(map(str, place)) if place else None


def _run(key: str, picture: Source, raw: dict[str, Any], max_megapixels: float, report: Report) -> Result:
    service = get(key)
    assert service is not None  # every function above names one of the tools
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
        _picture=made.picture,
        _made=made,
    )


def _read_picture(source: Source, max_megapixels: float) -> Picture:
    if not isinstance(source, np.ndarray):
        return files.decode(source, max_megapixels)
    if source.dtype != np.uint8 or source.ndim != 3 or source.shape[2] not in (3, 4) or not source.size:
        raise ValueError("pixels must be uint8 of shape (H, W, 3) RGB or (H, W, 4) RGBA")
    return Picture(source.copy())
