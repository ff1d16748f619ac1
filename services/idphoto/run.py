"""How ID photo cuts and sizes the photo, checks it, and makes its sheet."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from errors import N_
from imaging.idphoto import framing, sheets
from imaging.idphoto.sheets import mm_to_pixels
from imaging.io.files import encode
from imaging.io.modes import to_srgb
from imaging.io.provenance import ALGORITHMICALLY_ENHANCED, COMPOSITE_SYNTHETIC
from imaging.matting import backgrounds, matte
from services.base import CACHED_FRAME, NOT_MET, Check, File, Picture, Report, Result
from services.cutout import DOUBTS
from services.cutout.outline import find_transparent
from services.idphoto import checks as checklist
from services.idphoto import place
from services.idphoto.sizes import Size, find_size

COLOURS = {"white": "#ffffff", "lightgrey": "#e6e6e6", "blue": "#438edb", "red": "#ff0000"}
KILOBYTE = 1000  # of the two meanings the stricter one
MAX_QUALITY, MIN_QUALITY = 95, 30  # of JPEG, where a number of kilobytes must be kept to
ENLARGED = 1.1  # how much bigger than in the photo a pixel may get before it is worth a word


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Cut and size the photo; with a background, the person is cut out first.

    The head is found from the face and the person's outline, unless a frame is given: then, with "crop and size only",
    no network runs at all, and nothing is checked. The picture has exactly the pixels of the size in millimetres at
    the chosen dpi.
    """
    wanted, dpi = find_size(options["size"]), int(options["dpi"])
    colour = _choose_colour(wanted, options)
    scene, found = place.Scene(picture, options), None
    looked = bool(colour) or not options["frame"]
    if looked:
        report(0.0, N_("Looking for faces"))
        scene = place.look_for_faces(picture, options)
        found = place.find_person(scene, report)
        if found is None and (colour or not scene.faces):
            return Result(None, verdict="no_person_found", cache=scene.cache)
    report(0.5, N_("Placing the head"))
    cache, alpha = {**scene.cache, **(found.cache if found else {})}, found.alpha if found else None
    mask = None if alpha is None else np.rot90(alpha, -scene.quarters)  # of the photo as it was uploaded
    placed = place.place(scene, alpha, wanted, may_reach_out=bool(colour))
    if isinstance(placed, str):
        return Result(None, verdict=placed, cache=cache)
    if not scene.quarters:
        cache[CACHED_FRAME] = placed.describe_frame().encode()
    shape = mm_to_pixels(wanted.height, dpi), mm_to_pixels(wanted.width, dpi)
    if colour and (placed.alpha is None or not framing.shows(placed.alpha, placed.box)):
        return Result(None, verdict="frame_empty", cache=cache)
    photo = _cut(placed, shape, colour)
    checks = checklist.check(placed, wanted, photo, bool(colour)) if looked else ()
    report(0.8, N_("Making the files"))
    result = picture.with_pixels(photo).with_dpi((float(dpi), float(dpi)))
    files, too_many = _make_files(result, options, dpi)
    report(1.0, N_("Done"))
    replaced = bool(colour) or _is_cut_out(picture)  # paper shows through a cut-out
    unsure = found.verdict if found and colour else ""
    enlarged = shape[1] > ENLARGED * placed.box.width
    verdict = _find_verdict(too_many, wanted.as_taken and replaced, unsure, enlarged)
    verdict = _choose_verdict(verdict, place.find_verdict(placed) if looked else "", checks)
    return Result(result, mask, verdict, (), cache, files, checks, *_find_sources(scene, placed, shape, colour))


def _is_cut_out(picture: Picture) -> bool:
    return picture.alpha is not None and bool(picture.alpha.min() < 255)


def _choose_colour(wanted: Size, options: Mapping[str, Any]) -> str | None:
    """Return the colour of the new background; None for the photo's own."""
    match options["background"]:
        case "keep":
            return None
        case "asked":
            return None if wanted.as_taken else wanted.colour
        case "custom":
            chosen: str = options["colour"]
            return chosen
        case name:
            return COLOURS[name]


