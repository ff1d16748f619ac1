"""Holes in faces: the square box of a face is found, completed at the size that a network knows, and blended in.

What a network of 64 pixels gives is enlarged to the face's own size: there is no more detail in it than that. What of
the hole lies in no face is left to other ways.
"""

from collections.abc import Callable, Iterator
from functools import partial

import cv2
import numpy as np
import torch
from torch import Tensor

from imaging.inpainting.laplace_fill import laplace_fill
from imaging.tensors import to_tensor
from networks.dcgan import DCGAN
from networks.face_finder import MIN_SCORE, FaceBox, FaceFinder, find_face
from networks.latent_search import STEPS, find_nearest, search
from networks.pluralistic import Pluralistic

POOL, RESTARTS = 128, 2  # codes drawn, and those of them that are searched from
SIDE = 64
WIDER = 2.5  # as the released network expects, completions are nearly one; so wide they differ and are still faces
LOOKED_AT = 384  # pixels: so large is what the finder sees
REACH = 8  # times the hole, to each side of its middle: a face is hardly larger
FINEST = 1024  # pixels of a face's side; a larger one is blended at this size
ROOM = 0.25  # of the face's side, around it: blending looks a little further

Report = Callable[[float], None]
# (1, 3, 64, 64) in [0, 1], known (1, 1, 64, 64), report -> (1, 3, 64, 64)
CompleteFace = Callable[[Tensor, Tensor, Report], Tensor]


def complete_faces(
    rgb: np.ndarray, hole: np.ndarray, finder: FaceFinder, complete: CompleteFace, report: Report = lambda share: None
) -> tuple[np.ndarray, np.ndarray]:
    """Return uint8 (H, W, 3) `rgb` with the `hole`, bool (H, W), completed where it lies in faces, and what is left.

    All other pixels are the same. Each piece of the hole that no face completed before is looked at by itself, the
    largest first. `report` gets the share done, in (0, 1].
    """
    result, left, whole = rgb.copy(), hole.copy(), hole.sum()
    for piece in cut_pieces(hole):
        piece = piece & left
        if not piece.any():
            continue
        box = find_face_around(rgb, hole, piece, finder)
        if box is None:
            continue
        done = 1 - left.sum() / whole
        share = (left & mark_inside(box, hole.shape)).sum() / whole
        _complete(result, left, box, complete, partial(_tell, report, done, share))
    return result, left


def _tell(report: Report, begin: float, length: float, share: float) -> None:
    report(begin + share * length)


