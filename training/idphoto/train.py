"""Teach the face detector and the landmarks: `python -m training.idphoto.train --data FOLDER --labels FILE [--export]`.

The labels are those of `training.idphoto.label_faces`. Each stage of the landmarks is a ridge regression, solved at
once; detector and judge are small networks over the same histograms of edges. Everything starts from nothing. A few
minutes of one processor core. Figures are of the tenth held back, against the teacher.
"""

import argparse
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imaging.idphoto.points import MIRRORED, NAMES, estimate_pose
from networks.face_landmarker import CELL, CROP, DIRECTIONS, STAGES, WINDOW, FaceLandmarker
from networks.manifest import WEIGHTS
from training.common.arguments import build_parser
from training.common.crops import to_batch
from training.common.export import export
from training.common.run import set_up
from training.idphoto.mistakes import find_hard_crops, find_hard_windows, measure_search
from training.idphoto.samples import (
    Photo,
    Spread,
    cut_empty,
    cut_face,
    cut_wrong,
    read_empty,
    read_photos,
)

SEED = 24
SAMPLES, PHOTOS = 5_000, 1_500
# What each stage has to put right: more than nine in ten of the errors that the one before leaves.
SPREADS = (Spread(0.26, 0.26, 25), Spread(0.07, 0.10, 7))
DETECTED = Spread(0.07, 0.12, 14)
WINDOW_AROUND, CROP_AROUND = 1.3, 1.5  # of the face's side
RIDGE = 0.02  # of the mean variance of a feature
ROUNDS, STEPS, BATCH, RATE = 3, 800, 256, 3e-3
SMALL = 100  # pixels: smaller photos, those of faces.zip, show one face and nothing else
SEARCHED = 60  # photos of each kind, held back, in which the search is measured
REPEAT = 3  # how often a mistake of the search counts among the rest
LICENCE = "Trained on pictures under research terms: see the card"


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads, SEED)
    photos, held = read_photos(arguments.data, arguments.labels, arguments.photos)
    empty, held_empty = read_empty(arguments.data, arguments.labels)
    print(f"{len(photos)} photos, {len(held)} held back, {len(empty)} and {len(held_empty)} without faces", flush=True)
    network, random = FaceLandmarker(len(NAMES)).requires_grad_(False), np.random.default_rng(SEED)
    for stage in range(STAGES):
        faces = learn_stage(network, stage, photos, arguments.samples, random)
        print(f"stage {stage}: {measure_stage(network, stage, held)}", flush=True)
    learn_detector(network, photos, empty, arguments.samples, random)
    large = [photo for photo in photos if min(photo.rgb.shape[:2]) > SMALL]
    learn_judge(network, faces, photos, large, empty, random)
    figures = measure_stage(network.eval(), STAGES - 1, held) | measure_detector(network, held)
    large = [photo for photo in held if min(photo.rgb.shape[:2]) > SMALL]
    figures |= measure_search(network, large[:SEARCHED] + held_empty[:SEARCHED])
    print(figures)
    if arguments.export:
        export("face", "face_landmarker", {}, network, LICENCE, "face.md", figures, arguments.folder)


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__, "data", "threads", "export")
    parser.add_argument("--labels", type=Path, required=True, help="the file that label_faces wrote")
    parser.add_argument("--photos", type=int, default=PHOTOS, help="at most, of one archive")
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--folder", type=Path, default=WEIGHTS, help="where the result is exported")
    return parser.parse_args()


def draw(items: list, count: int, random: np.random.Generator):
    """Yield so many of the items at random, the same one more than once."""
    return (items[int(random.integers(len(items)))] for _ in range(count))


def compute_edges(network: FaceLandmarker, crops: list[np.ndarray]) -> Tensor:
    """Return the features (N, F) of crops, uint8 (side, side, 3)."""
    return torch.cat([network.edges(to_batch(crops[at : at + 128])).flatten(1) for at in range(0, len(crops), 128)])


def learn_stage(network: FaceLandmarker, stage: int, photos: list[Photo], count: int, random) -> Tensor:
    """Solve the ridge regression from features to points, faces being off as far as this stage must put right.

    Every crop is learnt with its mirror image. Returns the features (N, F).
    """
    cut = [cut_face(photo, SPREADS[stage], CROP_AROUND, CROP, random) for photo in draw(photos, count, random)]
    seen, places = compute_edges(network, [crop for crop, _ in cut]), np.stack([points for _, points in cut])
    features = torch.cat([seen, mirror_edges(seen)]).double()
    wanted = torch.from_numpy(np.concatenate([places, places[:, MIRRORED] * [-1, 1] + [1, 0]])).flatten(1).double()
    mean, centre = features.mean(0), wanted.mean(0)
    features -= mean
    covariance = features.T @ features / len(features)
    covariance += RIDGE * covariance.diagonal().mean() * torch.eye(len(covariance))
    weight = torch.linalg.solve(covariance, features.T @ (wanted - centre) / len(features)).T
    layer = cast(nn.Linear, network.stages[stage])
    layer.weight.copy_(weight)
    layer.bias.copy_(centre - weight @ mean)
    return seen


