"""What a set of deblur weights is worth: `python -m training.deblurring.measure --data FOLDER [--state FILE]`.

Protocol: the 100 photos bsds-val of validation.zip, which no recipe trains on, each blurred three times by
`training.deblurring.blur`, once per severity, with the seed (SEED, severity, photo). PSNR and SSIM against the sharp
photo, in eight bits, over the whole picture, before and after; and what the network does to the sharp photos, which
ought to be nothing. The weights `--weights` are measured unless `--state` names a file that a recipe saved; `--export`
then releases those under that name, `--sheet` writes a picture of blurred, restored and sharp ones. `--pictures`
measures on a folder of sharp pictures of one's own instead, `--handheld` with the shake of
`training.deblurring.handheld`, which no recipe learns from.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from imaging.tensors import to_pixels, to_tensor
from networks import weights
from training.common.archives import list_members, read_folder, read_rgb
from training.common.arguments import build_parser
from training.common.export import export
from training.common.metrics import psnr, ssim
from training.common.run import set_up
from training.deblurring import blur, handheld, train, train_deblurgan

SEED = 4
SHOWN_EVERY = 25  # one picture of so many is on the contact sheet, in one severity
LICENCE = "Trained on pictures under research terms: see the card"
Shaken = Callable[[np.ndarray, tuple[float, float], np.random.Generator], blur.Photograph]
# The name of the weights -> the network that its recipe trains, with its arguments.
TRAINED: dict[str, tuple[str, dict[str, Any]]] = {
    "deblur": ("deconvolver", train.SETTINGS),
    "deblurgan": ("resnet_generator", {"width": train_deblurgan.WIDTH, "blocks": train_deblurgan.BLOCKS}),
}


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads)
    network = load_network(arguments.weights, arguments.state) if arguments.state else weights.load(arguments.weights)
    shaken = handheld.photograph_handheld if arguments.handheld else photograph_protocol
    figures = measure(network, load_sharp_photos(arguments), arguments.sheet, arguments.every, shaken)
    print(json.dumps(figures, indent=2))
    if arguments.export:
        export(arguments.weights, *TRAINED[arguments.weights], network, LICENCE, f"{arguments.weights}.md", figures)


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__, "threads", "state", "export")
    add_photo_arguments(parser)
    parser.add_argument("--weights", default="deblur", choices=sorted(TRAINED), help="their name in the manifest")
    parser.add_argument("--handheld", action="store_true", help="shake of another model than the recipes'")
    parser.add_argument("--sheet", type=Path, help="a file for a contact sheet, PNG or WebP")
    return parser.parse_args()


def add_photo_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that `load_sharp_photos` reads."""
    parser.add_argument("--data", type=Path, help="the folder with validation.zip")
    parser.add_argument("--pictures", type=Path, help="a folder of sharp pictures, instead of --data")
    parser.add_argument("--every", type=int, default=1, help="measure on only every Nth picture")


def photograph_protocol(
    sharp: np.ndarray, extents: tuple[float, float], random: np.random.Generator
) -> blur.Photograph:
    """Return the photo of `sharp`, shaken as the protocol does it."""
    return blur.photograph(sharp, blur.draw_motion(random, extents), random)


def load_sharp_photos(arguments: argparse.Namespace) -> list[np.ndarray]:
    if arguments.pictures:
        return read_folder(arguments.pictures)
    return [read_rgb(member) for member in list_members(arguments.data, "validation.zip", "bsds-val/")]


def load_network(name: str, state: Path) -> nn.Module:
    network = weights.build(*TRAINED[name])
    network.load_state_dict(torch.load(state, map_location="cpu", weights_only=True))
    return network.eval()


class Case(NamedTuple):
    """One photograph of the protocol and the sharp picture behind it."""

    severity: str
    index: int  # type: ignore[assignment]  # of a case nobody asks where in it a value is
    photo: blur.Photograph
    sharp: np.ndarray


def photograph_all(photos: list[np.ndarray], every: int = 1, shaken: Shaken = photograph_protocol) -> Iterator[Case]:
    """Yield every photo, or every Nth, blurred in every severity, one severity after the other."""
    for level, (severity, extents) in enumerate(blur.SEVERITIES.items()):
        for index, sharp in list(enumerate(photos))[::every]:
            random = np.random.default_rng((SEED, level, index))
            yield Case(severity, index, shaken(sharp, extents, random), sharp)


def measure(
    network: nn.Module,
    photos: list[np.ndarray],
    sheet: Path | None = None,
    every: int = 1,
    shaken: Shaken = photograph_protocol,
) -> dict:
    """Return the figures of the protocol by severity, their means, and those of the sharp photos."""
    rows: dict[str, list[dict[str, float]]] = {severity: [] for severity in blur.SEVERITIES}
    shown = []
    for case in photograph_all(photos, every, shaken):
        restored = restore(network, case.photo.pixels)
        rows[case.severity].append(compare(case.photo.pixels, restored, case.sharp))
        if case.index % SHOWN_EVERY == list(rows).index(case.severity):
            shown.append(np.concatenate([case.photo.pixels, restored, case.sharp], axis=1))
    if sheet:
        save_sheet(shown, sheet)
    figures = {severity: average(of_one) for severity, of_one in rows.items()}
    figures["mean"] = average(list(figures.values()))
    untouched = [psnr(restore(network, sharp), sharp) for sharp in photos[::every]]
    figures["sharp"] = {"psnr_to_input": round(mean(untouched), 2), "psnr_to_input_worst": round(min(untouched), 2)}
    return figures


def save_sheet(rows: list[np.ndarray], path: Path) -> None:
    """Stack pictures of different widths, white beside the narrow ones."""
    widest = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 6), (0, widest - row.shape[1]), (0, 0)), constant_values=255) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(padded)).save(path, quality=88)


def compare(blurred: np.ndarray, restored: np.ndarray, sharp: np.ndarray) -> dict[str, float]:
    before, after = psnr(blurred, sharp), psnr(restored, sharp)
    similar_before, similar_after = ssim(blurred, sharp), ssim(restored, sharp)
    shift = np.abs(restored.mean(axis=(0, 1)) - blurred.mean(axis=(0, 1))).max()
    return {
        "psnr_blurred": before,
        "psnr": after,
        "psnr_gain": after - before,
        "ssim_blurred": similar_before,
        "ssim": similar_after,
        "ssim_gain": similar_after - similar_before,
        "mean_colour_shift_of_255": float(shift),
    }


def average(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(mean(row[name] for row in rows), 4) for name in rows[0]}


@torch.inference_mode()
def restore(network: nn.Module, pixels: np.ndarray) -> np.ndarray:
    """Run the network on a whole picture, uint8 (H, W, 3) of any size from `minimum_side` on."""
    height, width = pixels.shape[:2]
    picture = to_tensor(pixels)
    missing = (-width % network.multiple_of, -height % network.multiple_of)
    padded = F.pad(picture, (0, missing[0], 0, missing[1]), mode="reflect")
    restored: Tensor = network(padded.contiguous(memory_format=torch.channels_last))
    return to_pixels(restored[:, :, :height, :width])


if __name__ == "__main__":
    main()
