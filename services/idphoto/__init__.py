"""ID photo: the head placed as a document asks for, an exact size in millimetres, a sheet to print."""

from errors import N_
from services import cutout
from services.base import Choice, Option, Service, import_on_call
from services.idphoto.sizes import SIZES, Size

FACES = cutout.FACES
CHECKS = {
    "one_face": N_("One face in the photo"),
    "head_height": N_("Head, from chin to crown"),
    "eyes_height": N_("Eyes, above the lower edge"),
    "tilt": N_("Head upright"),
    "eyes": N_("Eyes open and clearly seen, no glare on glasses"),
    "mouth": N_("Mouth closed"),
    "light": N_("Even light on the face, no shadow"),
    "background": N_("Even background"),
}
VERDICTS = cutout.DOUBTS | {
    "several_faces": N_(
        "More than one face is in the photo, and an ID photo may show one only. The largest was taken. "
        "Please check the frame, or take another photo."
    ),
    "maybe_several_faces": N_(
        "Somebody else may be in the photo, beside or behind the head, and an ID photo may show one person only. "
        "Please check it, or draw the frame yourself."
    ),
    "no_face_found": N_(
        "No face was found for sure, so the head was placed by the outline alone. "
        "Please check the frame and the head's size, or draw the frame yourself."
    ),
    "head_unsure": N_(
        "It is not sure where the head begins and ends, perhaps because of a hat, hair, a hand or somebody behind it. "
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


def find_head_lines(row: Size) -> tuple[float, float]:
    """Return where crown and chin belong in a photo of this size, in parts of its height from above."""
    return row.top / row.height, (row.top + sum(row.head) / 2) / row.height


SERVICE = Service(
    key="idphoto",
    title=N_("ID photo"),
    summary=N_("Makes a passport, visa or ID photo of exact size, with a sheet to print."),
    run=import_on_call("services.idphoto.run", "run"),
    check=cutout.check_point,
    weights=(cutout.OWN, cutout.PEOPLE, FACES),
    verdicts=VERDICTS,
    touched_up=tuple(cutout.DOUBTS),
    checks=CHECKS,
    notice=N_("Rules for ID photos change. Please look at those of the office before you hand a photo in."),
    own_size=True,
    changes=N_(
        "The photo was cut and resized, so its pixels were computed from their neighbours. Where a background is new, "
        "nothing of the photo’s is left."
    ),
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
            head_lines={row.key: find_head_lines(row) for row in SIZES},
            may_tilt=True,
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
        cutout.WHOM,
        cutout.POINT,
        cutout.MASK,
        cutout.NETWORK,
    ),
)
