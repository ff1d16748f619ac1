"""The networks of NoGAN and one step of each of its stages."""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks.discriminators.colour import ColourDiscriminator
from networks.palette_colorizer import PaletteColorizer
from networks.weights import load
from training.colorizing.adversarial.plan import GENERATOR_RATE
from training.colorizing.class_rebalancing import Rarity
from training.colorizing.crops import Batch
from training.colorizing.palette_loss import PaletteLoss
from training.colorizing.spectral import add_spectral_norm, copy_matching
from training.common.distributed import ProcessGroup
from training.common.half_precision import autocast
from training.common.muon import Muon
from training.common.schedule import set_rate

CLASSIFICATION_WEIGHT = 0.5  # of the cross-entropy of kinds beside that of colours
ADVERSARIAL_WEIGHT = 0.1  # of the critic's verdict beside the colour loss, in the joint stage
CRITIC_READY = 0.65  # below this loss the critic is good enough to teach: coin tossing gives 0.69
JOINT_RATE, CRITIC_RATE = 1e-4, 2e-4
WEIGHT_DECAY = 0.1
DROPPED = 0.2  # of the deepest maps in each step, so that photographs are not learnt by heart


class NoGan:
    """The networks, their optimisers, and one step of each stage, on `device`."""

    def __init__(
        self,
        rarity: Rarity,
        kind_count: int,
        encoder: str = "resnet18",
        device: str = "cpu",
        released: bool = False,
        processes: ProcessGroup | None = None,
    ):
        self.device, self.processes = device, processes or ProcessGroup()
        plain = PaletteColorizer(encoder)
        if released:
            copy_matching(plain, load("colorize").state_dict())
        self.generator = add_spectral_norm(plain).to(device).to(memory_format=torch.channels_last)
        self.classifier = nn.Linear(plain.features, max(1, kind_count)).to(device)
        self.critic = ColourDiscriminator().to(device).to(memory_format=torch.channels_last)
        self.alone = copy.deepcopy(self.generator)  # the generator as the first stage left it
        self.best = copy.deepcopy(self.generator)  # the generator at the inflection point
        self.trained = nn.ModuleList((self.generator, self.classifier))
        self.generator_optimiser = Muon(self.trained, GENERATOR_RATE, weight_decay=WEIGHT_DECAY)
        self.critic_optimiser = torch.optim.Adam(self.critic.parameters(), CRITIC_RATE, betas=(0.5, 0.99), fused=True)
        self.rarity = rarity.to(device)
        self.colour_loss = PaletteLoss(self.rarity).to(device)

    def states(self) -> dict:
        """Return what a checkpoint holds, by name."""
        names = ["generator", "classifier", "critic", "alone", "best", "rarity"]
        names += ["generator_optimiser", "critic_optimiser"]
        return {name: getattr(self, name) for name in names}

    def generator_step(self, batch: Batch, rate: float) -> dict[str, float]:
        """Stage 1: compare with the true colours; name what is seen."""
        with autocast(self.device):
            maps = self.generator.encode(batch.grey)
            maps[-2:] = (F.dropout2d(each, DROPPED) for each in maps[-2:])
            logits = self.generator.logits(maps)
            kinds = self.classifier(maps[-1].mean((2, 3)))
        colour = self.colour_loss(logits, batch.chroma)
        named = batch.kind >= 0
        missed = F.cross_entropy(kinds.float()[named], batch.kind[named], reduction="sum")
        classification = missed / named.sum().clamp(min=1)
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
        if self.processes.broadcast(figures["critic_loss"]) > CRITIC_READY:
            return figures
        with autocast(self.device):
            verdict = self.critic(F.avg_pool2d(batch.lightness, 2), chroma).float()
        adversarial = F.softplus(-verdict).mean()
        colour = self.colour_loss(logits, batch.chroma)
        self.learn(colour + ADVERSARIAL_WEIGHT * adversarial, JOINT_RATE)
        return figures | {"colour_loss": colour.item(), "adversarial_loss": adversarial.item()}

    def judge(self, batch: Batch, chroma: Tensor) -> dict[str, float]:
        """One step of the critic as a binary classifier, at the half size of the predicted chroma."""
        lightness = F.avg_pool2d(batch.lightness, 2)
        with autocast(self.device):
            true = self.critic(lightness, F.avg_pool2d(batch.chroma, 2)).float()
            false = self.critic(lightness, chroma).float()
        loss = (F.softplus(-true).mean() + F.softplus(false).mean()) / 2
        self.critic_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.processes.average_gradients(self.critic)
        self.critic_optimiser.step()
        right = ((true > 0).float().mean() + (false < 0).float().mean()) / 2
        return {"critic_loss": loss.item(), "critic_accuracy": right.item()}

    def learn(self, loss: Tensor, rate: float) -> None:
        set_rate(self.generator_optimiser, rate)
        self.generator_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.processes.average_gradients(self.trained)
        nn.utils.clip_grad_norm_(self.generator.parameters(), 1.0)
        self.generator_optimiser.step()
