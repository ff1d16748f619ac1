"""Stages 2 and 3 of NoGAN for the released colorizer: a critic on VGG-16's features, then both together.

    python -m training.colorizing.train_joint --data FOLDER [--minutes N] [--resume]

NoGAN (Antic, DeOldify, 2019): the critic learns first, by telling photographs from what the generator colours; then
both learn together for a short while, and the generator is taken from where left-out sources look best. The critic sees
pictures through VGG-16's features (`networks/discriminators/projected.py`), and the generator's loss is the
cross-entropy over the palette, the perceptual distance in the same features, and the critic's verdict.
`training/colorizing/release.py` calibrates and exports what comes out.
"""

from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks.discriminators.projected import ProjectedDiscriminator
from networks.layers.colour_space import lab_to_rgb
from networks.layers.encoders import list_pretrained
from networks.palette_colorizer import CHROMA_UNIT, PaletteColorizer
from networks.weights import load
from training.colorizing.class_rebalancing import Rarity
from training.colorizing.crops import Batch
from training.colorizing.palette_loss import PaletteLoss
from training.colorizing.pictures import VALIDATION, ColourPictures
from training.colorizing.train import LOG_EVERY, VALIDATE_EVERY
from training.colorizing.validate import load_validation_batch, validate
from training.common.arguments import build_parser
from training.common.ema import EMA
from training.common.half_precision import autocast
from training.common.muon import Muon
from training.common.run import Run, set_up
from training.common.schedule import rise_and_decay, set_rate
from training.common.vgg import VGGFeatures

SEED = 2027
SIDE, BATCH = 192, 8
CRITIC_ALONE = 0.12  # of the time: stage 2
DECODER_RATE, ENCODER_RATE, CRITIC_RATE = 3e-4, 2e-5, 3e-4
PERCEPTUAL_WEIGHT, ADVERSARIAL_WEIGHT = 2.0, 0.1
EMA_DECAY = 0.995
CHANNELS = (128, 256, 512)  # of VGG-16's relu2_2, relu3_3, relu4_3


def main() -> None:
    parser = build_parser(__doc__, "data", "resume", minutes=30.0, threads=1)
    parser.add_argument("--name", default="colorize-joint", help="of the run: its folder and its log")
    arguments = parser.parse_args()
    set_up(arguments.threads, SEED)
    pictures = ColourPictures(arguments.data)
    rarity = Rarity(pictures.draw_batch(2000, 32, np.random.default_rng(SEED)).chroma)
    run = Run(arguments.name, minutes=arguments.minutes)
    if not arguments.resume:
        run.checkpoint_path.unlink(missing_ok=True)
    stage = JointStage(cast(PaletteColorizer, load("colorize")), VGGFeatures(), rarity)
    train(run, stage, pictures, load_validation_batch(arguments.data, VALIDATION))


def train(run: Run, stage: "JointStage", pictures: ColourPictures, held: Batch) -> None:
    """Let the critic learn alone, then both, by the run's clock, on from its checkpoint."""
    run.register(**stage.states())
    step = run.resume()
    while (progress := run.progress()) < 1:
        batch = pictures.draw_batch(BATCH, SIDE, np.random.default_rng((SEED, step)))
        joint = progress >= CRITIC_ALONE
        figures = stage.step(batch, rise_and_decay(progress, CRITIC_ALONE), joint)
        step += 1
        if step % LOG_EVERY == 0:
            run.log(step, **figures)
        if step % VALIDATE_EVERY == 0:
            run.log(step, **validate(stage.ema.network, held))
            run.checkpoint(step, keep=True)
    run.log(step, **validate(stage.ema.network, held))
    run.checkpoint(step)


