"""Makes grey pictures look like old photographs, so that the colorizer knows such inputs.

Only the input is degraded; the colours that the network shall find stay those of the clean picture.
"""

import io

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor

DEGRADED_SHARE = 0.35  # of the pictures; the others keep their exact lightness


def degrade(rgb: Tensor, lightness: Tensor, random: np.random.Generator) -> Tensor:
    """Return `lightness` (N, 1, H, W) in [0, 1] with about a third of the pictures degraded; same shape and range.

    `rgb` (N, 3, H, W) in [0, 1] is the same picture in colour: old emulsions saw blue brighter and red
    darker than the eye does.
    """
    planes = []
    for picture, plane in zip(rgb.numpy(), lightness[:, 0].numpy(), strict=True):
        planes.append(_degrade_one(picture, plane, random) if random.random() < DEGRADED_SHARE else plane)
    return torch.from_numpy(np.stack(planes))[:, None]


def _degrade_one(rgb: np.ndarray, plane: np.ndarray, random: np.random.Generator) -> np.ndarray:
    if random.random() < 0.3:
        plane = _expose_orthochromatic(rgb, plane, random)
    if random.random() < 0.4:
        plane = cv2.GaussianBlur(plane, (0, 0), random.uniform(0.4, 1.3))
    plane = _fade(plane, random)
    if random.random() < 0.5:
        plane = plane + _make_grain(plane.shape, random)
    if random.random() < 0.2:
        plane = _draw_scratches(plane, random)
    if random.random() < 0.4:
        plane = _compress_grey(plane, random)
    return np.clip(plane, 0, 1).astype(np.float32)


def _expose_orthochromatic(rgb: np.ndarray, plane: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Shift the plane towards what a film for blue and green light recorded, by a random part."""
    recorded = 0.1 * rgb[0] + 0.5 * rgb[1] + 0.4 * rgb[2]
    return plane + random.uniform(0.2, 0.8) * (recorded - plane)


def _fade(plane: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Raise the blacks, lower the whites, bend the middle."""
    black, white = random.uniform(0, 0.2), random.uniform(0.8, 1)
    return black + (white - black) * np.clip(plane, 0, 1) ** random.uniform(0.75, 1.35)


def _make_grain(shape: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """Film grain: noise that is fine or, on a coarser grid, clumped."""
    height, width = shape
    clump = random.choice((1, 2))
    noise = random.standard_normal((height // clump, width // clump), dtype=np.float32)
    return random.uniform(0.01, 0.06) * cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)


def _draw_scratches(plane: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Draw one to three light or dark lines across."""
    height, width = plane.shape
    plane = np.ascontiguousarray(plane, np.float32)
    for _ in range(random.integers(1, 4)):
        ends = random.integers(0, (width, height), (2, 2))
        cv2.line(plane, ends[0].tolist(), ends[1].tolist(), random.choice((0.05, 0.95)), 1, cv2.LINE_AA)
    return plane


def _compress_grey(plane: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Save as JPEG and read again."""
    bytes_of = np.clip(plane * 255 + 0.5, 0, 255).astype(np.uint8)
    quality = int(random.integers(30, 90))
    _, file = cv2.imencode(".jpg", bytes_of, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(file, 0)) / np.float32(255)


def compress_jpeg(rgb: np.ndarray, quality: int) -> np.ndarray:
    """Return uint8 (H, W, 3) as it is after saving as JPEG and reading again."""
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=quality)
    with Image.open(file) as picture:
        return np.asarray(picture.convert("RGB"))
