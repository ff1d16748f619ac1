"""Train U2-Net-p to find people, for the background service.

    python -m training.matting.train --data FOLDER --minutes 92
    torchrun --standalone --nproc-per-node 2 -m training.matting.train --data FOLDER --minutes 90 --from-released
    python -m training.matting.train --data FOLDER --minutes 22 --polish --threads 2

One run tied to the clock: small pictures first, where an epoch is cheap, then larger ones for the outlines, at last
coarse and fine ones in turns; the learning rate follows the spent part of the budget. What is released is the moving
average of the weights, with `--halfway` the mean of it and of the weights released before (model soups: Wortsman et
al. 2022). Loss: the sum over all seven maps of the binary cross-entropy, as in the paper, and of one minus the soft
intersection over union (as in BASNet by the same authors, Qin et al. 2019), which wants a sharp outline where
cross-entropy is content with a soft guess. Kernels learn by Muon; several processes can learn together
(`training/common/distributed.py`).
`--from-released` goes on from the released weights, with a plan of its own; `--polish` has its last part only.
Both learn from the portraits without masks too, whose masks the released weights make (self-training: Xie et al.
2020), and more often from those that these weights know badly.
"""

import argparse
import math
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from networks import weights
from networks.u2net import U2NetP
from training.common.arguments import build_parser
from training.common.crops import to_batch
from training.common.distributed import ProcessGroup
from training.common.ema import EMA
from training.common.export import export
from training.common.half_precision import autocast
from training.common.muon import Muon
from training.common.run import Run, set_up
from training.common.schedule import decay_by_cosine, set_rate
from training.matting.data import Collection, draw_example, load_collection
from training.matting.measure import compare, measure_figures, predict, predict_as_served


class Plan(NamedTuple):
    """How the time is spent. `stages`: from this part of the time on, the sides and batch sizes that take turns."""

    stages: tuple[tuple[float, tuple[tuple[int, int], ...]], ...]
    peak_rate: float
    finish: float  # of the time: a second, lower cosine lets the network grow used to the last side
    finish_rate: float


LAST = (160, 8), (224, 6), (320, 4)  # in turns
FROM_NOTHING = Plan(((0.0, ((64, 12),)), (0.32, ((96, 8),)), (0.8, LAST)), 1.5e-3, 0.8, 5e-4)
FROM_RELEASED = Plan(((0.0, ((96, 12),)), (0.22, ((128, 10),)), (0.48, ((160, 8),)), (0.7, LAST)), 2e-3, 0.7, 5e-4)
POLISH = Plan(((0.0, LAST),), 1e-3, 1.0, 0.0)
WARM_UP = 0.02  # of the time
LAST_RATE_SHARE = 0.01  # of a cosine's peak
EMA_DECAY = 0.995
OVERLAP_AREA = 0.02  # of the frame
HARD, HARD_AGAIN = 0.93, 2  # below that IoU a portrait is hard, and is learnt from so often more
LOG_EVERY_STEPS = 25
CHECKPOINT_EVERY_STEPS = 100
MEASURE_EVERY_STEPS = 500
LICENCE = "Trained on pictures under research or unstated terms: see the card"


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads, seed=0)
    name, plan = choose_plan(arguments)
    processes = ProcessGroup()
    run = Run(name, arguments.out, arguments.minutes)
    network = U2NetP() if plan is FROM_NOTHING else load_released(arguments.device).requires_grad_(True)
    network = network.to(arguments.device).to(memory_format=torch.channels_last).train()
    ema = EMA(network, EMA_DECAY, warm_up=None, average_buffers=True)
    optimiser = Muon(network, plan.peak_rate, weight_decay=1e-4)
    run.register(network=network, ema=ema, optimiser=optimiser)
    step = run.resume() if arguments.resume else 0
    validation = load_collection(arguments.data, validation=True)
    if not run.out_of_time():
        pictures = load_collection(arguments.data)
        if plan is not FROM_NOTHING:
            pictures = add_unlabelled(pictures, load_released(arguments.device), processes)
        train(run, processes, plan, step, network, ema, optimiser, pictures, validation)
    if processes.leads:
        if arguments.halfway:
            move_halfway(ema.network, load_released(arguments.device))
        release(ema.network, validation, arguments.weights)
    processes.close()


def load_released(device: str) -> U2NetP:
    """Return the released network, on `device`. Ends the recipe where that is of another class."""
    released = weights.load("background")
    if not isinstance(released, U2NetP):
        raise SystemExit("the released weights are not of U2-Net-p, with which this recipe goes on")
    return released.to(device)


def release(released: U2NetP, validation: Collection, folder: Path) -> None:
    """Measure the network on the held-back people and export it into `folder`."""
    measured = measure_figures(released, validation, predict)
    measured = {name: round(value, 4) for name, value in measured.items()}
    print(measured)
    export("background", "u2netp", {}, released, LICENCE, "background.md", measured, folder)


def move_halfway(network: U2NetP, other: U2NetP) -> None:
    """Make the weights of `network` the mean of theirs, its norms' statistics too."""
    theirs = other.state_dict()
    for name, own in network.state_dict().items():
        if own.is_floating_point():
            own.lerp_(theirs[name], 0.5)


