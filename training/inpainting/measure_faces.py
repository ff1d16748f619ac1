"""What completed faces are worth: `python -m training.inpainting.measure_faces --data FOLDER --network dcgan [--state
FILE]`.

Protocol: the first held-back faces of faces.zip, 64 by 64 pixels, each with one hole of three kinds, drawn with the
seed (SEED, kind, face): strokes over at least 20 %, a box over a quarter in the middle, and the upper or lower half of
the face. Four answers each, blended as the site does. PSNR inside the hole, of all answers and of the nearest; how far
apart answers are there; beside them, OpenCV's Telea. `--sheet` writes a picture of the first rows; `--export` releases
the state that was measured.
"""

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from imaging.inpainting import faces as completion
from imaging.inpainting.laplace_fill import laplace_fill
from networks import weights
from networks.dcgan import DCGAN
from networks.pluralistic import Pluralistic
from training.common.export import export
from training.inpainting import hole_masks
from training.inpainting.train_dcgan import faces, hole_psnrs
from training.inpainting.train_pluralistic import measure, sheet

SEED, SIDE = 16, 64
KINDS = ("strokes", "box", "half")
PICTURES, ANSWERS = 32, 4
NETWORKS = {"dcgan": DCGAN, "pluralistic": Pluralistic}
WAYS = {"dcgan": completion.by_search, "pluralistic": completion.by_guess}
LICENCE = "Trained on pictures under research terms: see the card"


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    network = load_trained(arguments.network, arguments.state) if arguments.state else weights.load(arguments.network)
    held = faces(arguments.data)[1][: arguments.pictures].float() / 255
    figures = {kind: evaluate(arguments.network, network, held, kind, arguments.sheet) for kind in KINDS}
    print(json.dumps(figures, indent=2))
    if arguments.export:
        sizes = {name: getattr(network, name) for name in ("width", "latent", "codes") if hasattr(network, name)}
        export(arguments.network, arguments.network, sizes, network, LICENCE, f"{arguments.network}.md", figures)


def parse_arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with faces.zip")
    parser.add_argument("--network", choices=sorted(NETWORKS), required=True)
    parser.add_argument("--state", type=Path, help="average.pt of the recipe; else the shipped weights")
    parser.add_argument("--pictures", type=int, default=PICTURES)
    parser.add_argument("--sheet", type=Path, help="a folder for pictures of the first faces")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--export", action="store_true", help="release the state that was measured")
    return parser.parse_args(words)


def load_trained(name: str, state: Path) -> torch.nn.Module:
    """Return the network of a state that a recipe saved, its sizes read off the tensors."""
    tensors = torch.load(state, map_location="cpu", weights_only=True)
    if name == "dcgan":
        latent = tensors["generator.layers.0.weight"].shape[0]
        network = DCGAN(len(tensors["critic.layers.0.bias"]), latent)
    else:
        network = Pluralistic(len(tensors["begin.bias"]), tensors["widen.first.weight"].shape[1])
    network.load_state_dict(tensors)
    return network.eval().requires_grad_(False)


def evaluate(name: str, network: torch.nn.Module, held: Tensor, kind: str, folder: Path | None) -> dict[str, float]:
    """Return the figures of one kind of hole, a mean over the faces."""
    drawn = [hole(kind, np.random.default_rng((SEED, KINDS.index(kind), number))) for number in range(len(held))]
    known = 1 - torch.from_numpy(np.stack(drawn))[:, None].float()
    start = time.process_time()
    pairs = list(zip(held.split(1), known.split(1), strict=True))
    made = [[complete_and_blend(WAYS[name](network, seed), *pair) for pair in pairs] for seed in range(ANSWERS)]
    answers = torch.stack([torch.cat(part) for part in made])
    seconds = (time.process_time() - start) / ANSWERS / len(held)
    telea = torch.cat([diffuse(*pair) for pair in zip(held, known, strict=True)])
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        sheet(answers, held, known, folder / f"{name}-{kind}.png")
    figures = measure(answers, held, known) | {"telea_psnr": hole_psnrs(telea, held, known).mean().item()}
    return {key: round(value, 4) for key, value in (figures | {"seconds": seconds}).items()}


def hole(kind: str, random: np.random.Generator) -> np.ndarray:
    """Return a hole, bool (64, 64)."""
    missing = np.zeros((SIDE, SIDE), bool)
    if kind == "strokes":
        drawn = np.zeros((SIDE, SIDE), np.uint8)
        while drawn.mean() < 0.2:
            hole_masks.stroke(drawn, random)
        return drawn.astype(bool)
    if kind == "box":
        missing[16:48, 16:48] = True
    else:
        rows = slice(8, 32) if random.random() < 0.5 else slice(32, 56)
        missing[rows, 8:56] = True
    return missing


def complete_and_blend(answer: completion.Answer, picture: Tensor, known: Tensor) -> Tensor:
    """Return (1, 3, 64, 64) with the hole completed and blended, known pixels as they were."""
    missing = known[0, 0].numpy() == 0
    pixels = (picture[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    given = torch.from_numpy(completion.fill_smoothly(pixels, missing)).permute(2, 0, 1)[None].float() / 255
    face = answer(given, known, lambda share: None)[0].permute(1, 2, 0).numpy()
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
