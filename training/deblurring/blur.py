"""Camera shake, made up: sharp pictures in, blurred pictures out, the same ones for the same seed.

Boracchi, Foi: "Modeling the Performance of Image Restoration from Motion Blur", IEEE Transactions on Image
Processing 21(8), 2012. The camera's path over the exposure is a Markov process: the velocity keeps its
direction by inertia, and at every instant it is pushed by a Gaussian perturbation, pulled back towards the
centre (the hand corrects itself) and now and then thrown about by an impulse (a finger presses, a mirror slaps).
A longer exposure sees more of the path and, for its light, less noise. The path is laid on the pixel grid
with sub-pixel interpolation. Motion along a straight line, the older recipe, is the second kind of path.

A sensor sums light, so the blur is applied in linear light, in floats; then come noise, clipping of the
highlights (which were brighter than white before the shutter smeared them), sRGB and JPEG.

Everything random comes from the `numpy.random.Generator` that the caller gives.
"""

import cmath
from typing import NamedTuple

import numpy as np

from training.common.degradation import compress_jpeg

STEPS = 240  # instants of one path: enough that two neighbours lie less than half a pixel apart
SEVERITIES = {"light": (3.0, 5.0), "medium": (5.0, 9.0), "heavy": (9.0, 14.0)}  # extent of the path, pixels
EXTENTS = (2.0, 14.0)
LINEAR_SHARE = 0.25
VARYING_SHARE = 0.25


class Motion(NamedTuple):
    """A camera's motion: `path` in pixels as complex numbers, and how much of the exposure it took, in (0, 1]."""

    path: np.ndarray
    exposure: float


def draw_motion(random: np.random.Generator, extents: tuple[float, float] = EXTENTS) -> Motion:
    """Draw a motion whose extent, the longer side of the path's bounding box, lies in `extents` (pixels)."""
    exposure = float(random.uniform(0.25, 1.0))
    if random.random() < LINEAR_SHARE:
        path = np.linspace(0, 1, STEPS) * cmath.rect(1.0, random.uniform(0, np.pi))
    else:
        path = draw_shake(random)[: max(2, round(exposure * STEPS))]
    extent = max(np.ptp(path.real), np.ptp(path.imag))
    return Motion((path - path.mean()) * (random.uniform(*extents) / extent), exposure)


def draw_shake(random: np.random.Generator) -> np.ndarray:
    """Return a random trajectory of `STEPS` complex positions and unit length (Boracchi and Foi, section III)."""
    restlessness = random.uniform(0.0, 3.0) / STEPS**0.5
    pull = random.uniform(0.0, 0.7) / STEPS
    impulses = random.random(STEPS) < random.uniform(0.0, 4.0) / STEPS
    turns = np.pi + random.uniform(-1.0, 1.0, STEPS)
    pushes = restlessness * (random.standard_normal(STEPS) + 1j * random.standard_normal(STEPS))
    position, velocity = 0j, cmath.rect(1.0, random.uniform(0, 2 * np.pi))
    path = []
    for push, impulse, turn in zip(pushes.tolist(), impulses.tolist(), turns.tolist(), strict=True):
        path.append(position)
        velocity += push - pull * position
        if impulse:
            velocity += 2 * abs(velocity) * cmath.rect(1.0, cmath.phase(velocity) + turn)
        velocity /= abs(velocity) or 1.0
        position += velocity
    return np.array(path) / STEPS


def draw_kernel(path: np.ndarray) -> np.ndarray:
    """Lay a path (complex, pixels, centred on zero) on the grid: float32 (K, K), K odd, sum 1.

    Each instant shares its light among the four nearest pixels. The centre of gravity stays in the middle,
    so that blurred and sharp picture lie on each other.
    """
    radius = int(np.ceil(max(np.abs(path.real).max(), np.abs(path.imag).max()))) + 1
    grid = np.zeros((2 * radius + 1, 2 * radius + 1))
    x, y = path.real + radius, path.imag + radius
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right_share, bottom_share = x - left, y - top
    np.add.at(grid, (top, left), (1 - bottom_share) * (1 - right_share))
    np.add.at(grid, (top, left + 1), (1 - bottom_share) * right_share)
    np.add.at(grid, (top + 1, left), bottom_share * (1 - right_share))
    np.add.at(grid, (top + 1, left + 1), bottom_share * right_share)
    return (grid / grid.sum()).astype(np.float32)