def mirror_edges(features: Tensor) -> Tensor:
    """Return the features (N, F) of the mirror images of crops."""
    cells = features.view(len(features), DIRECTIONS, CROP // CELL, CROP // CELL).flip(3)
    directions = (DIRECTIONS // 2 - torch.arange(DIRECTIONS)) % DIRECTIONS
    return cells[:, directions].flatten(1)


def learn_detector(network: FaceLandmarker, photos: list[Photo], empty: list[Photo], count: int, random) -> None:
    """Teach which windows are faces; in each round also those without one that the last round took for one."""
    count = count * 2 // 3
    yes = [cut_face(photo, DETECTED, WINDOW_AROUND, WINDOW, random)[0] for photo in draw(photos, count, random)]
    no = [cut_wrong(photo, WINDOW_AROUND, WINDOW, random) for photo in draw(photos, count, random)]
    no += [cut_empty(photo.rgb, WINDOW, random) for photo in draw(empty, count // 2, random)]
    first = cast(nn.Conv2d, network.detector[0])
    cells = (first.in_channels, *first.kernel_size)
    faces, others = (compute_edges(network, crops).view(-1, *cells) for crops in (yes, no))
    for number in range(ROUNDS):
        separate(network.detector, faces, others)
        if number < ROUNDS - 1:
            others = torch.cat([others, *(find_hard_windows(network, photo.rgb, random) for photo in empty)])
            print(f"round {number}: {len(others)} windows without faces", flush=True)


def learn_judge(
    network: FaceLandmarker, faces: Tensor, photos: list[Photo], large: list[Photo], empty: list[Photo], random
) -> None:
    """Teach whether a crop of the last stage's kind holds a face; `faces` are the features (N, F) of some.

    In each round also what the search, with the detector and the judge of the last, took for a face in the large photos
    and in the empty ones: textures on clothes, leaves, windows.
    """
    count = len(faces) // 3
    no = [cut_wrong(photo, CROP_AROUND, CROP, random) for photo in draw(photos, count, random)]
    no += [cut_empty(photo.rgb, CROP, random) for photo in draw(empty, count, random)]
    yes, others = torch.cat([faces, mirror_edges(faces)]), compute_edges(network, no)
    others = torch.cat([others, mirror_edges(others)])
    for number in range(ROUNDS):
        separate(network.judge, yes, others)
        if number < ROUNDS - 1:
            some = [*draw(large, count // 11, random), *draw(empty, count // 11, random)]
            hard = [crop for photo in some for crop in find_hard_crops(network, photo)]
            if hard:
                edges = compute_edges(network, hard)
                others = torch.cat([others, *[edges, mirror_edges(edges)] * REPEAT])
            print(f"round {number}: {len(hard)} mistakes of the search", flush=True)


def separate(network: nn.Module, yes: Tensor, no: Tensor) -> None:
    """Train a small network until it scores `yes` over 0 and `no` under it."""
    network.requires_grad_(True)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS)
    for step in range(STEPS):
        some = yes[torch.randint(len(yes), (BATCH // 3,))], no[torch.randint(len(no), (BATCH - BATCH // 3,))]
        there = torch.cat([torch.ones(len(some[0])), torch.zeros(len(some[1]))])
        loss = F.binary_cross_entropy_with_logits(network(torch.cat(some)).flatten(), there)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 200 == 199:
            print(f"  step {step + 1}: loss {loss.item():.4f}", flush=True)
    network.requires_grad_(False)


def measure_stage(network: FaceLandmarker, stage: int, held: list[Photo]) -> dict[str, float]:
    """Return errors of points and chin in percent of the face's side, faces off as far as the stage allows."""
    random = np.random.default_rng(SEED)
    crops, points = zip(*(cut_face(photo, SPREADS[stage], CROP_AROUND, CROP, random) for photo in held), strict=True)
    wanted = np.stack(points)
    places = network.locate(to_batch(list(crops)), stage).numpy()
    sides = np.array([estimate_pose(each).side for each in wanted])
    errors = np.linalg.norm(places - wanted, axis=2) / sides[:, None] * 100
    chin = errors[:, NAMES.index("chin")]
    return {
        "points_percent": round(float(errors.mean()), 2),
        "chin_percent_50": round(float(np.median(chin)), 2),
        "chin_percent_90": round(float(np.quantile(chin, 0.9)), 2),
    }


def measure_detector(network: FaceLandmarker, held: list[Photo]) -> dict[str, float]:
    """Return the shares of held-back faces, nearly in place, and of wrong windows beside them that score over 0."""
    random = np.random.default_rng(SEED)
    yes = [cut_face(photo, DETECTED, WINDOW_AROUND, WINDOW, random)[0] for photo in held]
    no = [cut_wrong(photo, WINDOW_AROUND, WINDOW, random) for photo in held]
    found, mistaken = ((network(to_batch(crops)).flatten() > 0).float().mean().item() for crops in (yes, no))
    return {"faces": len(held), "detected": round(found, 4), "wrong_detected": round(mistaken, 4)}


if __name__ == "__main__":
    main()
