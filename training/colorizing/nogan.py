"""The recipe of weights/colorize.safetensors: chroma from lightness, by NoGAN.

    python -m training.colorizing.nogan --data FOLDER [--minutes N] [--resume] [--from-released]
    python -m training.colorizing.nogan --data FOLDER --device cuda --batch-scale 8 --workers 12
    torchrun --standalone --nproc-per-node 4 -m training.colorizing.nogan --data FOLDER ...

NoGAN (Antic, DeOldify, 2019) gives a generator the realism of adversarial training without its hazards: (1)
the generator learns alone, by comparing; (2) the critic learns alone, as a classifier of what that generator
makes; (3) the two are joined for a short while, and the generator is taken from the point where a held-back
set is best, before the colours run away. Pictures grow from 64 to 128 pixels on the way.

What the generator compares in its own stage is a distribution over colours (`training/colorizing/palette_loss.py`). The
encoder also names what it sees, where the data says it (Iizuka, Simo-Serra, Ishikawa: "Let there be Color!", SIGGRAPH
2016); what a thing is decides its colour. The grey input is degraded as in old photographs
(`training/common/degradation.py`). Several processes can learn together (`training/common/distributed.py`).

`--from-released` starts from the weights in the repository instead of from nothing, where names and shapes agree. Their
spectral norms are folded: the file holds each normalised weight, whose norm is one, so that the normalisation that is
put on again here computes the same function.
"""

import argparse
import json
from pathlib import Path

import torch

from networks.layers.encoders import ENCODERS
from networks.palette_colorizer import PaletteColorizer
from training.colorizing.adversarial.loader import NoGanLoader
from training.colorizing.adversarial.pictures import NoGanPictures
from training.colorizing.adversarial.plan import FURTHER, GENERATOR_RATE, PHASES, WARM_UP, Phase
from training.colorizing.adversarial.steps import NoGan
from training.colorizing.calibration import (
    Setting,
    Trial,
    calibrate,
    compute_rebalancing,
    compute_score,
    predict_logits,
)
from training.colorizing.class_rebalancing import Rarity
from training.colorizing.crops import Batch
from training.colorizing.measure import SIDE, measure
from training.colorizing.metrics import measure_agreement
from training.colorizing.resample_by_greenness import resample_by_greenness
from training.common.arguments import build_parser
from training.common.distributed import ProcessGroup
from training.common.export import export
from training.common.half_precision import autocast
from training.common.run import Run, set_up
from training.common.schedule import rise_and_decay

SEED = 20
LICENCE = "Trained on pictures under research or unstated terms: see the card"
PATIENCE = 6  # validations without improvement after which the inflection point lies behind
LOG_EVERY = 20  # steps
HELD = 160  # pictures that validation and calibration measure on


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads, SEED)
    held = NoGanPictures(arguments.data, held=True)
    pictures = NoGanPictures(arguments.data, held=False, limit=1 if arguments.release_only else None)
    rarity = Rarity(pictures.choose_batch(2000, 32).chroma)
    processes = ProcessGroup()
    method = NoGan(rarity, pictures.kind_count, arguments.encoder, arguments.device, arguments.from_released, processes)
    run = Run("colorize", minutes=arguments.minutes)
    if processes.leads and not (arguments.resume or arguments.release_only):
        run.checkpoint_path.unlink(missing_ok=True)
    processes.wait()
    measured = held.choose_batch(HELD, 128)
    if arguments.release_only:
        run.register(generator=method.generator, alone=method.alone, best=method.best, rarity=method.rarity)
        run.resume()
    else:
        on_device = measured.to(arguments.device)
        phases = FURTHER if arguments.from_released else PHASES
        train(run, method, pictures, on_device, phases, arguments.batch_scale, arguments.workers)
    if processes.leads:
        print(json.dumps(release(method, arguments.data, measured), indent=2))
    processes.close()


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__, "data", "device", "threads", "resume", "from_released", minutes=80.0, workers=0)
    parser.add_argument("--encoder", choices=tuple(ENCODERS), default="resnet18")
    parser.add_argument("--batch-scale", type=int, default=1, help="times as many pictures in each batch")
    parser.add_argument("--release-only", action="store_true", help="export the last checkpoint as it is")
    return parser.parse_args()


