"""How well damage is found that the network was not taught, and how much of undamaged photos is taken for damage.

    python -m training.damage.measure --data FOLDER [--state runs/damage/checkpoint.pt] [--every 3] [--export]

First the choice: on the held-back tenth of the sources that were learnt from, with the kinds of damage that were, every
pair of limits (`imaging/damage/finding.py`); every second photo shows thin things of the recipe. Then the report, on
three sources that were left out wholly: 300 photos that `training/damage/second_generator.py` has damaged, and 300 that
nothing happened to, as they are, aged, and aged with thin things in the scene (`training/damage/second_things.py`). F1
allows for two pixels (`training/damage/tolerance.py`) and is measured before marks are widened; it is given over the
pixels of all pictures, and as the mean over pictures. False marks are the part of the area that the tool would fill,
marks widened; of things, the part of their own pixels.
"""

import time
from collections.abc import Iterator, Sequence
from functools import reduce
from pathlib import Path

import cv2
import numpy as np
import torch

from imaging.damage.finding import SURE_MEAN, SURE_PIXELS, find_damage, find_marks, predict_damage, select_marks
from networks.restoration.damage_finder import DamageFinder
from networks.weights import load
from training.common.archives import Member, list_pictures, read_rgb
from training.common.arguments import build_parser
from training.common.export import export
from training.common.half_precision import autocast
from training.common.run import set_up
from training.damage.ageing import age, scan
from training.damage.samples import damage_photo, list_photos
from training.damage.second_generator import age_otherwise
from training.damage.second_generator import damage_photo as damage_otherwise
from training.damage.second_things import add_things
from training.damage.thin_things import add_things as draw_things
from training.damage.tolerance import Counts, count_matches

LEFT_OUT = (("validation.zip", "bsds-val/"), ("people-varied.zip", "no-person/"), ("people-sport.zip", "sport/"))
OF_EACH = 100  # photos of each source that was left out
CHOICES = 200  # damaged photos for the choice; half as many undamaged ones
SEED = 23
HARMED = 0.1  # of a thing: more of it gone is seen
LIMITS = (64, 80, 96, 128, 144, 160)
LARGE = (2000, 3000)  # a photo of 6 megapixels, for the time
LICENCE = "Trained on pictures under research or unstated terms: see the card"


