"""The recipe of weights/features.safetensors: what pictures are compared by, with no borrowed weights.

    python -m training.common.perceptual --data FOLDER [--minutes N] [--resume] [--release]

Johnson, Alahi, Fei-Fei: "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", ECCV 2016, compare
pictures by the features of a network that was trained to name things. Here it is a small one, trained on the 64x64
pictures of tiny-0.zip and tiny-1.zip, 200 classes, for as long as there is time. Recipes read its features from
runs/perceptual/features.pt, which each validation writes anew; `imaging.inpainting.neural_synthesis` reads the release.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks.features import SCALES, FeatureNetwork
from training.common.archives import Member, list_members, read_rgb, split_held_back
from training.common.arguments import build_parser
from training.common.export import export
from training.common.half_precision import autocast
from training.common.run import Run, set_up
from training.common.schedule import decay_by_cosine, set_rate, warm_up

ARCHIVES = ("tiny-0.zip", "tiny-1.zip")
SEED, BATCH, RATE, WIDTH = 2016, 64, 2e-3, 32
WARM_UP_STEPS, LOG_EVERY, VALIDATE_EVERY = 100, 25, 250
LICENCE = "Trained on pictures under research terms: see the card"


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads, SEED)
    listed = [member for archive in ARCHIVES for member in list_members(arguments.data, archive)]
    names = sorted({read_class(member) for member in listed})
    train, held = (load_pictures(part, names) for part in split_held_back(listed))
    network = Namer(len(names)).to(arguments.device).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.05)
    run = Run("perceptual", out=arguments.out, minutes=arguments.minutes)
    run.register(network=network, optimiser=optimiser)
    step = run.resume() if arguments.resume else 0
    while not run.out_of_time():
        set_rate(optimiser, RATE * warm_up(step, WARM_UP_STEPS) * decay_by_cosine(run.progress()))
        loss = train_step(network, optimiser, train, np.random.default_rng((SEED, step)), arguments.device)
        step += 1
        if step % LOG_EVERY == 0:
            run.log(step, loss=loss)
        if step % VALIDATE_EVERY == 0:
            validate_and_save(run, step, network, held, arguments.device)
    right = validate_and_save(run, step, network, held, arguments.device)
    if arguments.release:
        release(network, {"accuracy": round(right, 4), "classes": len(names)})


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(
        __doc__, "data", "device", "threads", "resume", "release", minutes=25.0, out=Path("runs/perceptual")
    )
    return parser.parse_args()


class Namer(nn.Module):
    """RGB (N, 3, H, W) in [0, 1] to logits (N, classes): the features with what names things on top of them."""

    def __init__(self, classes: int = 200, width: int = WIDTH):
        super().__init__()
        self.features = FeatureNetwork(width, normalised=True)
        self.logits = nn.Linear(width * 2 ** (SCALES - 1), classes)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.logits(self.features.features(pictures, SCALES)[-1].mean((2, 3)))


def read_class(member: Member) -> str:
    return member.name.split("/")[-2]


def load_pictures(listed: list[Member], names: list[str]) -> tuple[Tensor, Tensor]:
    """Return the pictures, uint8 (N, 3, 64, 64), and the numbers of their classes."""
    pictures = torch.from_numpy(np.stack([read_rgb(member) for member in listed])).permute(0, 3, 1, 2)
    return pictures, torch.tensor([names.index(read_class(member)) for member in listed])


def train_step(
    network: Namer,
    optimiser: torch.optim.Optimizer,
    pictures_and_labels: tuple[Tensor, Tensor],
    random: np.random.Generator,
    device: str,
) -> float:
    network.train()
    pictures, labels = pictures_and_labels
    drawn = torch.from_numpy(random.integers(len(labels), size=BATCH))
    top, left = random.integers(0, 17, 2)  # the same crop for a batch, mirrored or not
    crops = pictures[drawn, :, top : top + 48, left : left + 48]
    crops = crops.flip(3) if random.random() < 0.5 else crops
    crops = (crops.to(device).float() / 255).contiguous(memory_format=torch.channels_last)
    with autocast(device):
        logits = network(crops)
    loss = F.cross_entropy(logits.float(), labels[drawn].to(device), label_smoothing=0.1)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
    return loss.item()


def validate_and_save(run: Run, step: int, network: Namer, held: tuple[Tensor, Tensor], device: str) -> float:
    """Log and return the accuracy; save the checkpoint and the features that recipes read."""
    right = measure_accuracy(network, held, device)
    run.log(step, accuracy=right)
    run.checkpoint(step)
    torch.save(network.features.fold_statistics().cpu().state_dict(), run.out / "features.pt")
    network.train()
    return right


@torch.no_grad()
def measure_accuracy(network: Namer, pictures_and_labels: tuple[Tensor, Tensor], device: str) -> float:
    """Return the part of the pictures whose class is named right."""
    network.eval()
    right = 0
    for pictures, labels in zip(*(part.split(256) for part in pictures_and_labels), strict=True):
        found = network(pictures.to(device).float() / 255).argmax(1).cpu()
        right += int((found == labels).sum())
    return right / len(pictures_and_labels[1])


def release(network: Namer, figures: dict) -> None:
    plain = network.features.fold_statistics().cpu()
    export("features", "features", {"width": plain.width}, plain, LICENCE, "features.md", figures)


def load_features(path: Path) -> FeatureNetwork:
    """Return the network of a features.pt that this recipe saved, for reading features only."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    network = FeatureNetwork(width=len(state["stages.0.0.bias"]))
    network.load_state_dict(state)
    return network.eval().requires_grad_(False)


def measure_distance(network: FeatureNetwork, restored: Tensor, sharp: Tensor) -> Tensor:
    """Return the mean absolute difference of the features, a mean over their sizes; no gradient for `sharp`."""
    with torch.no_grad():
        wanted = network.features(sharp)
    pairs = zip(network.features(restored), wanted, strict=True)
    return torch.stack([(one - other).abs().mean() for one, other in pairs]).mean()


if __name__ == "__main__":
    main()
