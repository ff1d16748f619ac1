"""ID photo: the head placed as a document asks for, an exact size in millimetres, a sheet to print."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from errors import N_
from imaging.idphoto.sheets import mm_to_pixels
from services import cutout, idchecks, idplace
from services.base import NOT_MET, Check, Choice, File, Option, Picture, Report, Result, Service
from services.idsizes import SIZES, Size, size

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
    from imaging.idphoto import framing

    wanted, dpi = size(options["size"]), int(options["dpi"])
    colour = _colour(wanted, options)
    scene, found = idplace.Scene(picture, options), None
    looked = bool(colour) or not options["frame"]
    if looked:
        report(0.0, N_("Looking for faces"))
        scene = idplace.look_for_faces(picture, options)
        found = idplace.find_person(scene, report)
        if found is None and (colour or not scene.faces):
            return Result(None, verdict="no_person_found", kept=scene.kept)
    report(0.5, N_("Placing the head"))
    kept, alpha = {**scene.kept, **(found.kept if found else {})}, found and found.alpha
    mask = None if alpha is None else np.rot90(alpha, -scene.quarters)  # of the photo as it was uploaded
    placed = idplace.place(scene, alpha, wanted, may_reach_out=bool(colour))
    if placed.box is None:
        return Result(None, verdict=placed.problem, kept=kept)
    shape = mm_to_pixels(wanted.height, dpi), mm_to_pixels(wanted.width, dpi)
    if colour and not framing.shows(placed.alpha, placed.box):
        return Result(None, verdict="frame_empty", kept=kept)
    photo = _cut(placed, shape, colour)
    checks = idchecks.check(placed, wanted, photo, bool(colour)) if looked else ()
    report(0.8, N_("Making the files"))
    result = picture.with_pixels(photo).with_dpi((float(dpi), float(dpi)))
    files, too_many = _files(result, options, dpi)
    report(1.0, N_("Done"))
    replaced = bool(colour) or picture.has_alpha and picture.alpha.min() < 255  # paper shows through a cut-out
    unsure = found.verdict if found and colour else ""
    enlarged = shape[1] > ENLARGED * placed.box.width
    verdict = _verdict(too_many, wanted.as_taken and replaced, unsure, enlarged)
    verdict = _first(verdict, idplace.verdict(placed) if looked else "", checks)
    return Result(result, mask=mask, verdict=verdict, kept=kept, files=files, checks=checks)


def _colour(wanted: Size, options: Mapping[str, Any]) -> str | None:
    """Return the colour of the new background; None for the photo's own."""
    match options["background"]:
        case "keep":
            return None
        case "asked":
            return None if wanted.as_taken else wanted.colour
        case "custom":
            return options["colour"]
        case name:
            return COLOURS[name]


def _cut(placed: idplace.Placed, shape: tuple[int, int], colour: str | None) -> np.ndarray:
    from imaging.idphoto import framing
    from imaging.matting import backgrounds, matte

    picture, box = placed.picture, placed.box
    if colour:
        pure, backdrop = cutout.transparent(picture), backgrounds.solid(colour, picture)
        return framing.cut_out(picture.rgb, placed.alpha, box, shape, backdrop, pure)
    rgb = picture.rgb
    if picture.has_alpha:  # paper shows through
        rgb = matte.composite(rgb, picture.alpha, backgrounds.solid("#ffffff", picture))
    return framing.cut(rgb, box, shape)


def _files(result: Picture, options: Mapping[str, Any], dpi: int) -> tuple[tuple[File, ...], bool]:
    """Return the sheet and the small file that were asked for, and whether the small one was impossible."""
    from imaging.idphoto import sheets

    plain = _as_srgb(result)
    files = []
    if options["sheet"] != "none":
        image, name = sheets.sheet(plain.pixels, options["sheet"], dpi), f"sheet-{options['sheet']}"
        files.append(File(f"{name}.pdf", N_("Sheet to print, PDF"), sheets.as_pdf(image, dpi)))
        files.append(File(f"{name}.jpg", N_("Sheet to print, JPEG"), sheets.as_jpeg(image, dpi)))
    if not options["kilobytes"]:
        return tuple(files), False
    data = _no_more_than(plain, int(options["kilobytes"]) * KILOBYTE)
    if data is not None:
        files.append(File("photo.jpg", N_("Photo within the kilobytes, JPEG"), data))
    return tuple(files), data is None


def _as_srgb(result: Picture) -> Picture:
    """Offices and printers take it for granted, and a profile can weigh more than a small photo."""
    from PIL import Image

    from imaging.io.modes import to_srgb

    image = to_srgb(Image.fromarray(np.ascontiguousarray(result.pixels)), result.icc)
    return Picture(np.asarray(image), dpi=result.dpi, format="jpeg")


def _no_more_than(photo: Picture, most_bytes: int) -> bytes | None:
    """Return the best JPEG of at most so many bytes; None when even a poor one has more."""
    from imaging.io.files import encode

    best, low, high = None, MIN_QUALITY, MAX_QUALITY
    while low <= high:
        quality = (low + high) // 2
        data = encode(photo, "jpeg", quality, metadata="strip")
        if len(data) <= most_bytes:
            best, low = data, quality + 1
        else:
            high = quality - 1
    return best