def train(
    run: Run,
    method: NoGan,
    pictures: NoGanPictures,
    held: Batch,
    phases: tuple[Phase, ...] = PHASES,
    batch_scale: int = 1,
    workers: int = 0,
) -> None:
    """Go through the phases by the run's clock, on from its checkpoint; `held` is what validation measures on.

    Leaves the generator of the first stage in `method.alone`, that of the inflection point in `method.best`.
    """
    processes = method.processes
    run.register(**method.states())
    step = run.resume()
    alone_until = max(phase.until for phase in phases if phase.stage == "generator")
    for phase in phases:
        if processes.broadcast(run.progress()) >= phase.until:
            continue
        loader = NoGanLoader(pictures, batch_scale * phase.batch, phase.side, (SEED, step, processes.rank), workers)
        watch = Watch(method, held) if phase.stage == "joint" else None
        while (progress := processes.broadcast(run.progress())) < phase.until:
            rate = GENERATOR_RATE * rise_and_decay(progress / alone_until, WARM_UP)
            figures = train_step(method, phase, loader.next(method.device), rate)
            step += 1
            if processes.leads and step % LOG_EVERY == 1:
                run.log(step, side=phase.side, **figures)
            if processes.leads and step % phase.validate_every == 0:
                run.log(step, **(watch.validate() if watch else validate(method.generator, held, method.rarity)))
                run.checkpoint(step)
            if watch and processes.broadcast(watch.is_past_the_inflection()):
                break
        if phase.stage == "generator":
            method.alone.load_state_dict(method.generator.state_dict())
            method.best.load_state_dict(method.generator.state_dict())
    if processes.leads:
        run.checkpoint(step)


def train_step(method: NoGan, phase: Phase, batch: Batch, rate: float) -> dict[str, float]:
    """Take one step of the phase's stage; `rate` is that of the generator's own."""
    method.generator.train()
    if phase.stage == "generator":
        return method.generator_step(batch, rate)
    return method.critic_step(batch) if phase.stage == "critic" else method.joint_step(batch)


class Watch:
    """Watches the joint stage for the inflection point: the generator that was best is stored in `best`."""

    def __init__(self, method: NoGan, held: Batch):
        self.method, self.held = method, held
        self.least = validate(method.best, held, method.rarity)["score"]
        self.misses = 0

    def validate(self) -> dict[str, float]:
        """Return the figures; store the generator if it is the best so far."""
        figures = validate(self.method.generator, self.held, self.method.rarity)
        self.misses += 1
        if figures["score"] < self.least:
            self.least, self.misses = figures["score"], 0
            self.method.best.load_state_dict(self.method.generator.state_dict())
        return figures

    def is_past_the_inflection(self) -> bool:
        return self.misses >= PATIENCE


@torch.no_grad()
def validate(generator: PaletteColorizer, held: Batch, rarity: Rarity) -> dict[str, float]:
    """Return how the generator agrees with the held-back pictures at its best gain, and the score that sums it up."""
    generator.eval()
    with autocast(held.lightness.device.type):
        logits = predict_logits(generator, held)
    trial = Trial(generator, logits, held, compute_rebalancing(rarity))
    setting, worst, figures = trial.fit_gain(Setting())
    return {"gain": setting.gain} | figures._asdict() | {"score": worst}


def measure_calibrated_score(network: PaletteColorizer, held: Batch) -> float:
    """Return the score of a calibrated network as it is."""
    with torch.no_grad():
        chroma = network(held.lightness)
    return compute_score(measure_agreement(held.lightness, chroma, held.chroma))


def release(method: NoGan, data: Path, held: Batch) -> dict:
    """Calibrate and measure the ends of stages 1 and 3, export the one that held-back pictures prefer."""
    candidates = {
        name: calibrate(generator.cpu(), resample_by_greenness(held, len(held.grey)), method.rarity.cpu())
        for name, generator in (("generator_alone", method.alone), ("joint", method.best))
    }
    stage = min(candidates, key=lambda name: measure_calibrated_score(candidates[name], held))
    measured = {name: measure(network, data) for name, network in candidates.items()}
    figures = {"stage": stage, "working_side": SIDE} | {
        name: {key: round(value, 3) for key, value in figures.items()} for name, figures in measured.items()
    }
    chosen = candidates[stage]
    export("colorize", "palette_colorizer", chosen.arguments, chosen, LICENCE, "colorize.md", figures)
    return figures


if __name__ == "__main__":
    main()
