"""The recipe of weights/colorize.safetensors: chroma from lightness, the NoGAN way.

    python -m training.colorizing.nogan --data FOLDER [--minutes N] [--resume] [--from-released] python -m
    training.colorizing.nogan --data FOLDER --device cuda --batch-scale 8 --workers 12 torchrun --standalone
    --nproc-per-node 4 -m training.colorizing.nogan --data FOLDER ...  (`training/common/distributed.py`)

NoGAN (Antic, DeOldify, 2019) gives a generator the realism of adversarial training without its hazards: (1)
the generator learns alone, by comparing; (2) the critic learns alone, as a classifier of what that generator
makes; (3) the two are joined for a short while, and the generator is taken from the point where a held-back
set is best, before the colours run away. Pictures grow from 64 to 128 pixels on the way.

What the generator compares in its own stage is a distribution over colours (`training/colorizing/palette_loss.py`). The
encoder also names what it sees, where the data says it (Iizuka, Simo-Serra, Ishikawa: "Let there be Color!", SIGGRAPH
2016); what a thing is decides its colour. The grey input ages as old photographs do (`training/common/degradation.py`).

`--from-released` starts from the weights in the repository instead of from nothing, where names and shapes agree. Their
spectral norms are folded: the file holds each normalised weight, whose norm is one, so that the normalisation that is
put on again here computes the same function.
"""

import argparse
import copy
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks.discriminators.colour import ColourDiscriminator
from networks.layers.encoders import ENCODERS
from networks.palette_colorizer import PaletteColorizer
from networks.weights import load
from training.colorizing.calibration import Setting, Trial, calibrate, logits_of, rebalancing_logits, score
from training.colorizing.class_rebalancing import Rarity
from training.colorizing.first_pictures import Batch, ColourPictures
from training.colorizing.loader import ColourLoader
from training.colorizing.measure import SIDE, measure
from training.colorizing.metrics import agreement
from training.colorizing.palette_loss import PaletteLoss
from training.colorizing.plan import FURTHER, GENERATOR_RATE, PHASES, Phase, slope
from training.colorizing.resample_by_greenness import as_in_nature
from training.colorizing.spectral import add_spectral_norm, adopt
from training.common.distributed import ProcessGroup
from training.common.export import export
from training.common.muon import Muon
from training.common.run import Run

SEED = 20
LICENCE = "Trained on pictures under research or unstated terms: see the card"
CLASSIFICATION_WEIGHT = 0.5  # of the cross-entropy of kinds beside that of colours
ADVERSARIAL_WEIGHT = 0.1  # of the critic's verdict beside the colour loss, in the joint stage
CRITIC_READY = 0.65  # below this loss the critic is good enough to teach: coin tossing gives 0.69
JOINT_RATE, CRITIC_RATE = 1e-4, 2e-4
PATIENCE = 6  # looks without improvement after which the inflection point lies behind
WEIGHT_DECAY = 0.1
FORGOTTEN = 0.2  # of the deepest maps in each step, so that photographs are not learnt by heart
LOG_EVERY = 20  # steps
HELD = 160  # pictures that validation and calibration look at


