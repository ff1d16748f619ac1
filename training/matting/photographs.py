"""What a photograph of a scene looks like: another light, night, black and white, faded sepia, grain, blur, JPEG.

All of it is done on uint8 pixels through tables where it can be, since a sample must cost far less than a step.
"""

import cv2
import numpy as np

LEVELS = np.arange(256, dtype=np.float32) / 255
PLAIN = 0.3  # of the examples stay as they are
GREY, NIGHT, SOFT, GRAINY, COMPRESSED = 0.22, 0.1, 0.15, 0.2, 0.3  # of the others
SEPIA, FADED = 0.5, 0.6  # of the grey ones


def change_light(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return uint8 (H, W, 3) in another light: exposure, contrast, white balance."""
    gains = rng.uniform(0.75, 1.25) * rng.uniform(0.9, 1.1, 3)
    contrast, gamma = rng.uniform(0.75, 1.25), np.exp(rng.uniform(-0.3, 0.3))
    curves = 0.5 + contrast * (LEVELS[:, None] ** gamma * gains - 0.5)
    return apply_curves(rgb, curves)


def take_photograph(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return uint8 (H, W, 3) as a camera, a website or an old album may have it; `mask`, uint8 (H, W): its people."""
    if rng.random() < PLAIN:
        return rgb
    rgb = change_light(rgb, rng)
    if rng.random() < GREY:
        rgb = make_old(rgb, rng)
    if rng.random() < NIGHT:
        rgb = darken(rgb, mask, rng)
    if rng.random() < SOFT:
        rgb = cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.4, rgb.shape[0] / 130))
    if rng.random() < GRAINY:
        rgb = add_grain(rgb, rng.uniform(3, 16), rng)
    if rng.random() < COMPRESSED:
        _, file = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        rgb = np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR))
    return rgb


def make_old(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a black-and-white copy, uint8 (H, W, 3): of film of some sensitivity, often sepia, often faded."""
    weights = rng.dirichlet((2, 4, 2)).astype(np.float32)
    grey = cv2.transform(rgb, weights[None])
    curves = np.repeat(LEVELS[:, None], 3, axis=1)
    if rng.random() < FADED:
        black, white = rng.uniform(0, 0.3), rng.uniform(0.7, 1)
        curves = black + (white - black) * curves
    if rng.random() < SEPIA:
        curves = curves ** (1 + rng.uniform(0.05, 0.35) * np.array((-1, 0, 1.2)))
    grey = apply_curves(cv2.merge([grey] * 3), curves)
    return add_grain(grey, rng.uniform(2, 12), rng) if rng.random() < 0.5 else grey


def darken(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a picture taken at night with its noise, or, as often, with the people against the light."""
    if rng.random() < 0.5:
        curves = rng.uniform(0.35, 0.9) * LEVELS[:, None] ** rng.uniform(1.3, 2.4) * rng.uniform(0.85, 1.15, 3)
        return add_grain(apply_curves(rgb, curves), rng.uniform(3, 10), rng)
    shade = cv2.GaussianBlur(mask, (0, 0), rgb.shape[0] / 60).astype(np.float32) * (rng.uniform(0.3, 0.75) / 255)
    return cv2.multiply(rgb, cv2.merge([1 - shade] * 3), dtype=cv2.CV_8U)


def add_grain(rgb: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Return uint8 (H, W, 3) with noise of a standard deviation of `strength`; half of the time alike in all planes."""
    height, width, planes = *rgb.shape[:2], 1 if rng.random() < 0.5 else 3
    noise: np.ndarray = np.zeros((height, width * planes), np.int16)
    cv2.setRNGSeed(int(rng.integers(2**31)))
    cv2.randn(noise, np.zeros(1), np.full(1, strength))
    return np.clip(rgb + noise.reshape(height, width, planes), 0, 255).astype(np.uint8)


def apply_curves(rgb: np.ndarray, curves: np.ndarray) -> np.ndarray:
    """Return uint8 (H, W, 3) through curves, float (256, 3) of values about [0, 1]."""
    table = np.clip(np.rint(curves * 255), 0, 255).astype(np.uint8)
    return cv2.LUT(rgb, np.ascontiguousarray(table)[None])
