"""The pictures the background network learns from: people with masks, people-free places, and both composed.

Everything is decoded once and stored as uint8; what varies from step to step is drawn here.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import cv2
import numpy as np

from training.common.archives import Member, list_members, read_grey, read_rgb, read_rgba, split_held_back
from training.common.degradation import compress_jpeg

MAX_SIDE = 352
PEOPLE_FREE = Path(__file__).with_name("people_free.txt")  # photographs checked one by one
UNLABELLED = Path(__file__).with_name("unlabelled.txt")  # whose predicted masks were checked and are right
KINDS = ("portrait", "street", "composed", "empty")
SHARES = (0.44, 0.18, 0.26, 0.12)

AMONG_OTHERS = 0.35  # of the composed examples: set into a picture that has people of its own
IN_FRONT = {"portrait": 0.02, "street": 0.02, "composed": 0.1}  # of the examples: something before the people

Item = TypeVar("Item")
Example = tuple[np.ndarray, np.ndarray]  # rgb uint8 (H, W, 3), mask uint8 (H, W): 255 where a person is


class Collection(NamedTuple):
    portraits: list[Example]
    streets: list[Example]
    cutouts: list[Example]
    places: list[np.ndarray]  # rgb uint8, nobody in them
    unlabelled: list[np.ndarray]  # rgb uint8, portraits that have no masks


def load_collection(data: Path, validation: bool = False) -> Collection:
    """Decode the training part of the archives in `data`, or the held-back part with `validation`."""

    def choose(archive: str, prefix: str) -> list[Member]:
        return split_held_back(list_members(data, archive, prefix))[validation]

    free, checked = (set(listed.read_text().split()) for listed in (PEOPLE_FREE, UNLABELLED))
    photos = [
        photo for number in range(3) for photo in choose(f"photos-{number}.zip", "photos/") if photo.stem[-4:] in free
    ]
    scenes = [scene for scene in choose("scenes.zip", "scenes/") if "street" not in scene.name]  # passers-by
    places = [
        *choose("people-street.zip", "backgrounds/"),
        *photos,
        *scenes[::4],
        *choose("scenes.zip", "landscapes/")[::3],
    ]
    return Collection(
        portraits=load_masked_pairs(choose("people-portraits.zip", "portraits/")),
        streets=load_masked_pairs(choose("people-street.zip", "street/")),
        cutouts=[split_alpha(shrink(read_rgba(member))) for member in choose("people-street.zip", "cutouts/")],
        places=[shrink(read_rgb(member)) for member in places],
        unlabelled=[]
        if validation
        else [
            shrink(read_rgb(member))
            for member in choose("people-unlabelled.zip", "unlabelled/")
            if member.stem[-4:] in checked
        ],
    )


def load_masked_pairs(listed: list[Member]) -> list[Example]:
    masks = {member.stem: member for member in listed if ".mask." in member.name}
    return [
        (shrink(read_rgb(member)), shrink(read_grey(masks[member.stem])))
        for member in listed
        if ".mask." not in member.name and member.stem in masks
    ]


def split_alpha(rgba: np.ndarray) -> Example:
    return np.ascontiguousarray(rgba[..., :3]), np.ascontiguousarray(rgba[..., 3])


def shrink(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    scale = MAX_SIDE / max(height, width)
    if scale >= 1:
        return pixels
    return cv2.resize(pixels, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)


def draw_example(pictures: Collection, side: int, rng: np.random.Generator) -> Example:
    """Draw one augmented example: rgb uint8 (side, side, 3) and mask uint8 (side, side)."""
    kind = rng.choice(KINDS, p=SHARES)
    if kind == "empty":
        rgb, _ = crop_random(pick(pictures.places, rng), None, side, rng)
        mask = np.zeros((side, side), np.uint8)
    elif kind == "composed":
        rgb, mask = compose_people(pictures, side, rng)
    else:
        source = pictures.portraits if kind == "portrait" else pictures.streets
        rgb, mask = crop_random(*pick(source, rng), side, rng)
    if mask.any() and rng.random() < IN_FRONT[kind]:
        rgb, mask = occlude(rgb, mask, pick(pictures.places, rng), rng)
    rgb, mask = rotate(rgb, mask, rng)
    return simulate_camera(rgb, rng), mask


def pick(items: Sequence[Item], rng: np.random.Generator) -> Item:
    return items[int(rng.integers(len(items)))]


def crop_random(rgb: np.ndarray, mask: np.ndarray | None, side: int, rng: np.random.Generator):
    """A random box of the picture, its proportions free, often the whole; mirrored half of the time."""
    height, width = rgb.shape[:2]
    if rng.random() < 0.7:
        box_height = round(height * rng.uniform(0.45, 1))
        box_width = round(width * rng.uniform(0.6, 1))
        top, left = rng.integers(height - box_height + 1), rng.integers(width - box_width + 1)
        box = np.s_[top : top + box_height, left : left + box_width]
        rgb, mask = rgb[box], None if mask is None else mask[box]
    if rng.random() < 0.5:
        rgb, mask = rgb[:, ::-1], None if mask is None else mask[:, ::-1]
    return resize_to(rgb, side, side), None if mask is None else resize_to(mask, side, side)


def resize_to(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    shrinks = pixels.shape[0] >= height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(pixels), (width, height), interpolation=method)


def compose_people(pictures: Collection, side: int, rng: np.random.Generator) -> Example:
    """One or two people, cut from their own picture, set where they have never been: a place or others' company.

    The rooms that portraits are taken in are among no people-free places: copy-paste, Ghiasi et al. 2021.
    """
    place, there = draw_surroundings(pictures, side, rng)
    canvas, covered = place.astype(np.float32), there.astype(np.float32) / 255
    for _ in range(1 + (rng.random() < 0.25)):
        source = (pictures.cutouts, pictures.portraits, pictures.streets)[rng.choice(3, p=(0.3, 0.45, 0.25))]
        rgb, mask = place_person(*pick(source, rng), side, rng)
        rgb = change_tone(rgb, rng)
        alpha = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), rng.uniform(0.3, 0.9))
        alpha = np.clip(alpha * 1.6 - 0.6, 0, 1)  # the old background's rim stays outside
        canvas += alpha[..., None] * (rgb - canvas)
        covered = np.maximum(covered, alpha)
    return canvas.round().astype(np.uint8), (covered * 255).round().astype(np.uint8)


def draw_surroundings(pictures: Collection, side: int, rng: np.random.Generator) -> Example:
    """What people are set into, and the mask of those who are there already."""
    if rng.random() < AMONG_OTHERS:
        return crop_random(*pick(pictures.portraits if rng.random() < 0.7 else pictures.streets, rng), side, rng)
    place, _ = crop_random(pick(pictures.places, rng), None, side, rng)
    if rng.random() < 0.4:  # a shallow depth of field
        place = cv2.GaussianBlur(place, (0, 0), rng.uniform(0.5, side / 40))
    return place, np.zeros((side, side), np.uint8)


def occlude(rgb: np.ndarray, mask: np.ndarray, place: np.ndarray, rng: np.random.Generator) -> Example:
    """Something in front of the people, as a table is: below a slanted edge a small part of `place`, much enlarged."""
    side, (height, width) = rgb.shape[0], place.shape[:2]
    part = rng.uniform(0.08, 0.4)
    top, left = (round(rng.uniform(0, 1 - part) * size) for size in (height, width))
    surface = resize_to(
        place[top : top + max(2, round(part * height)), left : left + max(2, round(part * width))], side, side
    )
    y, x = np.mgrid[:side, :side].astype(np.float32) / side
    edge = rng.uniform(0.55, 0.95) + rng.uniform(-0.3, 0.3) * (x - 0.5)
    share = np.clip((y - edge) * side + 0.5, 0, 1)
    rgb = rgb + share[..., None] * (surface.astype(np.float32) - rgb)
    return rgb.round().astype(np.uint8), (mask * (1 - share)).round().astype(np.uint8)


def place_person(rgb: np.ndarray, mask: np.ndarray, side: int, rng: np.random.Generator) -> Example:
    """A person at a random size and place in a frame, possibly leaving the frame at its edges."""
    height, width = rgb.shape[:2]
    scale = side * rng.uniform(0.25, 1.25) / max(height, width)
    shrunk_rgb = resize_to(rgb, max(2, round(height * scale)), max(2, round(width * scale)))
    shrunk_mask = resize_to(mask, *shrunk_rgb.shape[:2])
    if rng.random() < 0.5:
        shrunk_rgb, shrunk_mask = shrunk_rgb[:, ::-1], shrunk_mask[:, ::-1]
    height, width = shrunk_rgb.shape[:2]
    # A picture whose person is cut by its lower edge must stand on the frame's lower edge.
    top = side - height if mask[-1].max() > 127 or height > side else rng.integers(0, side - height + 1)
    left = rng.integers(-width // 3, side - width + width // 3 + 1) if width <= side else (side - width) // 2
    move = np.array([[1, 0, left], [0, 1, top]], np.float32)
    return (
        cv2.warpAffine(np.ascontiguousarray(shrunk_rgb), move, (side, side)),
        cv2.warpAffine(np.ascontiguousarray(shrunk_mask), move, (side, side)),
    )


def rotate(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> Example:
    if rng.random() > 0.25:
        return rgb, mask
    side = rgb.shape[0]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), rng.uniform(-14, 14), 1)
    return (
        cv2.warpAffine(rgb, turn, (side, side), borderMode=cv2.BORDER_REFLECT),
        cv2.warpAffine(mask, turn, (side, side), borderMode=cv2.BORDER_REFLECT),
    )


def change_tone(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another light: exposure, contrast, white balance and saturation; float32 in [0, 255]."""
    pixels = rgb.astype(np.float32)
    grey = pixels.mean(axis=2, keepdims=True)
    pixels = grey + (pixels - grey) * rng.uniform(0.5, 1.4)
    pixels = pixels * rng.uniform(0.88, 1.12, 3).astype(np.float32) * rng.uniform(0.75, 1.25)
    pixels = 128 + (pixels - 128) * rng.uniform(0.75, 1.25)
    return np.clip(pixels, 0, 255)


def simulate_camera(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What cameras and websites do to a picture: tone, low light, grey film, blur, noise, compression.

    A third stays as it is and a third gets another light only: with all of them hurt, a small network learns less.
    """
    harm = rng.random()
    if harm < 0.67:
        return rgb if harm < 0.33 else np.rint(change_tone(rgb, rng)).astype(np.uint8)
    pixels = change_tone(rgb, rng) if rng.random() < 0.8 else rgb.astype(np.float32)
    if rng.random() < 0.12:
        pixels = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2)
    if rng.random() < 0.12:
        pixels = 255 * (pixels / 255) ** rng.uniform(1.5, 2.6) * rng.uniform(0.4, 0.9)
    if rng.random() < 0.2:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, rgb.shape[0] / 100))
    if rng.random() < 0.3:
        pixels = pixels + rng.normal(0, rng.uniform(2, 14), pixels.shape)
    pixels = np.clip(pixels, 0, 255).round().astype(np.uint8)
    return compress_jpeg(pixels, int(rng.integers(25, 90))) if rng.random() < 0.4 else pixels
