"""Train U2-Net-p to find people, for the background service.

    python -m training.matting.train --data FOLDER --minutes 92
    torchrun --standalone --nproc-per-node 2 -m training.matting.train --data FOLDER --minutes 90 --from-released
    python -m training.matting.train --data FOLDER --minutes 22 --polish --threads 2

One run tied to the clock: small pictures first, where an epoch is cheap, then larger ones for the outlines, at last
coarse and fine ones in turns; the learning rate follows the spent part of the budget. What is released is the moving
average of the weights, with `--halfway` the mean of it and of the weights released before (model soups: Wortsman et
al. 2022). Loss: the sum over all seven maps of the binary cross-entropy, as in the paper, and of one minus the soft
intersection over union (as in BASNet by the same authors, Qin et al. 2019), which asks for the outline where
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

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from networks import weights
from networks.manifest import WEIGHTS
from networks.u2net import U2NetP
from training.common.distributed import ProcessGroup
from training.common.export import export
from training.common.muon import Muon
from training.common.run import Run
from training.matting.data import Collection, collection, example
from training.matting.measure import compare, figures, predict, predict_as_served


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
AVERAGE_DECAY = 0.995
OVERLAP_AREA = 0.02  # of the frame
HARD, HARD_AGAIN = 0.93, 2  # by its IoU a hard portrait, which is learnt from so often more
LOG_EVERY_STEPS = 25
CHECKPOINT_EVERY_STEPS = 100
MEASURE_EVERY_STEPS = 500
LICENCE = "Trained on pictures under research or unstated terms: see the card"


def main() -> None:
    chosen = arguments()
    torch.set_num_threads(chosen.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(0)
    name, plan = choose_plan(chosen)
    team = ProcessGroup()
    run = Run(name, chosen.out, chosen.minutes)
    network = U2NetP() if plan is FROM_NOTHING else weights.load("background").requires_grad_(True)
    network = network.to(chosen.device, memory_format=torch.channels_last).train()
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE_DECAY), use_buffers=True)
    optimiser = Muon(network, plan.peak_rate, weight_decay=1e-4)
    run.register(network=network, average=average, optimiser=optimiser)
    step = run.resume() if chosen.resume else 0
    validation = collection(chosen.data, validation=True)
    if not run.out_of_time():
        pictures = collection(chosen.data)
        if plan is not FROM_NOTHING:
            pictures = add_unlabelled(pictures, weights.load("background").to(chosen.device), team)
        train(run, team, plan, step, network, average, optimiser, pictures, validation)
    if team.leads:
        released = average.module.eval()
        if chosen.halfway:
            move_halfway(released, weights.load("background").to(chosen.device))
        release(released, validation, chosen.weights)
    team.close()


def release(released: U2NetP, validation: Collection, folder: Path) -> None:
    """Measure the network on the held-back people and export it into `folder`."""
    measured = figures(released, validation, predict)
    measured = {name: round(value, 4) for name, value in measured.items()}
    print(measured)
    export("background", "u2netp", {}, released, LICENCE, "background.md", measured, folder)


def move_halfway(network: U2NetP, other: U2NetP) -> None:
    """Make the weights of `network` the mean of theirs, its norms' statistics too."""
    theirs = other.state_dict()
    for name, own in network.state_dict().items():
        if own.is_floating_point():
            own.lerp_(theirs[name], 0.5)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the zip archives")
    parser.add_argument("--minutes", type=float, default=92, help="0 with --resume exports the last checkpoint")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--from-released", action="store_true", help="go on from the weights in weights/")
    parser.add_argument("--polish", action="store_true", help="the same, at the last sides and a low rate only")
    parser.add_argument("--halfway", action="store_true", help="release the mean with the weights in weights/")
    parser.add_argument("--out", type=Path, default=None, help="checkpoints; default runs/NAME")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="where the result is exported")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def choose_plan(chosen: argparse.Namespace) -> tuple[str, Plan]:
    if chosen.polish:
        return "background-polish", POLISH
    return ("background-further", FROM_RELEASED) if chosen.from_released else ("background", FROM_NOTHING)


def add_unlabelled(pictures: Collection, teacher: U2NetP, team: ProcessGroup) -> Collection:
    """`pictures` with more portraits: the unlabelled ones, masked as the service does it now, and the hard ones again.

    Hard are those that `teacher` did not learn well. Each member of the team asks it about a part of them.
    """
    everybodys, own = pictures.portraits, pictures.unlabelled[team.rank :: team.size]
    masked = [(rgb, np.rint(255 * predict_as_served(teacher, rgb)).astype(np.uint8)) for rgb in own]
    hard = [
        number for number in range(team.rank, len(everybodys), team.size) if learnt(teacher, *everybodys[number]) < HARD
    ]
    again = [everybodys[number] for number in team.gathered(hard)]
    return pictures._replace(portraits=[*everybodys, *team.gathered(masked), *again * HARD_AGAIN])


