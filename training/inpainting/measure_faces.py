"""What completed faces are worth: `python -m training.inpainting.measure_faces --data FOLDER --network dcgan [--state
FILE]`.

Protocol: the first held-back faces of faces.zip, 64 by 64 pixels, each with one hole of three kinds, drawn with the
seed (SEED, kind, face): strokes over at least 20 %, a box over a quarter in the middle, and the upper or lower half of
the face. Four completions each, blended as the site does. PSNR inside the hole, of all completions and of the nearest;
how far apart they are there; beside them, OpenCV's Telea. `--sheet` writes a picture of the first rows; `--export`
releases the state that was measured.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from imaging.inpainting import faces
from imaging.inpainting.laplace_fill import laplace_fill
from networks import weights
from networks.dcgan import DCGAN
from networks.pluralistic import Pluralistic
from training.common.arguments import build_parser
from training.common.export import export
from training.common.run import set_up
from training.inpainting import hole_masks
from training.inpainting.train_dcgan import load_faces, measure_hole_psnrs
from training.inpainting.train_pluralistic import draw_sheet, measure_completions

SEED, SIDE = 16, 64
KINDS = ("strokes", "box", "half")
PICTURES, COMPLETIONS = 32, 4
NETWORKS = {"dcgan": DCGAN, "pluralistic": Pluralistic}
METHODS: dict[str, Callable[[Any, int], faces.CompleteFace]] = {
    "dcgan": faces.complete_by_search,
    "pluralistic": faces.complete_by_guess,
}
LICENCE = "Trained on pictures under research terms: see the card"


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads)
    network = load_trained(arguments.network, arguments.state) if arguments.state else weights.load(arguments.network)
    held = load_faces(arguments.data)[1][: arguments.pictures].float() / 255
    figures = {kind: evaluate(arguments.network, network, held, kind, arguments.sheet) for kind in KINDS}
    print(json.dumps(figures, indent=2))
    if arguments.export:
        sizes = {name: getattr(network, name) for name in ("width", "latent", "codes") if hasattr(network, name)}
        export(arguments.network, arguments.network, sizes, network, LICENCE, f"{arguments.network}.md", figures)


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__, "data", "state", "threads", "export")
    parser.add_argument("--network", choices=sorted(NETWORKS), required=True)
    parser.add_argument("--pictures", type=int, default=PICTURES)
    parser.add_argument("--sheet", type=Path, help="a folder for pictures of the first faces")
    return parser.parse_args()


def load_trained(name: str, state: Path) -> torch.nn.Module:
    """Return the network of a state that a recipe saved, its sizes read off the tensors."""
    tensors = torch.load(state, map_location="cpu", weights_only=True)
    network: torch.nn.Module
    if name == "dcgan":
        latent = tensors["generator.layers.0.weight"].shape[0]
        network = DCGAN(len(tensors["critic.layers.0.bias"]), latent)
    else:
        network = Pluralistic(len(tensors["begin.bias"]), tensors["widen.first.weight"].shape[1])
    network.load_state_dict(tensors)
    return network.eval().requires_grad_(False)


def evaluate(name: str, network: torch.nn.Module, held: Tensor, kind: str, folder: Path | None) -> dict[str, float]:
    """Return the figures of one kind of hole, a mean over the faces."""
    drawn = [draw_hole(kind, np.random.default_rng((SEED, KINDS.index(kind), number))) for number in range(len(held))]
    known = 1 - torch.from_numpy(np.stack(drawn))[:, None].float()
    start = time.process_time()
    pairs = list(zip(held.split(1), known.split(1), strict=True))
    made = [[complete_and_blend(METHODS[name](network, seed), *pair) for pair in pairs] for seed in range(COMPLETIONS)]
    completions = torch.stack([torch.cat(part) for part in made])
    seconds = (time.process_time() - start) / COMPLETIONS / len(held)
    telea = torch.cat([diffuse(*pair) for pair in zip(held, known, strict=True)])
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        draw_sheet(completions, held, known, folder / f"{name}-{kind}.png")
    figures = measure_completions(completions, held, known) | {
        "telea_psnr": measure_hole_psnrs(telea, held, known).mean().item()
    }
    return {key: round(value, 4) for key, value in (figures | {"seconds": seconds}).items()}


def draw_hole(kind: str, random: np.random.Generator) -> np.ndarray:
    """Return a hole, bool (64, 64)."""
    missing = np.zeros((SIDE, SIDE), bool)
    if kind == "strokes":
        drawn = np.zeros((SIDE, SIDE), np.uint8)
        while drawn.mean() < 0.2:
            hole_masks.draw_stroke(drawn, random)
        return drawn.astype(bool)
    if kind == "box":
        missing[16:48, 16:48] = True
    else:
        rows = slice(8, 32) if random.random() < 0.5 else slice(32, 56)
        missing[rows, 8:56] = True
    return missing


def complete_and_blend(complete: faces.CompleteFace, picture: Tensor, known: Tensor) -> Tensor:
    """Return (1, 3, 64, 64) with the hole completed and blended, known pixels as they were."""
    missing = known[0, 0].numpy() == 0
    pixels = (picture[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    given = torch.from_numpy(faces.fill_smoothly(pixels, missing)).permute(2, 0, 1)[None].float() / 255
    face = complete(given, known, lambda share: None)[0].permute(1, 2, 0).numpy()
    here = known[0, 0].numpy()
    blended = face + laplace_fill((picture[0].permute(1, 2, 0).numpy() - face) * here[:, :, None], here)
    found = torch.from_numpy(blended).permute(2, 0, 1)[None].clamp(0, 1)
    return picture * known + found * (1 - known)


def diffuse(picture: Tensor, known: Tensor) -> Tensor:
    pixels = (picture.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    found = cv2.inpaint(pixels, (known[0].numpy() == 0).astype(np.uint8), 3, cv2.INPAINT_TELEA)
    return torch.from_numpy(found).permute(2, 0, 1)[None].float() / 255


if __name__ == "__main__":
    main()
