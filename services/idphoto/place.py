"""Where in a photo an ID photo is cut: the face is found, the photo turned upright, the head placed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np

from errors import N_
from imaging.idphoto import faces as search
from imaging.idphoto import framing, heads
from imaging.idphoto.faces import Face
from imaging.idphoto.framing import Box
from imaging.idphoto.heads import Head
from networks.face_landmarker import FaceLandmarker
from services import inference, runtime
from services.base import CACHE, InvalidOption, Picture, Report
from services.cutout.outline import Outline, find_outline
from services.idphoto import FACES
from services.idphoto.sizes import Size

CACHED_FACES = "faces"
TILTS = 1.0, 15.0  # degrees: less is not worth a resampling, more is no slip of the camera
MAX_TURNED_SIDE = 30_000  # pixels, of what turns pictures
MIN_OTHER = 0.4  # of the face's side: a smaller face is a poster or a passer-by
MIN_IN_VIEW = 0.25  # of a face's square: as much of another one in the box is seen as one
BODY = 1.0  # of the face's side: so far to either side of a face's middle are hair and shoulders
EYES = 0.5, 0.7  # of the photo's height above its lower edge, as ISO/IEC 19794-5 has it
EYES_MM = {"us": (28, 35)}  # where the source of the size says it


@dataclass(frozen=True)
class Scene:
    """A photo turned by `quarters` counter-clockwise so that its faces stand upright, and the options that go with it.

    faces: those found in it, the largest first. cache: what tells a later run of them.
    """

    picture: Picture
    options: Mapping[str, Any]
    faces: list[Face] = field(default_factory=list)
    quarters: int = 0
    cache: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Placed:
    """What is cut: the photo, perhaps turned a little, the person's alpha or None, and the box.

    face: the one that counts, None where none was found. head: where it is, None with a drawn frame and without a face.
    sure: whether the head's place comes from a face and an outline that fit together. others: further faces in the box.
    tilt, move: by how many degrees the photo was turned, counter-clockwise, and how its places moved, (2, 3) or None.
    may_have_others: whether there may be somebody else, as a face that is not clear or a head that the box cuts off.
    """

    picture: Picture
    alpha: np.ndarray | None
    box: Box
    face: Face | None = None
    head: Head | None = None
    sure: bool = False
    others: int = 0
    may_have_others: bool = False
    tilt: float = 0.0
    move: np.ndarray | None = None

    def describe_frame(self) -> str:
        """Return where the photo is cut as a value of the option `frame`: on the photo before it was turned."""
        box, height, width = self.box, self.picture.height, self.picture.width
        middle = box.left + box.width / 2, box.top + box.height / 2
        across, down = middle if self.move is None else framing.undo_rotation(self.move, middle)
        left, top = (across - box.width / 2) / width, (down - box.height / 2) / height
        parts = [f"{part:.4f}" for part in (left, top, box.width / width, box.height / height)]
        return ",".join([*parts, f"{self.tilt:.2f}"] if self.tilt else parts)


def look_for_faces(picture: Picture, options: Mapping[str, Any]) -> Scene:
    """Return the scene with its faces; where no frame was drawn, a sideways photo is turned with its mask.

    Faces that an earlier run cached count where the same weights found them.
    """
    data, made = options.get(CACHE, {}).get(CACHED_FACES), runtime.fingerprint_weights(FACES)
    cached = search.unpack(data, made) if data else None
    if cached:
        runtime.note_cached_use(FACES)
    faces, quarters = cached or _find_faces(picture)
    cache = {CACHED_FACES: search.pack(faces, quarters, made)}
    if not quarters:
        return Scene(picture, options, faces, cache=cache)
    if options["frame"]:  # the person saw the photo as it is
        return Scene(picture, options, cache=cache)
    mask = options["mask"]
    if mask is not None:
        mask = mask.with_pixels(_rotate(mask.pixels, quarters))
    # What was cached may be of the photo as it was.
    options = {**options, "mask": mask, "point": _rotate_point(options["point"], quarters), CACHE: {}}
    return Scene(picture.with_pixels(_rotate(picture.pixels, quarters)), options, faces, quarters, cache)


def _find_faces(picture: Picture) -> tuple[list[Face], int]:
    return search.find_faces(_lay_on_white(picture), cast(FaceLandmarker, inference.networks.get(FACES).module))


def _rotate(pixels: np.ndarray, quarters: int) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(pixels, quarters))


def _rotate_point(point: tuple[float, float] | None, quarters: int) -> tuple[float, float] | None:
    """Return where a point, in parts of the width and height, lies in a photo turned counter-clockwise."""
    if point is None:
        return None
    x, y = point
    for _ in range(quarters):
        x, y = y, 1 - x
    return x, y


def _lay_on_white(picture: Picture) -> np.ndarray:
    """Return the colours with white under what is transparent: hidden colours must not look like a face."""
    own = picture.alpha
    if own is None:
        return picture.rgb
    share = own[:, :, None] / np.float32(255)
    return np.rint(picture.rgb * share + 255 * (1 - share)).astype(np.uint8)


def find_person(scene: Scene, report: Report) -> Outline | None:
    """Return the person's outline, or None; what was found in a turned photo is cached for no later run."""
    found = find_outline(scene.picture, scene.options, report)
    return replace(found, cache={}) if found and scene.quarters else found