def cut_pieces(hole: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the connected pieces of a hole, bool (H, W) each, the largest first."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(hole.astype(np.uint8))
    for number in sorted(range(1, count), key=lambda number: -stats[number, cv2.CC_STAT_AREA]):
        yield labels == number


def find_face_around(rgb: np.ndarray, hole: np.ndarray, piece: np.ndarray, finder: FaceFinder) -> FaceBox | None:
    """Return the box of the face in which a piece of the hole lies, in pixels of `rgb`; None where there is none."""
    rows, columns = (np.flatnonzero(piece.any(axis)) for axis in (1, 0))
    reach = REACH * max(rows[-1] - rows[0], columns[-1] - columns[0], 8)
    top, left = max(0, (rows[0] + rows[-1]) // 2 - reach), max(0, (columns[0] + columns[-1]) // 2 - reach)
    part = slice(top, top + 2 * reach), slice(left, left + 2 * reach)
    height, width = hole[part].shape
    scale = min(1.0, LOOKED_AT / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(rgb[part], size, interpolation=cv2.INTER_AREA)
    missing, here = (_reduce(plane[part], size) for plane in (hole, piece))
    if not here.any() or missing.all():
        return None
    device = next(finder.parameters()).device
    looked = (
        plane.to(device) for plane in (to_tensor(fill_smoothly(small, missing)), _to_plane(~missing), _to_plane(here))
    )
    box = find_face(finder, *looked)
    if box is None or box.score < MIN_SCORE:
        return None
    return FaceBox(top + box.top / scale, left + box.left / scale, box.side / scale, box.score)


def mark_inside(box: FaceBox, shape: tuple[int, int]) -> np.ndarray:
    """Return which pixels, bool (H, W), lie in a box."""
    rows, columns = (np.arange(length) + 0.5 for length in shape)
    down = (box.top <= rows) & (rows < box.top + box.side)
    return down[:, None] & ((box.left <= columns) & (columns < box.left + box.side))


def _complete(result: np.ndarray, left: np.ndarray, box: FaceBox, complete: CompleteFace, report: Report) -> None:
    """Complete in place what is left of the hole in a box, and take it off what is left."""
    here = left & mark_inside(box, left.shape)
    small, missing = (_cut(plane, box, 0.0, SIDE) for plane in (result, left.astype(np.float32)))
    missing = missing > 0.01
    face = complete(to_tensor(fill_smoothly(small, missing)), _to_plane(~missing), report)
    rows, columns = (np.flatnonzero(here.any(axis)) for axis in (1, 0))
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    filled = _blend_face(result, left, box, face)
    result[part][here[part]] = _cut_part(filled, box, part)[here[part]]
    left[here] = False


def _blend_face(rgb: np.ndarray, hole: np.ndarray, box: FaceBox, face: Tensor) -> np.ndarray:
    """Return the face with room around it, float32 (S, S, 3), fitted to the photo's colours along the hole's rim.

    Poisson blending (Perez, Gangnet, Blake, "Poisson Image Editing", SIGGRAPH 2003): slopes are the face's, values at
    the rim the photo's; what is added to the face is then as smooth as a soap film.
    """
    side = max(8, min(FINEST, round(box.side * (1 + 2 * ROOM))))
    photo, missing = (_cut(plane, box, ROOM, side) for plane in (rgb, hole.astype(np.float32)))
    known = (missing < 0.01).astype(np.float32)
    pixels = face[0].permute(1, 2, 0).float().cpu().numpy() * 255
    border = round(SIDE * ROOM)
    pixels = cv2.copyMakeBorder(pixels, border, border, border, border, cv2.BORDER_REPLICATE)
    enlarged = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_CUBIC if side > SIDE else cv2.INTER_AREA)
    fitted: np.ndarray = enlarged + laplace_fill((photo.astype(np.float32) - enlarged) * known[:, :, None], known)
    return fitted


def _cut_part(filled: np.ndarray, box: FaceBox, part: tuple[slice, slice]) -> np.ndarray:
    """Return the pixels of a part of the photo out of the box with room, uint8."""
    scale = len(filled) / (box.side * (1 + 2 * ROOM))
    top, left = box.top - ROOM * box.side, box.left - ROOM * box.side
    matrix = np.array(
        [[scale, 0, (part[1].start + 0.5 - left) * scale - 0.5], [0, scale, (part[0].start + 0.5 - top) * scale - 0.5]],
        np.float32,
    )
    size = part[1].stop - part[1].start, part[0].stop - part[0].start
    way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(filled, matrix, size, flags=way, borderMode=cv2.BORDER_REPLICATE)
    return np.rint(np.clip(moved, 0, 255)).astype(np.uint8)


def _cut(plane: np.ndarray, box: FaceBox, room: float, side: int) -> np.ndarray:
    """Return a box with room around it, of so many pixels; beyond the photo its edge goes on."""
    length = box.side * (1 + 2 * room)
    top, left = box.top - room * box.side, box.left - room * box.side
    finer = max(1, int(length // side))  # pixels are averaged: cut larger first, then reduced
    step = length / (side * finer)
    matrix = np.array([[step, 0, left + step / 2 - 0.5], [0, step, top + step / 2 - 0.5]], np.float32)
    way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    large = cv2.warpAffine(plane, matrix, (side * finer, side * finer), flags=way, borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA) if finer > 1 else large


def fill_smoothly(rgb: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """Return uint8 (H, W, 3) with smooth colours in the hole, so that nothing under it is looked at."""
    known = (~hole).astype(np.float32)
    smooth = laplace_fill(rgb.astype(np.float32) * known[:, :, None], known)
    return np.where(hole[:, :, None], np.clip(smooth, 0, 255), rgb).astype(np.uint8)


def _reduce(plane: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.resize(plane.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.01


def _to_plane(flags: np.ndarray) -> Tensor:
    return torch.from_numpy(flags.astype(np.float32))[None, None]


def complete_by_search(network: DCGAN, seed: int) -> CompleteFace:
    """Return what completes by a search of codes; the best of some starts that `seed` chooses is taken."""

    def complete(pictures: Tensor, known: Tensor, report: Report) -> Tensor:
        device = next(network.parameters()).device
        codes = network.draw_codes(POOL, torch.Generator().manual_seed(seed))
        pictures, known, codes = (tensor.to(device) for tensor in (pictures, known, codes))
        codes = find_nearest(network, pictures, known, codes, RESTARTS)
        pictures, known = (part.expand(RESTARTS, -1, -1, -1) for part in (pictures, known))
        _, faces, losses = search(network, pictures, known, codes, STEPS, report)
        return faces[losses.argmin()][None]

    return complete


def complete_by_guess(network: Pluralistic, seed: int) -> CompleteFace:
    """Return what completes in one go, from a code that `seed` draws, more widely than the network expects."""

    @torch.no_grad()
    def complete(pictures: Tensor, known: Tensor, report: Report) -> Tensor:
        device = next(network.parameters()).device
        noise = WIDER * network.draw_noise(pictures, torch.Generator().manual_seed(seed))
        found: Tensor = network(torch.cat((pictures * known, known), 1).to(device), noise.to(device))
        report(1.0)
        return found

    return complete
