"""Pages with prints whose corners are known: scans on a lid, and prints photographed on a table. Nothing is downloaded.

Corners are float (n, 4, 2), x and y in parts of the page, clockwise from the upper left of the upright print.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

LIDS = ("white", "black", "grey", "coloured", "textured")
TABLES = ("wood", "cloth", "plain", "speckled")
ASPECTS = (1.5, 4 / 3, 1.0, 1.4, 1.25, 1.6)
ReadPhoto = Callable[[], np.ndarray]


@dataclass(frozen=True)
class Page:
    """`rgb`: uint8 (H, W, 3). `kind`: what it is a case of. `rims`: levels of each print's white rim, None without."""

    rgb: np.ndarray
    corners: np.ndarray
    kind: str


def make_scan(random: np.random.Generator, read_photo: ReadPhoto) -> Page:
    """Return a scanned page with one to six prints."""
    width = int(random.integers(700, 1100))
    height = round(width * random.uniform(0.7, 1.45))
    lid = str(random.choice(LIDS, p=(0.4, 0.15, 0.15, 0.15, 0.15)))
    page = _make_lid(random, lid, height, width)
    places: list[np.ndarray] = []
    is_faint = lid == "white" and random.random() < 0.5
    base = float(page.mean())
    for _ in range(int(random.integers(1, 7))):
        picture = _make_print(random, read_photo(), base if is_faint else None)
        place = _find_place(random, picture, places, height, width)
        if place is not None:
            places.append(place)
            _lay(random, page, picture, place, soft=random.uniform(0.4, 1.2), dark=random.uniform(0.05, 0.35))
    _add_dust(random, page)
    kind = f"{lid}, faint rims" if is_faint else lid
    return Page(_take(random, page, random.uniform(0.4, 2.0), 0.5), np.array(places) / (width, height), kind)


def make_table(random: np.random.Generator, read_photo: ReadPhoto) -> Page:
    """Return a table with one print that was photographed from somewhere above it."""
    width = int(random.integers(800, 1100))
    height = round(width * random.choice((0.75, 4 / 3, 1.0)))
    table = str(random.choice(TABLES))
    page = _make_table(random, table, height, width)
    picture = _bend(random, _make_print(random, read_photo(), None))
    place = _find_tilted_place(random, picture, height, width)
    opacity = _lay(random, page, picture, place, soft=random.uniform(2, 10), dark=random.uniform(0.2, 0.6))
    _add_light(random, page, place, opacity)
    return Page(
        _take(random, page, random.uniform(1, 4), random.uniform(0.5, 1.2)), place[None] / (width, height), table
    )


def _make_lid(random: np.random.Generator, lid: str, height: int, width: int) -> np.ndarray:
    levels = {
        "white": np.full(3, random.uniform(236, 253)) - random.uniform(0, 5, 3),
        "black": random.uniform(6, 32, 3),
        "grey": np.full(3, random.uniform(70, 190)),
        "coloured": random.uniform(30, 220, 3),
        "textured": np.full(3, random.uniform(150, 235)) - random.uniform(0, 12, 3),
    }[lid]
    page = np.full((height, width, 3), levels, np.float32)
    page *= 1 + 0.04 * random.uniform(-1, 1) * np.linspace(-1, 1, width, dtype=np.float32)[None, :, None]
    if lid == "textured":
        page += random.uniform(2, 7) * _make_noise(random, height, width, random.uniform(1, 6))[:, :, None]
    return page


def _make_table(random: np.random.Generator, table: str, height: int, width: int) -> np.ndarray:
    wood = np.array([random.uniform(70, 190), random.uniform(50, 140), random.uniform(30, 100)])
    tint = -np.sort(-wood) if table == "wood" else random.uniform(40, 225, 3)
    page = np.full((height, width, 3), tint, np.float32)
    if table == "wood":
        streaks = _make_noise(random, height, width, (1.5, 120)) + 0.7 * _make_noise(random, height, width, (6, 300))
        page *= 1 + random.uniform(0.04, 0.13) * streaks[:, :, None]
        for row in np.arange(random.uniform(0, 200), height, random.uniform(180, 420)):
            page[int(row) : int(row) + 3] *= 0.55
    elif table == "cloth":
        down, across = np.mgrid[:height, :width].astype(np.float32)
        period = random.uniform(5, 11)
        weave = np.sin(2 * np.pi * down / period) * np.sin(2 * np.pi * across / period)
        page *= 1 + random.uniform(0.03, 0.1) * weave[:, :, None]
        page *= 1 + 0.05 * _make_noise(random, height, width, 90)[:, :, None]
    elif table == "speckled":
        page += random.uniform(6, 18) * _make_noise(random, height, width, random.uniform(1, 4))[:, :, None]
    if random.random() < 0.5:
        page = np.ascontiguousarray(np.rot90(page)) if height == width else page
    return page