def place(scene: Scene, alpha: np.ndarray | None, wanted: Size, may_reach_out: bool) -> Placed | str:
    """Return what is cut: a drawn frame, the head of a face set upright, or the head of the outline alone.

    alpha: uint8 (H, W), the person, or None. With `may_reach_out` the box may leave the photo.
    Where nothing can be cut, the verdict that says why is returned.
    """
    picture = scene.picture
    if scene.options["frame"]:
        return _place_in_frame(scene, alpha, wanted)
    asked = framing.Wanted(wanted.width, wanted.height, wanted.head, wanted.top, compute_eyes_bounds(wanted))
    known = alpha if alpha is not None else np.zeros((picture.height, picture.width), np.uint8)
    faces = _sort_heads_first(scene.faces, alpha)
    head: Head | None
    if faces:
        placed = _straighten(picture, alpha, faces, asked, may_reach_out)
        if placed:
            return placed
        head, sure = heads.estimate_head(alpha, faces[0].points)
    else:
        head, sure = heads.find_head(known), False
    if head is None:
        return "no_head_found"
    box = framing.place_around(head, asked, known, may_reach_out)
    if box is None:
        return "too_tight"
    placed = Placed(picture, alpha, box, head=head, sure=sure)
    return _attach_face(placed, faces)


def _place_in_frame(scene: Scene, alpha: np.ndarray | None, wanted: Size) -> Placed:
    """Return the placing that was drawn; where the frame is tilted, the photo is turned until it is upright."""
    picture, faces = scene.picture, _sort_heads_first(scene.faces, alpha)
    left, top, width, height, *tilts = scene.options["frame"]
    aspect = wanted.width / wanted.height
    box = framing.fit_inside((left, top, width, height), aspect, picture.height, picture.width)
    if not tilts:
        return _attach_face(Placed(picture, alpha, box), _put_drawn_first(faces, box))
    if max(picture.height, picture.width) > MAX_TURNED_SIDE:
        raise InvalidOption("frame", N_("This photo is too large to be turned."))
    move = framing.compute_rotation(np.array([box.left + box.width / 2, box.top + box.height / 2]), tilts[0])
    turned = picture.with_pixels(framing.rotate(picture.pixels, move))
    placed = Placed(turned, None if alpha is None else framing.rotate(alpha, move), box, tilt=tilts[0], move=move)
    return _attach_face(placed, _put_drawn_first([face.transform(move) for face in faces], box))


def compute_eyes_bounds(wanted: Size) -> tuple[float, float]:
    """Return how high above the lower edge the eyes have to be at least and at most, in mm."""
    return EYES_MM.get(wanted.key) or (EYES[0] * wanted.height, EYES[1] * wanted.height)


def _sort_heads_first(faces: list[Face], alpha: np.ndarray | None) -> list[Face]:
    """Return the faces that the outline allows to be heads, those first over which it ends as over a head."""
    if alpha is None:
        return sorted(faces, key=lambda face: -face.rank)
    faces = [face for face in faces if heads.is_head_like(heads.measure_crown(alpha, face.points))]
    return sorted(faces, key=lambda face: (not heads.estimate_head(alpha, face.points)[1], -face.rank))


