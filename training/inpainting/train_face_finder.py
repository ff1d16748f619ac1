"""Teach a small network to find faces: `python -m training.inpainting.train_face_finder --data FOLDER [--steps N]
[--export]`.

The aligned faces of faces.zip, moved, enlarged and reduced at random within windows of photographs; it learns which
are where a face should be, and how far off those are that nearly are. Most have a hole, as people's will.
Two minutes of one processor core. Figures are of held-back faces and photographs.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from networks.face_finder import FACE_LEFT, FACE_SIDE, FACE_TOP, MIN_SCORE, WINDOW, FaceFinder, find_face
from networks.manifest import WEIGHTS
from training.common.archives import is_held_back, list_members, read_rgb, split_held_back
from training.common.arguments import build_parser
from training.common.export import export
from training.common.run import set_up

SEED = 2005
OTHERS = (("scenes.zip", ""), ("photos-0.zip", ""), ("photos-1.zip", ""), ("people-street.zip", "backgrounds/"))
WINDOWS_EACH, STEPS, BATCH, RATE = 4, 2500, 64, 2e-3
# How far a face may be off, in parts of the window and as a logarithm of size: to be found there, and not to be.
NEAR, FAR = (0.06, 0.12), (0.14, 0.3)
MAX_HOLE = 0.6  # of the window's side
MOVES_WEIGHT = 10.0
SEARCHED = 60
LICENCE = "Trained on pictures under research terms: see the card"


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads, SEED)
    faces, held = load_aligned(arguments.data)
    others, held_others = load_others(arguments.data, arguments.each)
    finder = train_finder(faces, others, arguments.steps, arguments.out)
    figures = measure_windows(finder, held, held_others)
    print(figures)
    if arguments.export:
        export("facefinder", "face_finder", {}, finder, LICENCE, "facefinder.md", figures, arguments.folder)


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__, "data", "threads", "export", out=Path("runs/facefinder"))
    parser.add_argument("--each", type=int, default=WINDOWS_EACH, help="windows of each photograph without a face")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--folder", type=Path, default=WEIGHTS, help="where the result is exported")
    return parser.parse_args()


def load_aligned(data: Path) -> tuple[Tensor, Tensor]:
    """Return the aligned faces and those held back, uint8 (N, 3, 48, 48)."""
    train, held = (
        stack([resize(read_rgb(member)) for member in part])
        for part in split_held_back(list_members(data, "faces.zip"))
    )
    return train, held


def load_others(data: Path, each: int) -> tuple[Tensor, Tensor]:
    """Return windows of photographs, and of those held back, uint8 (N, 3, 48, 48); a few may hold a face."""
    random = np.random.default_rng(SEED)
    parts: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for archive, prefix in OTHERS:
        for member in list_members(data, archive, prefix):
            picture = read_rgb(member)
            for _ in range(each):
                side = round(random.uniform(WINDOW / 2, min(picture.shape[:2])))
                top, left = (int(random.integers(length - side + 1)) for length in picture.shape[:2])
                parts[is_held_back(member.stem)].append(resize(picture[top : top + side, left : left + side]))
    return stack(parts[0]), stack(parts[1])


def stack(windows: list[np.ndarray]) -> Tensor:
    """Return windows, uint8 (48, 48, 3), as one tensor (N, 3, 48, 48)."""
    return torch.from_numpy(np.stack(windows)).permute(0, 3, 1, 2)


def resize(picture: np.ndarray) -> np.ndarray:
    method = cv2.INTER_AREA if len(picture) > WINDOW else cv2.INTER_CUBIC
    return cv2.resize(picture, (WINDOW, WINDOW), interpolation=method)


def train_finder(faces: Tensor, others: Tensor, steps: int, out: Path) -> FaceFinder:
    """Return the finder after so many steps; every hundredth state is saved in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    finder, random = FaceFinder().train(), torch.Generator().manual_seed(SEED)
    optimiser = torch.optim.AdamW(finder.parameters(), RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=max(2, steps))
    for step in range(steps):
        windows, known, place = draw_batch(faces, others, random)
        loss = compute_loss(finder(windows, known)[:, :, 0, 0], place)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 0:
            print(f"step {step}: loss {loss.item():.4f}", flush=True)
            torch.save(finder.state_dict(), out / "finder.pt")
    return finder.eval().requires_grad_(False)


def compute_loss(outputs: Tensor, place: Tensor) -> Tensor:
    """Return the loss of outputs (N, 4) where faces are off by `place`, (N, 3): not a number where there is none."""
    shift, size = place[:, :2].abs().amax(1), place[:, 2].abs()
    right = (shift <= NEAR[0]) & (size <= NEAR[1])
    near = (shift <= FAR[0]) & (size <= FAR[1])
    clear = right | ~near  # what lies between is neither
    naming = F.binary_cross_entropy_with_logits(outputs[clear, 0], right[clear].float())
    return naming + MOVES_WEIGHT * F.smooth_l1_loss(outputs[near, 1:], place[near], beta=0.05)