def _make_noise(random: np.random.Generator, height: int, width: int, sigma: float | tuple[float, float]) -> np.ndarray:
    """Return smooth noise of mean 0 and deviation 1, float32 (H, W); sigma in pixels, down and across."""
    down, across = sigma if isinstance(sigma, tuple) else (sigma, sigma)
    step = max(1, int(min(down, across) / 2))
    rows, columns = height // step + 2, width // step + 2
    noise = random.standard_normal((rows, columns)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), across / step, sigmaY=down / step)
    noise = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return (noise - noise.mean()) / (noise.std() + 1e-6)


def _make_print(random: np.random.Generator, photo: np.ndarray, faint: float | None) -> np.ndarray:
    """Return a print, float32 (h, w, 3), with a rim or without; `faint` is the level that its rim is near to."""
    aspect = float(random.choice(ASPECTS))
    if photo.shape[0] > photo.shape[1]:
        aspect = 1 / aspect
    height, width = photo.shape[:2]
    cut = min(width, round(height * aspect)), min(height, round(width / aspect))
    left, top = (width - cut[0]) // 2, (height - cut[1]) // 2
    scale = 400 / max(cut)
    picture = cv2.resize(photo[top : top + cut[1], left : left + cut[0]], None, fx=scale, fy=scale).astype(np.float32)
    age = random.random()
    if age < 0.35:
        grey = picture.mean(axis=2, keepdims=True)
        picture = 25 + 0.8 * grey * (np.array([1.04, 1.0, 0.86], np.float32) if age < 0.2 else np.ones(3, np.float32))
    if faint is None and random.random() < 0.45:
        return picture
    level = faint + random.choice((-1, 1)) * random.uniform(4, 10) if faint else random.uniform(222, 253)
    rim = round(random.uniform(0.03, 0.07) * max(picture.shape[:2]))
    below = rim * (4 if random.random() < 0.15 else 1)
    colour = (
        [min(255.0, float(level))] * 3
        if faint
        else [float(level), float(level) - 2, float(level) - random.uniform(0, 18)]
    )
    return cv2.copyMakeBorder(picture, rim, below, rim, rim, cv2.BORDER_CONSTANT, value=colour)