def _put_drawn_first(faces: list[Face], drawn: Box) -> list[Face]:
    """Return the faces, that one first whose middle lies in a drawn box; none where there is no such face."""
    first = next((face for face in faces if _is_within(face, drawn)), None)
    return [first, *(face for face in faces if face is not first)] if first else []


def _straighten(
    picture: Picture, alpha: np.ndarray | None, faces: list[Face], asked: framing.Wanted, may_reach_out: bool
) -> Placed | None:
    """Return the placing in the photo turned until the face is upright; None where that is needless or shows edges."""
    pose = faces[0].pose
    if not TILTS[0] <= abs(pose.tilt) <= TILTS[1] or max(picture.height, picture.width) > MAX_TURNED_SIDE:
        return None
    move = framing.compute_rotation(pose.centre, pose.tilt)
    known = alpha if alpha is not None else np.zeros((picture.height, picture.width), np.uint8)
    faces = [face.transform(move) for face in faces]
    turned = framing.rotate(known, move)
    head, sure = heads.estimate_head(None if alpha is None else turned, faces[0].points)
    box = framing.place_around(head, asked, turned, may_reach_out)
    if box is None or not framing.is_filled(box, move, known, may_reach_out):
        return None
    picture = picture.with_pixels(framing.rotate(picture.pixels, move))
    known_alpha = None if alpha is None else turned
    placed = Placed(picture, known_alpha, box, head=head, sure=sure, tilt=pose.tilt, move=move)
    return _attach_face(placed, faces)


def _attach_face(placed: Placed, faces: list[Face]) -> Placed:
    """Return the placing with the face that counts, the first, and with what is in the box of others."""
    if not faces:
        return placed
    face, box = faces[0], placed.box
    head, sure = (placed.head, placed.sure) if placed.head else heads.estimate_head(placed.alpha, face.points)
    clear, possible = _count_others(placed, faces)
    beside = placed.alpha is not None and heads.has_another_beside(
        placed.alpha, face.points, box.left, box.left + box.width
    )
    may_have_others = beside or possible > 0
    sure = sure and face.is_sure
    return replace(placed, face=face, head=head, sure=sure, others=clear, may_have_others=may_have_others)


def _count_others(placed: Placed, faces: list[Face]) -> tuple[int, int]:
    """Return how many faces beside the first are in the photo for sure, and how many may be, in part."""
    sure = possible = 0
    for other in faces[1:]:
        if other.pose.side <= MIN_OTHER * faces[0].pose.side or not _reaches_in(other, placed.box):
            continue
        # Over a small person's head the outline may go on, up to the head of whoever stands behind.
        has_crown = heads.estimate_head(placed.alpha, other.points)[1]
        if has_crown and other.is_clear and _is_in_view(other, placed.box):
            sure += 1
        elif has_crown or (other.is_clear and placed.alpha is not None):
            possible += 1
    return sure, possible


def _is_within(face: Face, box: Box) -> bool:
    """Whether the middle of a face lies in the box."""
    low, size = np.array([box.left, box.top]), np.array([box.width, box.height])
    return bool(((face.pose.centre >= low) & (face.pose.centre < low + size)).all())


def _is_in_view(face: Face, box: Box) -> bool:
    """Whether enough of a face's square lies in the box."""
    low, high = face.pose.centre - face.pose.side / 2, face.pose.centre + face.pose.side / 2
    seen = np.minimum(high, [box.left + box.width, box.top + box.height]) - np.maximum(low, [box.left, box.top])
    return bool(np.prod(np.maximum(seen, 0)) >= MIN_IN_VIEW * face.pose.side**2)


def _reaches_in(face: Face, box: Box) -> bool:
    """Whether a face, or what is beside and below it of hair and shoulders, lies in the box."""
    (across, down), side = face.pose.centre, face.pose.side
    is_across = box.left - BODY * side < across < box.left + box.width + BODY * side
    return bool(is_across and down - side / 2 < box.top + box.height)


def find_verdict(placed: Placed) -> str:
    """Return the key that says what is wrong or unsure about the face and the head, "" for nothing."""
    if placed.others:
        return "several_faces"
    if placed.face is None:
        return "no_face_found"
    if placed.may_have_others:
        return "maybe_several_faces"
    return "" if placed.sure else "head_unsure"