def _cut(placed: place.Placed, shape: tuple[int, int], colour: str | None) -> np.ndarray:
    picture, box = placed.picture, placed.box
    if colour and placed.alpha is not None:
        pure, backdrop = find_transparent(picture), backgrounds.fill_solid(colour, picture)
        return framing.cut_out(picture.rgb, placed.alpha, box, shape, backdrop, pure)
    rgb = picture.rgb
    if (own := picture.alpha) is not None:  # paper shows through
        rgb = matte.composite(rgb, own, backgrounds.fill_solid("#ffffff", picture))
    return framing.cut(rgb, box, shape)


def _find_sources(
    scene: place.Scene, placed: place.Placed, shape: tuple[int, int], colour: str | None
) -> tuple[np.ndarray, np.ndarray | None, str]:
    """Return a result's `source`, `replaced` and `source_type`."""
    source, outside = framing.pick_nearest(scene.picture.pixels, placed.box, shape, placed.move)
    if colour is None or placed.alpha is None:
        return source, None, COMPOSITE_SYNTHETIC if _is_cut_out(scene.picture) else ALGORITHMICALLY_ENHANCED
    behind = framing.pick_nearest(placed.alpha, placed.box, shape)[0] == 0
    return source, outside | behind, COMPOSITE_SYNTHETIC


def _make_files(result: Picture, options: Mapping[str, Any], dpi: int) -> tuple[tuple[File, ...], bool]:
    """Return the sheet and the small file that were asked for, and whether the small one was impossible."""
    plain = _convert_to_srgb(result)
    files = []
    if options["sheet"] != "none":
        image, name = sheets.make_sheet(plain.pixels, options["sheet"], dpi), f"sheet-{options['sheet']}"
        files.append(File(f"{name}.pdf", N_("Sheet to print, PDF"), sheets.as_pdf(image, dpi)))
        files.append(File(f"{name}.jpg", N_("Sheet to print, JPEG"), sheets.as_jpeg(image, dpi)))
    if not options["kilobytes"]:
        return tuple(files), False
    data = _compress_to(plain, int(options["kilobytes"]) * KILOBYTE)
    if data is not None:
        files.append(File("photo.jpg", N_("Photo within the kilobytes, JPEG"), data))
    return tuple(files), data is None


def _convert_to_srgb(result: Picture) -> Picture:
    """Offices and printers take it for granted, and a profile can weigh more than a small photo."""
    image = to_srgb(Image.fromarray(np.ascontiguousarray(result.pixels)), result.icc)
    return Picture(np.asarray(image), dpi=result.dpi, format="jpeg")


def _compress_to(photo: Picture, most_bytes: int) -> bytes | None:
    """Return the best JPEG of at most so many bytes; None when even a poor one has more."""
    best, low, high = None, MIN_QUALITY, MAX_QUALITY
    while low <= high:
        quality = (low + high) // 2
        data = encode(photo, "jpeg", quality, metadata="strip")
        if len(data) <= most_bytes:
            best, low = data, quality + 1
        else:
            high = quality - 1
    return best


def _find_verdict(too_many_kilobytes: bool, refused: bool, unsure: str, enlarged: bool) -> str:
    """What matters most: what will be refused, what is missing, what looks worse."""
    if refused:
        return "altered_and_too_many_kilobytes" if too_many_kilobytes else "altered"
    return "too_many_kilobytes" if too_many_kilobytes else unsure or ("enlarged" if enlarged else "")


def _choose_verdict(verdict: str, of_place: str, checks: tuple[Check, ...]) -> str:
    """What an office refuses and what is missing counts first, then whether the head is right, then the rest."""
    if verdict not in ("", "enlarged", *DOUBTS):
        return verdict
    if of_place:
        return of_place
    failed = any(check.state == NOT_MET for check in checks)
    return "rules_not_met" if failed else verdict
