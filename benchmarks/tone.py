"""What Tone does to faded and to good photos: python -m benchmarks.tone --data FOLDER [--count N]

FOLDER holds the picture archives (see CONTRIBUTING.md). Photos of `validation.zip`, from which nothing was chosen, are
faded on purpose: dyes lose each another share of their density, paper yellows, haze lies over it. Told is the mean
CIEDE2000 to the photo before and after Tone, and how far good photos are changed, which should be nothing.
"""

import argparse
from pathlib import Path

import numpy as np

from imaging.tensors import to_tensor
from imaging.toning.fading import apply_correction, find_correction
from networks.layers.colour_space import rgb_to_lab
from training.colorizing.metrics import ciede2000
from training.common.archives import list_members, read_rgb

DARKEST = 0.008  # linear light: prints are no blacker


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=100)
    arguments = parser.parse_args()
    random = np.random.default_rng(0)
    members = list_members(arguments.data, "validation.zip", "bsds-val/")[: arguments.count]
    rows = np.array([measure(read_rgb(member), random) for member in members])
    harm, before, after, monochrome = rows.T
    print(f"good photos: {np.mean(harm == 0):.0%} left as they are, mean change {harm.mean():.2f} CIEDE2000, ", end="")
    print(f"{np.mean(harm > 1):.0%} changed by more than 1")
    print(f"faded photos: CIEDE2000 {before.mean():.2f} before, {after.mean():.2f} after, ", end="")
    print(f"{np.mean(after > before + 0.1):.0%} further away, {monochrome.mean():.0%} taken for black-and-white")


def measure(photo: np.ndarray, random: np.random.Generator) -> tuple[float, float, float, float]:
    """Return how far Tone changes a photo, uint8 (H, W, 3), and how far it is from it faded, and put right."""
    correction = find_correction(photo)
    harm = 0.0 if correction is None else measure_distance(photo, apply_correction(photo, correction))
    faded = fade(photo, random)
    found = find_correction(faded)
    restored = faded if found is None else apply_correction(faded, found)
    is_monochrome = found is not None and found.is_monochrome
    return harm, measure_distance(photo, faded), measure_distance(photo, restored), float(is_monochrome)


def fade(photo: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return uint8 (H, W, 3) as an old print of it."""
    density = -np.log10(np.maximum((photo / 255) ** 2.2, DARKEST))
    share = random.uniform(0.45, 0.9) + random.uniform((-0.12, -0.08, -0.05), (0.05, 0.08, 0.12))
    stain = np.array([0.02, 0.06, 0.22]) * random.uniform(0, 1) + random.uniform(0, 0.06)
    haze = random.uniform(0, 0.05)
    light = 10 ** -(np.clip(share, 0.35, 1) * density + stain) * (1 - haze) + haze * np.array([1, 0.95, 0.8])
    return np.rint(255 * np.clip(light, 0, 1) ** (1 / 2.2)).astype(np.uint8)


def measure_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean CIEDE2000 between two pictures, uint8 (H, W, 3)."""
    return float(ciede2000(*(rgb_to_lab(to_tensor(each).contiguous()) for each in (one, other))).mean())


if __name__ == "__main__":
    main()