class NoGan:
    """The networks, their optimisers, and one step of each stage, on `device`."""

    def __init__(
        self,
        rarity: Rarity,
        kind_count: int,
        encoder: str = "resnet18",
        device: str = "cpu",
        released: bool = False,
        team: ProcessGroup | None = None,
    ):
        self.device, self.team = device, team or ProcessGroup()
        plain = PaletteColorizer(encoder)
        if released:
            adopt(plain, load("colorize").state_dict())
        self.generator = add_spectral_norm(plain).to(device, memory_format=torch.channels_last)
        self.classifier = nn.Linear(plain.features, max(1, kind_count)).to(device)
        self.critic = ColourDiscriminator().to(device, memory_format=torch.channels_last)
        self.alone = copy.deepcopy(self.generator)  # the generator as the first stage left it
        self.best = copy.deepcopy(self.generator)  # the generator at the inflection point
        self.learning = nn.ModuleList((self.generator, self.classifier))
        self.generator_optimiser = Muon(self.learning, GENERATOR_RATE, weight_decay=WEIGHT_DECAY)
        self.critic_optimiser = torch.optim.Adam(self.critic.parameters(), CRITIC_RATE, betas=(0.5, 0.99), fused=True)
        self.rarity = rarity.to(device)
        self.colour_loss = PaletteLoss(self.rarity).to(device)

    def states(self) -> dict:
        names = ("generator", "classifier", "critic", "alone", "best", "rarity")
        names += ("generator_optimiser", "critic_optimiser")
        return {name: getattr(self, name) for name in names}

    def generator_step(self, batch: Batch, rate: float) -> dict[str, float]:
        """Stage 1: compare with the true colours; name what is seen."""
        with autocast(self.device):
            maps = self.generator.encode(batch.grey)
            maps[-2:] = (F.dropout2d(each, FORGOTTEN) for each in maps[-2:])
            logits = self.generator.logits(maps)
            kinds = self.classifier(maps[-1].mean((2, 3)))
        colour = self.colour_loss(logits, batch.chroma)
        named = batch.kind >= 0
        classification = F.cross_entropy(kinds.float()[named], batch.kind[named], reduction="sum") / max(1, named.sum())
        self.learn(colour + CLASSIFICATION_WEIGHT * classification, rate)
        return {"colour_loss": colour.item(), "classification_loss": classification.item()}

    def critic_step(self, batch: Batch) -> dict[str, float]:
        """Stage 2: tell the photograph's own colours from the generator's."""
        with torch.no_grad(), autocast(self.device):
            logits = self.generator.logits(self.generator.encode(batch.grey))
        return self.judge(batch, self.generator.chroma(logits))

    def joint_step(self, batch: Batch) -> dict[str, float]:
        """Stage 3: the critic always learns; the generator learns from it once it is worth learning from."""
        with autocast(self.device):
            logits = self.generator.logits(self.generator.encode(batch.grey))
        chroma = self.generator.chroma(logits)
        figures = self.judge(batch, chroma.detach())
        if self.team.agreed(figures["critic_loss"]) > CRITIC_READY:
            return figures
        with autocast(self.device):
            verdict = self.critic(F.avg_pool2d(batch.lightness, 2), chroma).float()
        adversarial = F.softplus(-verdict).mean()
        colour = self.colour_loss(logits, batch.chroma)
        self.learn(colour + ADVERSARIAL_WEIGHT * adversarial, JOINT_RATE)
        return figures | {"colour_loss": colour.item(), "adversarial_loss": adversarial.item()}

    def judge(self, batch: Batch, chroma: Tensor) -> dict[str, float]:
        """One step of the critic as a binary classifier, at the half size at which chroma is answered."""
        lightness = F.avg_pool2d(batch.lightness, 2)
        with autocast(self.device):
            true = self.critic(lightness, F.avg_pool2d(batch.chroma, 2)).float()
            false = self.critic(lightness, chroma).float()
        loss = (F.softplus(-true).mean() + F.softplus(false).mean()) / 2
        self.critic_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.team.average_gradients(self.critic)
        self.critic_optimiser.step()
        right = ((true > 0).float().mean() + (false < 0).float().mean()) / 2
        return {"critic_loss": loss.item(), "critic_accuracy": right.item()}

    def learn(self, loss: Tensor, rate: float) -> None:
        for group in self.generator_optimiser.param_groups:
            group["lr"] = rate
        self.generator_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.team.average_gradients(self.learning)
        nn.utils.clip_grad_norm_(self.generator.parameters(), 1.0)
        self.generator_optimiser.step()


def autocast(device: str):
    return torch.autocast(device, torch.bfloat16)


def train(
    run: Run,
    method: NoGan,
    pictures: ColourPictures,
    held: Batch,
    phases: tuple[Phase, ...] = PHASES,
    batch_scale: int = 1,
    workers: int = 0,
) -> None:
    """Go through the phases by the run's clock, on from its checkpoint; `held` is what validation looks at.

    Leaves the generator of the first stage in `method.alone`, that of the inflection point in `method.best`.
    """
    team = method.team
    run.register(**method.states())
    step = run.resume()
    alone_until = max(phase.until for phase in phases if phase.stage == "generator")
    for phase in phases:
        if team.agreed(run.progress()) >= phase.until:
            continue
        loader = ColourLoader(pictures, batch_scale * phase.batch, phase.side, (SEED, step, team.rank), workers)
        watch = Watch(method, held) if phase.stage == "joint" else None
        while (progress := team.agreed(run.progress())) < phase.until:
            figures = advance(method, phase, loader.next(method.device), GENERATOR_RATE * slope(progress / alone_until))
            step += 1
            if team.leads and step % LOG_EVERY == 1:
                run.log(step, side=phase.side, **figures)
            if team.leads and step % phase.look_every == 0:
                run.log(step, **(watch.look() if watch else validate(method.generator, held, method.rarity)))
                run.checkpoint(step)
            if watch and team.agreed(watch.past_the_inflection()):
                break
        if phase.stage == "generator":
            method.alone.load_state_dict(method.generator.state_dict())
            method.best.load_state_dict(method.generator.state_dict())
    if team.leads:
        run.checkpoint(step)