def parse_arguments() -> argparse.Namespace:
    names = ("data", "out", "weights", "device", "threads", "resume", "from_released")
    parser = build_parser(__doc__, *names, minutes=92.0)
    parser.add_argument("--polish", action="store_true", help="as --from-released, at the last sides and a low rate")
    parser.add_argument("--halfway", action="store_true", help="release the mean with the weights in weights/")
    return parser.parse_args()


def choose_plan(arguments: argparse.Namespace) -> tuple[str, Plan]:
    if arguments.polish:
        return "background-polish", POLISH
    return ("background-further", FROM_RELEASED) if arguments.from_released else ("background", FROM_NOTHING)


def add_unlabelled(pictures: Collection, teacher: U2NetP, processes: ProcessGroup) -> Collection:
    """Add portraits: the unlabelled ones, masked as the service does it now, and the hard ones again.

    Hard are those that `teacher` did not learn well. Each process predicts a part of them.
    """
    portraits, own = pictures.portraits, pictures.unlabelled[processes.rank :: processes.size]
    masked = [(rgb, np.rint(255 * predict_as_served(teacher, rgb)).astype(np.uint8)) for rgb in own]
    hard = [
        number
        for number in range(processes.rank, len(portraits), processes.size)
        if measure_iou(teacher, *portraits[number]) < HARD
    ]
    again = [portraits[number] for number in processes.gather(hard)]
    return pictures._replace(portraits=[*portraits, *processes.gather(masked), *again * HARD_AGAIN])


def measure_iou(teacher: U2NetP, rgb: np.ndarray, mask: np.ndarray) -> float:
    """Return the IoU of the teacher's mask."""
    return compare(predict(teacher, rgb), mask / 255)[0]


def train(
    run: Run,
    processes: ProcessGroup,
    plan: Plan,
    step: int,
    network: U2NetP,
    ema: EMA,
    optimiser: Muon,
    pictures: Collection,
    validation: Collection,
) -> None:
    rng, recent = np.random.default_rng((processes.rank, step)), []
    while (progress := processes.broadcast(run.progress())) < 1:
        set_rate(optimiser, compute_rate(plan, progress))
        _, turns = [stage for stage in plan.stages if stage[0] <= progress][-1]
        side, size = turns[step % len(turns)]
        recent.append(train_step(network, optimiser, *draw_batch(pictures, side, size, rng), processes))
        ema.update(network)
        step += 1
        if not processes.leads:
            continue
        if step % LOG_EVERY_STEPS == 0 or not math.isfinite(recent[-1][0]):
            loss, fused = np.mean(recent, axis=0).tolist()
            run.log(step, loss=loss, fused=fused, rate=compute_rate(plan, progress), side=side)
            recent.clear()
        if step % CHECKPOINT_EVERY_STEPS == 0:
            run.checkpoint(step)
        if step % MEASURE_EVERY_STEPS == 0:
            method = partial(predict, side=turns[0][0])
            run.log(step, **measure_figures(ema.network, validation, method, at_most=20))
    if processes.leads:
        run.checkpoint(step)


def compute_rate(plan: Plan, progress: float) -> float:
    """Return the rate: a linear warm-up, a cosine towards nothing, and from the plan's finish on a second cosine."""
    if progress < WARM_UP:
        return plan.peak_rate * (0.05 + 0.95 * progress / WARM_UP)
    if progress < plan.finish:
        return plan.peak_rate * decay_by_cosine((progress - WARM_UP) / (1 - WARM_UP), LAST_RATE_SHARE)
    return plan.finish_rate * decay_by_cosine((progress - plan.finish) / (1 - plan.finish), LAST_RATE_SHARE)


def draw_batch(
    pictures: Collection, side: int, size: int, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `size` examples: rgb (N, 3, side, side) and mask (N, 1, side, side), both in [0, 1]."""
    rgbs, masks = zip(*(draw_example(pictures, side, rng) for _ in range(size)), strict=True)
    return to_batch(list(rgbs)), torch.from_numpy(np.stack(masks))[:, None].float() / 255


def train_step(
    network: U2NetP,
    optimiser: Muon | torch.optim.Optimizer,
    rgb: torch.Tensor,
    mask: torch.Tensor,
    processes: ProcessGroup | None = None,
) -> tuple[float, float]:
    """Take one step by the mean gradient of all processes; return the summed loss and that of the fused map alone."""
    device = next(network.parameters()).device
    if device.type == "cuda":  # pinned pages travel while the card still works on the step before
        rgb, mask = rgb.pin_memory(), mask.pin_memory()
    rgb, mask = rgb.to(device, non_blocking=True), mask.to(device, non_blocking=True)
    with autocast(device.type):
        maps = network(rgb)
    losses = [F.binary_cross_entropy_with_logits(logits.float(), mask) for logits in maps]
    total = sum([*losses, *(soft_iou_loss(logits.float(), mask) for logits in maps)], torch.zeros(()))
    optimiser.zero_grad(set_to_none=True)
    total.backward()
    if processes:
        processes.average_gradients(network)
    torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimiser.step()
    return total.item(), losses[0].item()


def soft_iou_loss(logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return one minus the soft intersection over union, averaged over (N, 1, H, W); both empty is a full overlap.

    A small area is added to both, so that where nobody is the term still falls with what is taken for a person.
    """
    found = torch.sigmoid(logits)
    both = (found * mask).mean((1, 2, 3))
    either = (found + mask).mean((1, 2, 3)) - both
    return (1 - (both + OVERLAP_AREA) / (either + OVERLAP_AREA)).mean()


if __name__ == "__main__":
    main()
