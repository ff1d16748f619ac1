"""Where in a picture is the face that a hole lies in? A few convolutions that look at windows of 48 pixels."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WINDOW, STRIDE = 48, 4
# Of the window: the square that is a face to the generators. The window shows more, as the aligned pictures do.
FACE_TOP, FACE_LEFT, FACE_SIDE = 21 / 92, 14 / 92, 64 / 92
# Of windows: the smallest in pixels, how much larger each is than the last, and the largest in parts of the picture.
MIN_SIDE, SCALE_STEP, MAX_PART = 24, 1.15, 1.4
# Of held-back faces with a hole in photographs 95 in 100 score more than -1.3; where no face is, as many under -1.46.
MIN_SCORE = -1.4
WHOLE_WEIGHT = 3.0  # of the share of the place that lies in a face, beside its score
NOWHERE = -1e9


class FaceBox(NamedTuple):
    """The square of a face, in pixels of the picture, maybe over its border. A face scores LEAST_SCORE or more."""

    top: float
    left: float
    side: float
    score: float


class FaceFinder(nn.Module):
    """Input: RGB (N, 3, H, W) in [0, 1] and known (N, 1, H, W), 0 in holes; H and W at least 48.

    Output, (N, 4, (H - 48) // 4 + 1, (W - 48) // 4 + 1), of windows of 48 pixels, 4 apart: scores, the higher the more
    of a face; how far the face's middle lies below and right of the window's usual place, in parts of the window; and
    the logarithm of how much larger the face is than usual.
    """

    multiple_of = STRIDE
    minimum_side = WINDOW

    def __init__(self, width: int = 16):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(4, width, 5, 2),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, 2),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.Conv2d(2 * width, 2 * width, 3),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.Conv2d(2 * width, 4 * width, 8),
            nn.BatchNorm2d(4 * width),
            nn.ReLU(),
            nn.Conv2d(4 * width, 4, 1),
        )

    def forward(self, pictures: Tensor, known: Tensor) -> Tensor:
        return self.layers(torch.cat(((pictures * 2 - 1) * known, known), 1))


@torch.no_grad()
def find_face(network: FaceFinder, picture: Tensor, known: Tensor, place: Tensor) -> FaceBox | None:
    """Return the face that most likely holds the middle of a place, and most of it; None where no window can.

    picture: (1, 3, H, W) in [0, 1]. known: (1, 1, H, W), 0 in holes. place: (1, 1, H, W), over 0 in what is asked for.
    """
    height, width = picture.shape[-2:]
    rows, columns = (torch.nonzero(place[0, 0].sum(axis)).flatten() for axis in (1, 0))
    middle = (rows[0] + rows[-1] + 1).item() / 2, (columns[0] + columns[-1] + 1).item() / 2
    best, most, side = None, NOWHERE, float(MIN_SIDE)
    while side <= MAX_PART * max(height, width):
        box = _find_at_scale(network, picture, known, side, middle)
        worth = NOWHERE if box is None else box.score + WHOLE_WEIGHT * _share(box, place)
        if worth > most:
            best, most = box, worth
        side *= SCALE_STEP
    return best


def _find_at_scale(network: FaceFinder, picture: Tensor, known: Tensor, side: float, middle: tuple[float, float]):
    """Return the best face in windows of `side` pixels around the hole's middle, or None."""
    reach = side * 1.1  # the hole's middle lies in the face, and so the window at most so far away
    top, left = round(middle[0] - reach), round(middle[1] - reach)
    length = round(2 * reach)
    cut, seen = (cut_out(plane, top, left, length) for plane in (picture, known))
    scale = WINDOW / side
    size = round(length * scale)
    cut = F.interpolate(cut, (size, size), mode="bilinear", antialias=True)
    seen = (F.interpolate(seen, (size, size), mode="bilinear", antialias=True) > 0.999).float()
    scores, *moves = network(cut, seen)[0]
    tops, lefts = (torch.arange(count) * STRIDE / scale for count in scores.shape)
    grown = moves[2].clamp(-0.5, 0.5).exp().cpu() * FACE_SIDE * side
    down = (top + tops + (FACE_TOP + FACE_SIDE / 2) * side)[:, None] + moves[0].clamp(-0.3, 0.3).cpu() * side
    right = (left + lefts + (FACE_LEFT + FACE_SIDE / 2) * side)[None] + moves[1].clamp(-0.3, 0.3).cpu() * side
    holds = ((down - middle[0]).abs() <= grown / 2) & ((right - middle[1]).abs() <= grown / 2)
    scores = torch.where(holds, scores.cpu(), NOWHERE)
    place = divmod(int(scores.argmax()), scores.shape[1])
    if not holds[place]:
        return None
    found = float(grown[place])
    return FaceBox(float(down[place]) - found / 2, float(right[place]) - found / 2, found, float(scores[place]))


def _share(box: FaceBox, place: Tensor) -> float:
    """Return the share of a place that a box holds."""
    rows, columns = (slice(max(0, round(start)), max(0, round(start + box.side))) for start in box[:2])
    return (place[0, 0, rows, columns].sum() / place.sum()).item()


def cut_out(planes: Tensor, top: int, left: int, side: int) -> Tensor:
    """Return a square of (N, C, H, W) that may reach over the border, where the picture's edge goes on."""
    height, width = planes.shape[-2:]
    rows = torch.arange(top, top + side).clamp(0, height - 1)
    columns = torch.arange(left, left + side).clamp(0, width - 1)
    return planes[:, :, rows][:, :, :, columns]