class Finder:
    """The network as the tool asks it: in bfloat16 where the processor has fast instructions for that."""

    multiple_of, minimum_side = DamageFinder.multiple_of, DamageFinder.minimum_side

    def __init__(self, network: torch.nn.Module):
        self.network = network

    def __call__(self, rgb: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode(), autocast("cpu"):
            likelihood: torch.Tensor = self.network(rgb.contiguous(memory_format=torch.channels_last))
        return likelihood.float()


def main() -> None:
    parser = build_parser(__doc__, "data", "state", "every", "export", "weights", threads=1)
    arguments = parser.parse_args()
    set_up(arguments.threads)
    network = load("damage") if arguments.state is None else load_ema(arguments.state)
    finder = Finder(network)
    for line in choose_limits(finder, arguments.data, arguments.every):
        print(line)
    figures = report(finder, arguments.data, arguments.every)
    figures["processor_seconds_6_mp"] = measure_time(finder)
    for name, value in figures.items():
        print(f"{name:28} {value:.4f}")
    if arguments.export:
        rounded = {name: round(value, 4) for name, value in figures.items()}
        export("damage", "damage_finder", {}, network, LICENCE, "damage.md", rounded, arguments.weights)


def load_ema(state: Path) -> DamageFinder:
    """Return the moving average of the weights in a checkpoint of `training/damage/train.py`."""
    network = DamageFinder().eval().requires_grad_(False)
    saved = torch.load(state, map_location="cpu", weights_only=True)
    network.load_state_dict(saved["states"]["ema"]["network"])
    return network.to(memory_format=torch.channels_last)


def choose_limits(finder: Finder, data: Path, every: int) -> Iterator[str]:
    """Yield a line for each pair of limits, F1 and false area on the photos for choices; the best pairs last."""
    held = list_photos(data)[1]
    picked = [held[int(number)] for number in np.random.default_rng(SEED).permutation(len(held))[: CHOICES * 3 // 2]]
    seen = []
    for number, member in enumerate(picked[::every]):
        clean = number % 3 == 2
        random, rgb = np.random.default_rng((SEED, number)), read_rgb(member)
        sample = damage_photo(draw_things(rgb, random) if number % 2 else rgb, random, clean)
        seen.append((predict_damage(sample.rgb, finder), sample))
    rows = []
    for likely in LIMITS:
        for sure in (limit for limit in LIMITS if limit >= likely):
            counts, false = Counts(), []
            for likelihood, sample in seen:
                marks = select_marks(likelihood, likely, sure)
                if sample.mask.any():
                    counts = counts.add(count_matches(marks & (sample.known > 0), sample.mask))
                else:
                    false.append(marks.mean())
            rows.append((counts.f1, counts.precision, counts.recall, float(np.mean(false or [0.0])), likely, sure))
    for f1, precision, recall, area, likely, sure in sorted(rows)[-12:]:
        yield (
            f"choice: likely {likely} sure {sure}: F1 {f1:.3f} precision {precision:.3f} "
            f"recall {recall:.3f} false area {area:.4%}"
        )


def report(finder: Finder, data: Path, every: int) -> dict[str, float]:
    """Return the figures on photos of the sources that were left out."""
    photos = list_left_out(data, every)
    rows: list[Counts] = []
    sure: list[Counts] = []
    alone: dict[str, list[Counts]] = {}
    for number, member in enumerate(photos):
        rgb, mask, names = damage_otherwise(read_rgb(member), np.random.default_rng((SEED, 1, number)))
        likelihood = predict_damage(rgb, finder)
        counts = count_matches(select_marks(likelihood), mask)
        rows.append(counts)
        sure.append(count_matches(select_marks(likelihood, mean=SURE_MEAN, pixels=SURE_PIXELS), mask))
        if len(names) == 1:
            alone.setdefault(names[0], []).append(counts)
    total = reduce(Counts.add, rows)
    figures = {"f1": total.f1, "precision": total.precision, "recall": total.recall}
    figures["f1_of_pictures"] = float(np.mean([counts.f1 for counts in rows if counts.true] or [1.0]))
    for name in sorted(alone):
        figures[f"recall_{name}"] = reduce(Counts.add, alone[name]).recall
    certain = reduce(Counts.add, sure)
    figures |= {"sure_precision": certain.precision, "sure_recall": certain.recall}
    return figures | measure_false_marks(finder, photos)


def measure_false_marks(finder: Finder, photos: Sequence[Member]) -> dict[str, float]:
    """Return the part of the area that would be filled in undamaged photos, by source and aged in two ways."""
    areas: dict[str, list[float]] = {}
    for number, member in enumerate(photos):
        random, rgb = np.random.default_rng((SEED, 2, number)), read_rgb(member)
        marks = find_marks(rgb, finder)
        floats = rgb.astype(np.float32) / 255
        aged = age(floats, random) if number % 2 else age_otherwise(floats, random)
        areas.setdefault(f"false_area_{member.name.split('/')[0]}", []).append((marks.possible > 0).mean())
        areas.setdefault("sure_false_area", []).append((marks.sure > 0).mean())
        areas.setdefault("sure_photos_marked", []).append(float(marks.sure.any()))
        areas.setdefault("false_area_aged", []).append((find_damage(scan(aged, random), finder) > 0).mean())
    return {name: float(np.mean(values)) for name, values in areas.items()} | measure_things(finder, photos)


def measure_things(finder: Finder, photos: Sequence[Member]) -> dict[str, float]:
    """Return what would be filled in aged photos with thin things: the part of the area, of the things, and of the
    photos those in which a tenth of a thing is gone."""
    areas, taken = [], []
    for number, member in enumerate(photos):
        random = np.random.default_rng((SEED, 3, number))
        rgb, things = add_things(read_rgb(member), random)
        aged = scan(age_otherwise(rgb.astype(np.float32) / 255, random), random)
        marked = find_damage(aged, finder) > 0
        areas.append(marked.mean())
        taken.append(marked[things].mean() if things.any() else 0.0)
    spoilt = float(np.mean(np.array(taken) > HARMED))
    return {
        "false_area_things": float(np.mean(areas)),
        "things_taken": float(np.mean(taken)),
        "photos_with_a_thing_taken": spoilt,
    }


def list_left_out(data: Path, every: int = 1) -> list[Member]:
    """Return as many photos of each source that nothing was learnt from."""
    listed = [list_pictures(data, archive, prefix) for archive, prefix in LEFT_OUT]
    return [member for members in listed for member in members[:: max(1, len(members) // OF_EACH)][:OF_EACH]][::every]


def measure_time(finder: Finder) -> float:
    """Return the processor seconds that a photo of 6 megapixels takes."""
    rgb = cv2.resize(np.random.default_rng(0).integers(0, 256, (300, 200, 3), np.uint8), LARGE)
    begun = time.process_time()
    find_damage(rgb, finder)
    return time.process_time() - begun


if __name__ == "__main__":
    main()