def learnt(teacher: U2NetP, rgb: np.ndarray, mask: np.ndarray) -> float:
    """The IoU of the teacher's answer."""
    return compare(predict(teacher, rgb), mask / 255)[0]


def train(
    run: Run,
    team: ProcessGroup,
    plan: Plan,
    step: int,
    network,
    average,
    optimiser,
    pictures: Collection,
    validation: Collection,
) -> None:
    rng, recent = np.random.default_rng((team.rank, step)), []
    while (progress := team.agreed(run.progress())) < 1:
        for group in optimiser.param_groups:
            group["lr"] = rate(plan, progress)
        _, turns = [stage for stage in plan.stages if stage[0] <= progress][-1]
        side, size = turns[step % len(turns)]
        recent.append(update(network, optimiser, *batch(pictures, side, size, rng), team))
        average.update_parameters(network)
        step += 1
        if not team.leads:
            continue
        if step % LOG_EVERY_STEPS == 0 or not math.isfinite(recent[-1][0]):
            loss, fused = np.mean(recent, axis=0).tolist()
            run.log(step, loss=loss, fused=fused, rate=rate(plan, progress), side=side)
            recent.clear()
        if step % CHECKPOINT_EVERY_STEPS == 0:
            run.checkpoint(step)
        if step % MEASURE_EVERY_STEPS == 0:
            way = partial(predict, side=turns[0][0])
            run.log(step, **figures(average.module.eval(), validation, way, at_most=20))
    if team.leads:
        run.checkpoint(step)


def rate(plan: Plan, progress: float) -> float:
    """Linear warm-up, a cosine towards nothing, and from the plan's finish on a second cosine."""
    if progress < WARM_UP:
        return plan.peak_rate * (0.05 + 0.95 * progress / WARM_UP)
    if progress < plan.finish:
        return plan.peak_rate * cosine((progress - WARM_UP) / (1 - WARM_UP))
    return plan.finish_rate * cosine((progress - plan.finish) / (1 - plan.finish))


def cosine(part: float) -> float:
    """From 1 at part 0 to a hundredth at part 1."""
    return 0.01 + 0.99 * (1 + math.cos(math.pi * part)) / 2


def batch(pictures: Collection, side: int, size: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """`size` examples: rgb (N, 3, side, side) and mask (N, 1, side, side), both in [0, 1]."""
    rgbs, masks = zip(*(example(pictures, side, rng) for _ in range(size)), strict=True)
    rgb = torch.from_numpy(np.stack(rgbs)).permute(0, 3, 1, 2).float() / 255  # stays channels-last in memory
    return rgb, torch.from_numpy(np.stack(masks))[:, None].float() / 255


def update(
    network, optimiser, rgb: torch.Tensor, mask: torch.Tensor, team: ProcessGroup | None = None
) -> tuple[float, float]:
    """One step, by the mean gradient of the team; returns the summed loss and that of the fused map alone."""
    device = next(network.parameters()).device
    if device.type == "cuda":  # pinned pages travel while the card still works on the step before
        rgb, mask = rgb.pin_memory(), mask.pin_memory()
    rgb, mask = rgb.to(device, non_blocking=True), mask.to(device, non_blocking=True)
    with torch.autocast(device.type, torch.bfloat16):
        maps = network(rgb)
    losses = [F.binary_cross_entropy_with_logits(logits.float(), mask) for logits in maps]
    total = sum(losses) + sum(soft_iou_loss(logits.float(), mask) for logits in maps)
    optimiser.zero_grad(set_to_none=True)
    total.backward()
    if team:
        team.average_gradients(network)
    torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimiser.step()
    return total.item(), losses[0].item()


def soft_iou_loss(logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """One minus the soft intersection over union, averaged over (N, 1, H, W); both empty counts as a full overlap.

    A small area is added to both, so that where nobody is the term still falls with what is taken for a person.
    """
    found = torch.sigmoid(logits)
    both = (found * mask).mean((1, 2, 3))
    either = (found + mask).mean((1, 2, 3)) - both
    return (1 - (both + OVERLAP_AREA) / (either + OVERLAP_AREA)).mean()


if __name__ == "__main__":
    main()