def draw_batch(faces: Tensor, others: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Return windows (N, 3, 48, 48), what is known of them (N, 1, 48, 48), and where their faces are (N, 3).

    Half are faces out of place over other windows, a quarter faces nearly in place, a quarter have none.
    """
    drawn = torch.rand((5, BATCH), generator=random)
    reach = torch.where(torch.arange(BATCH) < BATCH // 2, 1.0, 0.35)
    place = (drawn[:3].T - 0.5) * torch.tensor([0.8, 0.8, 1.4]) * reach[:, None]
    below = others[torch.randint(len(others), (BATCH,), generator=random)].float() / 255
    above = faces[torch.randint(len(faces), (BATCH,), generator=random)].float() / 255
    above = torch.where((drawn[3] < 0.5)[:, None, None, None], above.flip(3), above)
    windows = place_faces(above, below, place)
    none = torch.arange(BATCH) >= BATCH - BATCH // 4
    windows, place = torch.where(none[:, None, None, None], below, windows), place.masked_fill(none[:, None], torch.nan)
    windows = (windows * (0.6 + 0.8 * drawn[4])[:, None, None, None]).clamp(0, 1)
    return windows, draw_known(random), place


def place_faces(faces: Tensor, below: Tensor, place: Tensor) -> Tensor:
    """Draw faces off their usual place and size, by parts of the window and a logarithm, over other windows."""
    centre = torch.tensor([FACE_TOP, FACE_LEFT]) + FACE_SIDE / 2
    shrink = torch.exp(-place[:, 2])
    moves = torch.zeros(len(faces), 2, 3)
    moves[:, 0, 0] = moves[:, 1, 1] = shrink
    for row, axis in ((0, 1), (1, 0)):  # across first, as sampling has it; the face's middle is what stays or moves
        usual = 2 * centre[axis] - 1
        moves[:, row, 2] = usual - shrink * (usual + 2 * place[:, axis])
    grid = F.affine_grid(moves, list(faces.shape), align_corners=False)
    planes = torch.cat((faces, torch.ones_like(faces[:, :1])), 1)
    found_planes = F.grid_sample(planes, grid, padding_mode="zeros", align_corners=False)
    return found_planes[:, :3] + below * (1 - found_planes[:, 3:])


def draw_known(random: torch.Generator) -> Tensor:
    """Return known planes (N, 1, 48, 48) with a box as the hole of most."""
    span = torch.arange(WINDOW)
    sides = torch.rand((2, BATCH), generator=random) * MAX_HOLE * WINDOW
    middles = torch.rand((2, BATCH), generator=random) * WINDOW
    rows, columns = (span - middles[:, :, None]).abs() < sides[:, :, None] / 2
    holed = torch.rand((BATCH,), generator=random) < 0.8
    return 1 - (rows[:, :, None] & columns[:, None] & holed[:, None, None])[:, None].float()


@torch.no_grad()
def measure_windows(finder: FaceFinder, faces: Tensor, others: Tensor) -> dict[str, float]:
    """Return how often faces, whole or holed, and other windows score enough, and how far the places found are off."""
    random, rates = np.random.default_rng(SEED), {}
    faces, others, holed = faces.float() / 255, others.float() / 255, torch.ones(len(faces), 1, WINDOW, WINDOW)
    for known in holed:
        top, left = random.integers(12, 26, 2)
        known[:, top : top + 14, left : left + 14] = 0
    everything = [
        ("faces", faces, torch.ones_like(holed)),
        ("holed_faces", faces, holed),
        ("others", others, torch.ones_like(others[:, :1])),
    ]
    for name, windows, known in everything:
        parts = zip(windows.split(256), known.split(256), strict=True)
        scores = torch.cat([finder(*part)[:, 0].flatten() for part in parts])
        rates[f"{name}_found"] = round((scores > MIN_SCORE).float().mean().item(), 4)
    return rates | measure_displaced(finder, faces, holed, others)


def measure_displaced(finder: FaceFinder, faces: Tensor, holed: Tensor, others: Tensor) -> dict[str, float]:
    """Put held-back faces, enlarged, into pictures and search them; errors in parts of the face's side."""
    apart: list[float] = []
    sizes: list[float] = []
    for number in range(min(SEARCHED, len(faces), len(others))):
        scene, known = F.interpolate(others[number][None], (240, 240), mode="bilinear"), torch.ones(1, 1, 240, 240)
        top, left, side = 40 + number % 60, 100 - number % 60, 60 + number % 48
        rows, columns = slice(top, top + side), slice(left, left + side)
        scene[:, :, rows, columns] = F.interpolate(faces[number][None], (side, side), mode="bilinear")
        known[:, :, rows, columns] = F.interpolate(holed[number][None], (side, side))
        found = find_face(finder, scene * known, known, 1 - known)
        if found is None:
            apart, sizes = [*apart, 1.0], [*sizes, 1.0]
            continue
        wanted = top + side * (FACE_TOP + FACE_SIDE / 2), left + side * (FACE_LEFT + FACE_SIDE / 2)
        middle = found.top + found.side / 2, found.left + found.side / 2
        apart.append(max(abs(one - other) for one, other in zip(middle, wanted, strict=True)) / (side * FACE_SIDE))
        sizes.append(abs(np.log(found.side / side / FACE_SIDE)))
    kinds = {"off_by": apart, "size_off_by": sizes}
    return {
        f"{kind}_{share}": round(float(np.quantile(values, share / 100)), 4)
        for kind, values in kinds.items()
        for share in (50, 90)
    }


if __name__ == "__main__":
    main()