def _verdict(too_many_kilobytes: bool, refused: bool, unsure: str, enlarged: bool) -> str:
    """What matters most: what will be refused, what is missing, what looks worse."""
    if refused:
        return "altered_and_too_many_kilobytes" if too_many_kilobytes else "altered"
    return "too_many_kilobytes" if too_many_kilobytes else unsure or ("enlarged" if enlarged else "")


def _first(verdict: str, of_place: str, checks: tuple[Check, ...]) -> str:
    """What an office refuses and what is missing counts first, then whether the head is right, then the rest."""
    if verdict not in ("", "enlarged", cutout.PARTS_MISSING):
        return verdict
    if of_place:
        return of_place
    failed = any(check.state == NOT_MET for check in checks)
    return "rules_not_met" if failed else verdict


VERDICTS = cutout.DOUBTS | {
    "several_faces": N_(
        "More than one face is in the photo, and an ID photo may show one only. The largest was taken. "
        "Please check the frame, or take another photo."
    ),
    "no_face_found": N_(
        "No face was found for sure, so the head was placed by the outline alone. "
        "Please check the frame and the head's size, or draw the frame yourself."
    ),
    "head_unsure": N_(
        "It is not sure where the head begins and ends, perhaps because of a hat, hair or a hand. "
        "Please check the frame, or draw it yourself."
    ),
    "rules_not_met": N_("The photo does not fulfil everything that is asked for. Please look at the list."),
    "no_person_found": N_(
        "No person was found in this photo. Try one in which somebody is seen more clearly, "
        "or draw the frame yourself and choose “crop and size only”."
    ),
    "frame_empty": N_(
        "Nobody was found inside the frame that you drew. "
        "Please draw it around the head and shoulders, or choose “crop and size only”."
    ),
    "no_head_found": N_("No head was found in the person's outline. Please draw the frame yourself."),
    "too_tight": N_(
        "The head is too close to the edge of the photo for this size. "
        "Please take a photo with more room around it, or draw the frame yourself."
    ),
    "too_many_kilobytes": N_(
        "The photo cannot be as small a file as you asked for without spoiling it, so that file was left out."
    ),
    "altered": N_(
        "The office for this document refuses photos whose background was replaced. "
        "Please stand before a plain wall and choose “crop and size only”."
    ),
    "altered_and_too_many_kilobytes": N_(
        "The office for this document refuses photos whose background was replaced. Besides, the photo cannot be as "
        "small a file as you asked for without spoiling it, so that file was left out."
    ),
    "enlarged": N_("The photo has fewer pixels than this size needs. It was enlarged and may look soft."),
}

SERVICE = Service(
    key="idphoto",
    title=N_("ID photo"),
    summary=N_("Makes a passport, visa or ID photo of exact size, with a sheet to print."),
    run=run,
    weights=(cutout.OWN, idplace.FACES),
    verdicts=VERDICTS,
    touched_up=(cutout.PARTS_MISSING,),
    checks=idchecks.TITLES,
    notice=N_("Rules for ID photos change. Please look at those of the office before you hand a photo in."),
    own_size=True,
    options=(
        Option(
            name="size",
            kind="choice",
            title=N_("Photo size"),
            default="cn1",
            choices=tuple(Choice(row.key, row.label) for row in SIZES),
        ),
        Option(
            name="background",
            kind="choice",
            title=N_("Photo background"),
            default="asked",
            choices=(
                Choice("asked", N_("As the document asks for")),
                Choice("keep", N_("As it is: crop and size only")),
                Choice("white", N_("White")),
                Choice("lightgrey", N_("Light grey")),
                Choice("blue", N_("Blue")),
                Choice("red", N_("Red")),
                Choice("custom", N_("Another colour")),
            ),
            help=N_("Some offices refuse a replaced background: their photos are only cropped and sized."),
        ),
        Option(
            name="colour",
            kind="colour",
            title=N_("Colour"),
            default="#ffffff",
            shown_when=("background", "custom"),
        ),
        Option(
            name="frame",
            kind="frame",
            title=N_("Frame"),
            help=N_(
                "Without a frame the head is found and placed by itself; "
                "a sideways photo is turned where its face is clear."
            ),
            aspect_of=("size", {row.key: row.width / row.height for row in SIZES}),
        ),
        Option(
            name="sheet",
            kind="choice",
            title=N_("Sheet to print"),
            default="none",
            choices=(
                Choice("none", N_("None")),
                Choice("5inch", N_("5 inch, 89 × 127 mm")),
                Choice("6inch", N_("6 inch, 102 × 152 mm")),
                Choice("a4", N_("A4, 210 × 297 mm")),
            ),
        ),
        Option(
            name="dpi",
            kind="choice",
            title=N_("Dots per inch"),
            default="300",
            choices=(Choice("300", N_("300 dpi")), Choice("350", N_("350 dpi")), Choice("600", N_("600 dpi"))),
            advanced=True,
        ),
        Option(
            name="kilobytes",
            kind="number",
            title=N_("Also a file of at most so many kilobytes"),
            default=0,
            minimum=0,
            maximum=10_000,
            step=1,
            help=N_("0 makes none."),
            advanced=True,
        ),
        cutout.MASK,
        cutout.NETWORK,
    ),
)
