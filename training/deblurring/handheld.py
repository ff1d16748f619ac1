"""Camera shake by another model than the one that recipes learn from: a camera that turns in the hand.

Whyte, Sivic, Zisserman, Ponce: "Non-uniform Deblurring for Shaken Images", CVPR 2010: what a hand does to a camera is,
for the picture, a rotation about three axes, and the photograph is the mean of the views on the way, each a homography
of the scene. So the blur is nowhere the same: a roll smears the corners, not the middle. No kernel is drawn here, and
nothing is shared with `training.deblurring.blur` but what the camera does afterwards. The angles are noise with the
power of 1/f² up to `FASTEST`, slow drift above all, and with a tremor between 8 and 12 hertz, as hands have.

For measuring only. Everything random comes from the `numpy.random.Generator` that the caller gives.
"""

import cv2
import numpy as np

from training.deblurring import blur

VIEWS = 48  # of which a photograph is the mean
SECONDS = (1 / 15, 1 / 2)  # exposures
FASTEST, TREMOR = 20.0, (8.0, 12.0)  # hertz
WAVES = 40  # of which an angle is the sum
FOCAL = 1.2  # of the lens, in long sides of the picture
ROLL = 0.7  # how far it moves a corner next to how far the other two move everything, on average


def photograph_handheld(
    sharp: np.ndarray, extents: tuple[float, float], random: np.random.Generator
) -> blur.Photograph:
    """Return the photo, shaken, of the scene `sharp`, uint8 (H, W, 3): the middle of the picture moves by an extent,
    the longer side of its path's bounding box in pixels, that lies in `extents`."""
    seconds = float(random.uniform(*SECONDS))
    light = blur.overexpose(blur.LIGHT_OF_CODES[sharp], random)
    views = (warp_view(light, view) for view in draw_homographies(sharp.shape[:2], extents, seconds, random))
    blurred = sum(views, np.zeros(())) / VIEWS
    return blur.Photograph(blur.develop(blurred, seconds / SECONDS[1], random), (), None)


def draw_homographies(
    size: tuple[int, int], extents: tuple[float, float], seconds: float, random: np.random.Generator
) -> np.ndarray:
    """Return (VIEWS, 3, 3), from pixels of the picture to pixels of the scene, the mean view being the scene."""
    height, width = size
    pitch, yaw, roll = (draw_angle(seconds, random) for _ in range(3))
    extent = max(np.ptp(pitch), np.ptp(yaw))
    focal = FOCAL * max(size)
    scale = float(random.uniform(*extents)) / (extent * focal)
    pitch, yaw = pitch * scale, yaw * scale
    roll = roll / np.ptp(roll) * ROLL * random.uniform(0, 2) * np.ptp(np.hypot(pitch, yaw)) * focal
    roll = roll / np.hypot(height / 2, width / 2)
    lens = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    turns = (cv2.Rodrigues(np.array(angles))[0] for angles in zip(pitch, yaw, roll, strict=True))
    return np.stack([lens @ turn @ np.linalg.inv(lens) for turn in turns])


def draw_angle(seconds: float, random: np.random.Generator) -> np.ndarray:
    """Return one angle at `VIEWS` instants of the exposure, of mean zero, to be scaled."""
    times = np.linspace(0, seconds, VIEWS)
    hertz = random.uniform(0.3, FASTEST, WAVES)
    trembling = (hertz >= TREMOR[0]) & (hertz <= TREMOR[1])
    size = random.standard_normal(WAVES) / hertz * np.where(trembling, 3.0, 1.0)
    waves = np.sin(2 * np.pi * hertz[:, None] * times + random.uniform(0, 2 * np.pi, WAVES)[:, None])
    path = size @ waves
    return path - path.mean()


def warp_view(light: np.ndarray, view: np.ndarray) -> np.ndarray:
    """Return one view of float32 (H, W, 3); the border is continued by reflection."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    seen = cv2.warpPerspective(light, view, light.shape[1::-1], flags=flags, borderMode=cv2.BORDER_REFLECT)
    return np.maximum(seen, 0)
