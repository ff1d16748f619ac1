"""What is done to a clean picture on purpose, so that a tool has something to mend. All take uint8 (H, W, 3)."""

import cv2
import numpy as np
from PIL import Image

SHAKE_PIXELS = 8
SCRATCH_SEED, SHAKE_SEED, NOISE_SEED, TABLE_SEED = 11, 5, 8, 3
FULL_WELL = 90  # electrons


def keep(pixels: np.ndarray) -> np.ndarray:
    return pixels


def shake(pixels: np.ndarray) -> np.ndarray:
    """Blur uint8 (H, W, 3) along the path of a hand that slips, in linear light as a sensor would."""
    random = np.random.default_rng(SHAKE_SEED)
    turns = np.cumsum(random.normal(0, 0.12, 400)) + 0.5
    path = np.cumsum(np.stack([np.cos(turns), np.sin(turns)], 1), 0)
    path = (path - path.min(0)) / np.ptp(path, 0).max() * (SHAKE_PIXELS - 1)
    kernel = np.zeros((SHAKE_PIXELS + 2, SHAKE_PIXELS + 2), np.float32)
    for x, y in path:
        kernel[round(y) + 1, round(x) + 1] += 1
    linear = (pixels / 255.0).astype(np.float32) ** 2.2
    moved = cv2.filter2D(linear, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101)
    return np.round(np.clip(moved, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


def fade(pixels: np.ndarray) -> np.ndarray:
    """Take density out of the dyes of uint8 (H, W, 3), most of all of cyan, and yellow the paper."""
    density = -np.log10(np.maximum((pixels / 255.0) ** 2.2, 0.008))
    light = 10 ** -(density * (0.5, 0.58, 0.62) + (0.03, 0.07, 0.17))
    return np.round(light ** (1 / 2.2) * 255).astype(np.uint8)


def add_noise(pixels: np.ndarray) -> np.ndarray:
    """Photograph uint8 (H, W, 3) anew in too little light: shot and read noise in linear light."""
    random = np.random.default_rng(NOISE_SEED)
    photons = random.poisson((pixels / 255.0) ** 2.2 * FULL_WELL) + random.normal(0, 1, pixels.shape)
    return np.round(np.clip(photons / FULL_WELL, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


def lay_on_table(pixels: np.ndarray) -> np.ndarray:
    """Lay the print of uint8 (H, W, 3), with a white rim and its shadow, askew on a dark table of the same size."""
    large = 3 * pixels.shape[1], 3 * pixels.shape[0]  # and made smaller in the end: smooth edges
    pixels = cv2.resize(pixels, large, interpolation=cv2.INTER_CUBIC)
    width, height = large
    random = np.random.default_rng(TABLE_SEED)
    grain = cv2.GaussianBlur(random.normal(0, 180, (height, width)), (0, 0), 72, sigmaY=3)
    table = np.clip(np.float64((62, 47, 38)) + grain[:, :, None], 0, 255).astype(np.uint8)
    rim = round(0.03 * width)
    paper = cv2.copyMakeBorder(pixels, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=(238, 234, 224))
    sheet = np.float32([[0, 0], [paper.shape[1], 0], [paper.shape[1], paper.shape[0]], [0, paper.shape[0]]])
    corners = np.float32([[0.15, 0.12], [0.9, 0.2], [0.84, 0.9], [0.1, 0.81]]) * (width, height)
    for shift, layer in ((9, np.zeros_like(paper)), (0, paper)):
        warp = cv2.getPerspectiveTransform(sheet, np.float32(corners + shift))
        cover = cv2.warpPerspective(np.ones(paper.shape[:2], np.float32), warp, (width, height))
        cover = 0.5 * cv2.GaussianBlur(cover, (0, 0), 12) if shift else cover
        laid = cv2.warpPerspective(layer, warp, (width, height))
        table = np.round(table + cover[:, :, None] * (laid.astype(np.float64) - table)).astype(np.uint8)
    return cv2.resize(table, (width // 3, height // 3), interpolation=cv2.INTER_AREA)


def halve(pixels: np.ndarray) -> np.ndarray:
    """Reduce uint8 (H, W, 3) to half its size."""
    height, width = pixels.shape[:2]
    return np.asarray(Image.fromarray(pixels).resize((width // 2, height // 2), Image.Resampling.BICUBIC))


def make_grey(pixels: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def scratches(pixels: np.ndarray) -> np.ndarray:
    """Return where an old print of this size is scratched and spotted, uint8 (H, W), 255 in the scratches."""
    random = np.random.default_rng(SCRATCH_SEED)
    height, width = pixels.shape[:2]
    sheet = np.zeros((height, width), np.uint8)
    for ends, thickness in (
        ((0.3, 0, 0.38, 1), 3),
        ((0.72, 0, 0.6, 1), 2),
        ((0, 0.62, 1, 0.5), 2),
        ((0.86, 0, 0.9, 1), 4),
        ((0.05, 0.1, 0.25, 0.35), 3),
    ):
        start, end = np.array(ends[:2]) * (width, height), np.array(ends[2:]) * (width, height)
        line = start + (end - start) * np.linspace(0, 1, 40)[:, None] + np.cumsum(random.normal(0, 0.8, (40, 2)), 0)
        cv2.polylines(sheet, [line.round().astype(np.int32)], False, 255, thickness)
    for x, y, radius in random.uniform((0, 0, 1), (width, height, 5), (26, 3)).astype(int):
        cv2.circle(sheet, (x, y), radius, 255, -1)
    return sheet


def scratch(pixels: np.ndarray) -> np.ndarray:
    """Show the bare paper where the print is scratched."""
    return np.where(scratches(pixels)[..., None] > 0, np.uint8((235, 228, 214)), pixels)


def mark_scratches(pixels: np.ndarray) -> np.ndarray:
    """The mask of a person who paints over the scratches with a brush a little wider than they are."""
    return cv2.dilate(scratches(pixels), np.ones((5, 5), np.uint8))