class Photograph(NamedTuple):
    """What the camera saved: `pixels` uint8 (H, W, 3); `kernels`, one, or two that the blur passes between; and
    `share` float32 (H, W, 1), the part of the second at each pixel."""

    pixels: np.ndarray
    kernels: tuple[np.ndarray, ...]
    share: np.ndarray | None

    def kernel_at(self, rows: slice, columns: slice, radius: int) -> np.ndarray:
        """Return the mean kernel of a part of the picture on a grid of `radius`: float32, K = 2 * radius + 1."""
        first, last = crop_kernel(self.kernels[0], radius), crop_kernel(self.kernels[-1], radius)
        if self.share is None:
            return first
        part = float(self.share[rows, columns].mean())
        return first * (1 - part) + last * part


def degrade(sharp: np.ndarray, shaken: Motion, random: np.random.Generator) -> np.ndarray:
    """Return uint8 (H, W, 3): the photo of the scene `sharp`, uint8 (H, W, 3), that moved by `shaken`."""
    return photograph(sharp, shaken, random).pixels


def photograph(
    sharp: np.ndarray, shaken: Motion, random: np.random.Generator, seen: tuple[float, float] = (0.0, 1.0)
) -> Photograph:
    """Return the photo of the scene `sharp`, uint8 (H, W, 3), that moved by `shaken`, and how it was blurred.

    In a share of the pictures the camera also rolls: the path differs between two opposite sides of the
    picture, and the blur passes smoothly from one to the other. `sharp` is a crop that sees the part `seen` of
    that way. The border is continued by reflection.
    """
    light = overexpose(LIGHT_OF_CODES[sharp], random)
    kernels: tuple[np.ndarray, ...] = (draw_kernel(shaken.path),)
    share = None
    blurred = convolve(light, kernels[0])
    if random.random() < VARYING_SHARE:
        roll = random.uniform(0.6, 1.2) * cmath.rect(1.0, random.uniform(-0.5, 0.5))
        share = seen[0] + (seen[1] - seen[0]) * draw_ramp(sharp.shape[:2], random)
        kernels = (kernels[0], draw_kernel(shaken.path * roll))
        blurred = blurred * (1 - share) + convolve(light, kernels[1]) * share
    return Photograph(develop(blurred, shaken.exposure, random), kernels, share)


def develop(light: np.ndarray, exposure: float, random: np.random.Generator) -> np.ndarray:
    """Return what the camera saves, uint8 (H, W, 3), of the linear light that fell on its sensor."""
    noisy = light + draw_noise(light, exposure, random)
    pixels = np.round(encode_srgb(np.clip(noisy, 0, 1)) * 255).astype(np.uint8)
    return compress_jpeg(pixels, quality=int(random.integers(90, 99)))


def crop_kernel(weights: np.ndarray, radius: int) -> np.ndarray:
    """Return a kernel on a grid of `radius`, cut or filled up with zeros, float32 of sum 1."""
    missing = radius - weights.shape[0] // 2
    if missing >= 0:
        return np.pad(weights, missing)
    cut = weights[-missing:missing, -missing:missing]
    return cut / cut.sum()


def overexpose(light: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Give near-white pixels back some of the brightness that the sharp photo had clipped."""
    knee, gain = 0.85, random.uniform(0.0, 2.0)
    return light + gain * np.maximum(light.min(axis=2, keepdims=True) - knee, 0) / (1 - knee)


def convolve(light: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Convolve float32 (H, W, 3) with (K, K), same size, reflected border."""
    radius = weights.shape[0] // 2
    padded = np.pad(light, ((radius, radius), (radius, radius), (0, 0)), mode="symmetric")
    height, width = padded.shape[:2]
    spectrum = np.fft.rfft2(padded, axes=(0, 1)) * np.fft.rfft2(weights, (height, width))[:, :, None]
    full = np.fft.irfft2(spectrum, (height, width), axes=(0, 1))
    return full[2 * radius :, 2 * radius :].astype(np.float32)


def draw_ramp(size: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """Return float32 (H, W, 1) that rises smoothly from 0 to 1 across the picture in a random direction."""
    angle = random.uniform(0, 2 * np.pi)
    rows, columns = np.meshgrid(np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1]), indexing="ij")
    along = np.clip((rows * np.sin(angle) + columns * np.cos(angle) + 1) / 2, 0, 1)
    return (along * along * (3 - 2 * along)).astype(np.float32)[:, :, None]


def draw_noise(light: np.ndarray, exposure: float, random: np.random.Generator) -> np.ndarray:
    """Return shot noise, which grows with the light, and read noise; both shrink as the exposure gets longer."""
    shot, read = random.uniform(0, 2e-4) / exposure, random.uniform(0, 2e-3) / exposure
    deviation = np.sqrt(shot * np.maximum(light, 0) + read * read)
    return deviation * random.standard_normal(light.shape, dtype=np.float32)


def decode_srgb(encoded: np.ndarray) -> np.ndarray:
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def encode_srgb(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055)


LIGHT_OF_CODES = decode_srgb(np.arange(256, dtype=np.float32) / 255)