def _find_place(
    random: np.random.Generator, picture: np.ndarray, others: Sequence[np.ndarray], height: int, width: int
) -> np.ndarray | None:
    """Return the corners (4, 2) of a print that lies anywhere on the page beside the others; None without room."""
    for attempt in range(60):
        size = random.uniform(0.22, 0.62) * min(height, width) * (0.98**attempt) / max(picture.shape[:2])
        degrees = random.uniform(-9, 9) if random.random() < 0.8 else random.uniform(-45, 45)
        half = np.array(picture.shape[1::-1]) * size / 2
        square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
        angle = np.radians(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        corners = square @ turn.T + random.uniform(0, 1, 2) * (width, height)
        if corners.min() < 6 or (corners > np.array([width, height]) - 6).any():
            continue
        if all(not _touch(corners, other, 0.007 * max(height, width)) for other in others):
            return np.roll(corners, 0, axis=0)
    return None


def _touch(one: np.ndarray, other: np.ndarray, gap: float) -> bool:
    middle = one.mean(axis=0)
    wide = middle + (one - middle) * (1 + 2 * gap / np.linalg.norm(one[1] - one[0], axis=0).min())
    narrow = middle + (one - middle) * (1 + 2 * gap / np.linalg.norm(one[2] - one[1], axis=0).min())
    return any(
        cv2.intersectConvexConvex(each.astype(np.float32), other.astype(np.float32))[0] > 0 for each in (wide, narrow)
    )


def _find_tilted_place(random: np.random.Generator, picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return the corners (4, 2) of a print that a camera sees from the side."""
    while True:
        half = np.array(picture.shape[1::-1]) / max(picture.shape[:2]) / 2
        flat = np.column_stack([np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half, np.zeros(4)])
        pitch, yaw, roll = np.radians(random.uniform((-32, -20, -20), (32, 20, 20)))
        turned = flat @ cv2.Rodrigues(np.array([0, 0, roll]))[0].T
        turned = turned @ cv2.Rodrigues(np.array([pitch, yaw, 0]))[0].T
        far = random.uniform(1.2, 2.2)
        seen = turned[:, :2] / (turned[:, 2:] + far) * far
        seen *= random.uniform(0.5, 0.85) * min(height, width) / np.ptp(seen, axis=0).max()
        corners = seen + random.uniform(0.4, 0.6, 2) * (width, height)
        if corners.min() > 8 and (corners < np.array([width, height]) - 8).all():
            return corners


def _bend(random: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Return a print whose long sides are bent a little, float32 (h, w, 4) with its opacity; corners stay in place."""
    height, width = picture.shape[:2]
    depth = random.uniform(0, 0.012) * height
    room = int(np.ceil(depth)) + 1
    down, across = np.mgrid[-room : height + room, :width].astype(np.float32)
    shift = depth * (1 - (2 * across / width - 1) ** 2) * float(random.choice((-1, 1)))
    opaque = np.dstack([picture, np.full((height, width), 255, np.float32)])
    bent = cv2.remap(
        opaque, across, (down - shift).astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    return bent


def _lay(
    random: np.random.Generator, page: np.ndarray, picture: np.ndarray, corners: np.ndarray, soft: float, dark: float
) -> np.ndarray:
    """Draw a print with its shadow onto the page; return its opacity, float32 (H, W).

    corners: (4, 2), of its outline, in pixels; the page begins at 0.
    """
    height, width = page.shape[:2]
    rows, columns = picture.shape[:2]
    room = 0
    if picture.shape[2] == 4:
        alpha_rows = np.flatnonzero(picture[:, 0, 3] > 127)
        room = int(alpha_rows[0])
        rows = len(alpha_rows)
    else:
        picture = np.dstack([picture, np.full(picture.shape[:2], 255, np.float32)])
    margin = 4 * soft + 4
    left, top = np.maximum(np.floor(corners.min(axis=0) - margin), 0).astype(int)
    right, bottom = np.minimum(np.ceil(corners.max(axis=0) + margin), (width, height)).astype(int)
    part, size = page[top:bottom, left:right], (int(right - left), int(bottom - top))
    frame = np.array([[0, room], [columns, room], [columns, room + rows], [0, room + rows]], np.float32) - 0.5
    move = cv2.getPerspectiveTransform(frame, (2 * (corners - (left, top)) - 0.5).astype(np.float32))
    large = cv2.warpPerspective(picture, move, (2 * size[0], 2 * size[1]), flags=cv2.INTER_LINEAR)
    seen = cv2.resize(large, size, interpolation=cv2.INTER_AREA)
    opacity = seen[:, :, 3:] / 255
    shift = np.array([[1, 0, random.uniform(-1, 1) * soft], [0, 1, random.uniform(-1, 1) * soft]], np.float32)
    shadow = cv2.GaussianBlur(cv2.warpAffine(opacity, shift, size), (0, 0), soft)[:, :, None]
    part *= 1 - dark * shadow
    part *= 1 - opacity
    part += seen[:, :, :3]
    covered = np.zeros((height, width), np.float32)
    covered[top:bottom, left:right] = opacity[:, :, 0]
    return covered


def _add_light(random: np.random.Generator, page: np.ndarray, place: np.ndarray, opacity: np.ndarray) -> None:
    """Let the light fall off, throw a soft shadow over a part of the table, and let the print shine."""
    height, width = page.shape[:2]
    down, across = np.mgrid[:height, :width].astype(np.float32)
    page *= (1 + random.uniform(0.05, 0.25) * ((across / width - 0.5) * random.uniform(-1, 1) + (down / height - 0.5)))[
        :, :, None
    ]
    if random.random() < 0.5:
        angle, middle = random.uniform(0, np.pi), random.uniform(0.2, 0.8) * width
        distance = (across - middle) * np.cos(angle) + (down - height / 2) * np.sin(angle)
        page *= (1 - random.uniform(0.1, 0.4) / (1 + np.exp(-distance / random.uniform(15, 80))))[:, :, None]
    if random.random() < 0.5:
        x, y = place.mean(axis=0) + random.uniform(-0.3, 0.3, 2) * np.ptp(place, axis=0)
        size = random.uniform(0.05, 0.2) * width
        shine = random.uniform(60, 170) * np.exp(-((across - x) ** 2 + (2 * (down - y)) ** 2) / size**2)
        page += (shine * opacity)[:, :, None]


def _add_dust(random: np.random.Generator, page: np.ndarray) -> None:
    height, width = page.shape[:2]
    for _ in range(int(random.integers(0, 60))):
        middle = (int(random.integers(width)), int(random.integers(height)))
        level = float(random.uniform(0, 255))
        if random.random() < 0.8:
            cv2.circle(page, middle, int(random.integers(1, 3)), (level,) * 3, -1, cv2.LINE_AA)
        else:
            to = (middle[0] + int(random.integers(-40, 40)), middle[1] + int(random.integers(-40, 40)))
            cv2.line(page, middle, to, (level,) * 3, 1, cv2.LINE_AA)


def _take(random: np.random.Generator, page: np.ndarray, noise: float, blur: float) -> np.ndarray:
    """Return what the camera or scanner writes: soft, noisy, a JPEG."""
    page = cv2.GaussianBlur(page, (0, 0), blur) + noise * random.standard_normal(page.shape).astype(np.float32)
    bgr = np.clip(page[:, :, ::-1], 0, 255).astype(np.uint8)
    data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(70, 96))])[1]
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
