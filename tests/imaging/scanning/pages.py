"""Pages with prints of the project's own pictures, whose corners are known."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

PICTURES = Path(__file__).resolve().parents[3] / "docs" / "demo" / "pictures"


def read(name: str, side: int = 260) -> np.ndarray:
    """Return one of the pictures, uint8 (h, w, 3), no side longer than `side`."""
    image = Image.open(PICTURES / f"{name}.jpg").convert("RGB")
    image.thumbnail((side, side))
    return np.asarray(image)


def add_rim(picture: np.ndarray, level: int, width: int = 10) -> np.ndarray:
    return np.pad(picture, ((width, width), (width, width), (0, 0)), constant_values=level)


def lay(page: np.ndarray, picture: np.ndarray, corners: np.ndarray) -> None:
    """Draw a picture onto a page so that its outline has these corners, (4, 2) in pixels, with a thin shadow."""
    height, width = picture.shape[:2]
    outline = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    move = cv2.getPerspectiveTransform(outline, (2 * corners - 0.5).astype(np.float32))
    size = 2 * page.shape[1], 2 * page.shape[0]
    opaque = picture if picture.shape[2] == 4 else np.dstack([picture, np.full((height, width), 255, np.uint8)])
    seen = cv2.resize(cv2.warpPerspective(opaque, move, size), page.shape[1::-1], interpolation=cv2.INTER_AREA)
    share = seen[:, :, 3:] / 255
    shadow = cv2.GaussianBlur(share, (0, 0), 1.0)[:, :, None]
    page[:] = np.clip(page * (1 - 0.1 * shadow) * (1 - share) + seen[:, :, :3], 0, 255)


def turn(width: float, height: float, middle: tuple[float, float], degrees: float) -> np.ndarray:
    """Return the corners (4, 2) of a rectangle that is turned clockwise."""
    angle = np.radians(degrees)
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
    return square @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) + middle


def make_page(level: int = 235) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return a page of 640 × 800 with three prints, and their corners in pixels, the largest first."""
    page = np.clip(np.random.default_rng(0).normal(level, 1.5, (800, 640, 3)), 0, 255).astype(np.uint8)
    prints = [
        (add_rim(read("coffee"), 250), turn(280, 194, (200, 160), 4)),
        (read("chelsea", 220), turn(220, 147, (440, 420), -7)),
        (add_rim(read("librarian", 180), 205), turn(130, 160, (170, 600), 2)),
    ]
    for picture, corners in prints:
        lay(page, picture, corners)
    return page, [corners for _picture, corners in prints]