def advance(method: NoGan, phase: Phase, batch: Batch, rate: float) -> dict[str, float]:
    """Take one step of the phase's stage; `rate` is that of the generator's own."""
    method.generator.train()
    if phase.stage == "generator":
        return method.generator_step(batch, rate)
    return method.critic_step(batch) if phase.stage == "critic" else method.joint_step(batch)


class Watch:
    """Watches the joint stage for the inflection point: the generator that was best is kept in `best`."""

    def __init__(self, method: NoGan, held: Batch):
        self.method, self.held = method, held
        self.least = validate(method.best, held, method.rarity)["score"]
        self.misses = 0

    def look(self) -> dict[str, float]:
        """Validate, keep the generator if it is the best so far, return the figures."""
        figures = validate(self.method.generator, self.held, self.method.rarity)
        self.misses += 1
        if figures["score"] < self.least:
            self.least, self.misses = figures["score"], 0
            self.method.best.load_state_dict(self.method.generator.state_dict())
        return figures

    def past_the_inflection(self) -> bool:
        return self.misses >= PATIENCE


@torch.no_grad()
def validate(generator: PaletteColorizer, held: Batch, rarity: Rarity) -> dict[str, float]:
    """Return how the generator agrees with the held-back pictures at its best gain, and the score that sums it up."""
    generator.eval()
    with autocast(held.lightness.device.type):
        logits = logits_of(generator, held)
    trial = Trial(generator, logits, held, rebalancing_logits(rarity))
    setting, worst, figures = trial.with_gain(Setting())
    return {"gain": setting.gain} | figures._asdict() | {"score": worst}


def measure_calibrated_score(network: PaletteColorizer, held: Batch) -> float:
    """Return the score of a calibrated network as it is."""
    with torch.no_grad():
        chroma = network(held.lightness)
    return score(agreement(held.lightness, chroma, held.chroma))


def release(method: NoGan, data: Path, held: Batch) -> dict:
    """Calibrate and measure the ends of stages 1 and 3, export the one that held-back pictures prefer."""
    candidates = {
        name: calibrate(generator.cpu(), as_in_nature(held, len(held.grey)), method.rarity.cpu())
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the archives")
    parser.add_argument("--minutes", type=float, default=80, help="time for all stages together")
    parser.add_argument("--encoder", choices=tuple(ENCODERS), default="resnet18")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--batch-scale", type=int, default=1, help="times as many pictures in each batch")
    parser.add_argument("--workers", type=int, default=0, help="processes that prepare pictures beside the training")
    parser.add_argument("--from-released", action="store_true", help="start from the weights in the repository")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--release-only", action="store_true", help="export the last checkpoint as it is")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(SEED)
    held = ColourPictures(arguments.data, held=True)
    pictures = ColourPictures(arguments.data, held=False, limit=1 if arguments.release_only else None)
    rarity = Rarity(pictures.fixed(2000, 32).chroma)
    team = ProcessGroup()
    method = NoGan(rarity, pictures.kind_count, arguments.encoder, arguments.device, arguments.from_released, team)
    run = Run("colorize", minutes=arguments.minutes)
    if team.leads and not (arguments.resume or arguments.release_only):
        run.checkpoint_path.unlink(missing_ok=True)
    team.wait()
    looked_at = held.fixed(HELD, 128)
    if arguments.release_only:
        run.register(generator=method.generator, alone=method.alone, best=method.best, rarity=method.rarity)
        run.resume()
    else:
        on_device = looked_at.to(arguments.device)
        phases = FURTHER if arguments.from_released else PHASES
        train(run, method, pictures, on_device, phases, arguments.batch_scale, arguments.workers)
    if team.leads:
        print(json.dumps(release(method, arguments.data, looked_at), indent=2))
    team.close()


if __name__ == "__main__":
    main()