class JointStage:
    """Generator, critic and their optimisers, and one step of learning."""

    def __init__(self, network: PaletteColorizer, features: nn.Module, rarity: Rarity):
        """`features` turns sRGB pictures (N, 3, H, W) in [0, 1] into maps with the channels of CHANNELS."""
        self.network = network.requires_grad_(True).to(memory_format=torch.channels_last)
        self.pretrained = nn.ModuleList(list_pretrained(self.network.encoder, self.network.levels))
        weights = list(self.pretrained.parameters())
        learnt = [module for module in self.network.modules() if not set(module.parameters()) & set(weights)]
        self.decoder_optimiser = Muon(nn.ModuleList(learnt), DECODER_RATE)
        self.encoder_optimiser = torch.optim.AdamW(weights, ENCODER_RATE, (0.9, 0.99), weight_decay=0.01)
        self.features = features.to(memory_format=torch.channels_last)
        self.critic = ProjectedDiscriminator(CHANNELS).to(memory_format=torch.channels_last)
        heads = [weight for weight in self.critic.parameters() if weight.requires_grad]
        self.critic_optimiser = torch.optim.Adam(heads, CRITIC_RATE, (0.0, 0.99))
        self.ema = EMA(self.network, EMA_DECAY)
        self.rarity = rarity
        even = Rarity(torch.zeros(1, 2, 1, 1))
        even.weights.fill_(1.0)  # the released network has the weights of rare colours taken back already
        self.colour_loss = PaletteLoss(even)

    def states(self) -> dict:
        """Return what a checkpoint holds, by name."""
        names = ("network", "ema", "critic", "decoder_optimiser", "encoder_optimiser", "critic_optimiser", "rarity")
        return {name: getattr(self, name) for name in names}

    def step(self, batch: Batch, rate: float, joint: bool) -> dict[str, float]:
        """Learn from one batch: the critic, and in the joint stage the generator; `rate` in parts of the peak."""
        self.network.train()
        self.pretrained.eval()
        with torch.set_grad_enabled(joint), autocast("cpu"):
            logits = self.network.logits(self.network.encode(batch.grey.contiguous(memory_format=torch.channels_last)))
        lightness = F.avg_pool2d(batch.lightness, 2)
        seen = render(lightness, self.network.chroma(logits))
        true = render(lightness, F.avg_pool2d(batch.chroma, 2))
        with autocast("cpu"):
            seen_maps = self.features(seen)
            with torch.no_grad():
                true_maps = self.features(true)
        figures = self.learn_critic(true_maps, [map_.detach() for map_ in seen_maps])
        if joint:
            figures |= self.learn_generator(logits, batch, seen_maps, true_maps, rate)
        return figures

    def learn_critic(self, true_maps: list[Tensor], seen_maps: list[Tensor]) -> dict[str, float]:
        with autocast("cpu"):
            true, seen = self.critic(true_maps).float(), self.critic(seen_maps).float()
        loss = F.relu(1 - true).mean() + F.relu(1 + seen).mean()
        self.critic_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.critic_optimiser.step()
        right = ((true > 0).float().mean() + (seen < 0).float().mean()) / 2
        return {"critic_loss": loss.item(), "critic_right": right.item()}

    def learn_generator(
        self, logits: Tensor, batch: Batch, seen_maps: list[Tensor], true_maps: list[Tensor], rate: float
    ) -> dict[str, float]:
        colour = self.colour_loss(logits, batch.chroma)
        pairs = zip(seen_maps, true_maps, strict=True)
        distances = [(seen - true).abs().float().mean() / true.float().mean() for seen, true in pairs]
        perceptual = torch.stack(distances).mean()
        with autocast("cpu"):
            adversarial = -self.critic(seen_maps).float().mean()
        loss = colour + PERCEPTUAL_WEIGHT * perceptual + ADVERSARIAL_WEIGHT * adversarial
        optimisers = ((self.decoder_optimiser, DECODER_RATE), (self.encoder_optimiser, ENCODER_RATE))
        for optimiser, peak in optimisers:
            set_rate(optimiser, rate * peak)
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimiser, _ in optimisers:
            optimiser.step()
        self.ema.update(self.network)
        return {
            "colour_loss": colour.item(),
            "perceptual_loss": perceptual.item(),
            "adversarial_loss": adversarial.item(),
        }


def render(lightness: Tensor, chroma: Tensor) -> Tensor:
    """Return lightness (N, 1, H, W) and chroma (N, 2, H, W), in the network's units, as sRGB in [0, 1]."""
    return lab_to_rgb(torch.cat((100 * lightness, CHROMA_UNIT * chroma), 1))


if __name__ == "__main__":
    main()
