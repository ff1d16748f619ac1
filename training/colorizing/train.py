"""A recipe for a colorizer on a pretrained encoder, stage 1 of NoGAN: the generator learns alone, by comparing.

    python -m training.colorizing.train --data FOLDER [--minutes N] [--encoder NAME] [--from-released] [--resume]

The encoder starts as EfficientNet-Lite0, -Lite2 or VGG-16 (`training/common`) and is frozen first; then its deeper
levels learn at a low rate, then nearly all. The decoder starts from nothing, or from the released one
(`training/colorizing/transfer_decoder.py`) at half the rate. The loss is the cross-entropy over the palette of colours;
on VGG-16 the perceptual distance in VGG-16's features joins it for the last fifth of the time, which is NoGAN's feature
loss (Antic, DeOldify, 2019). Crops grow from 128 to 192 pixels. The exponential moving average of the weights is
validated, on left-out sources (`training/colorizing/pictures.py`); `training/colorizing/release.py` calibrates and
exports it.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from networks.layers.colour_space import lab_to_rgb
from networks.layers.efficientnet_lite import load_efficientnet_lite
from networks.layers.encoders import list_pretrained, load_vgg16
from networks.palette_colorizer import CHROMA_UNIT, PaletteColorizer
from networks.weights import load
from training.colorizing.class_rebalancing import Rarity
from training.colorizing.crops import Batch
from training.colorizing.palette_loss import PaletteLoss
from training.colorizing.pictures import VALIDATION, ColourPictures
from training.colorizing.transfer_decoder import transfer_decoder
from training.colorizing.validate import load_validation_batch, validate
from training.common.arguments import build_parser
from training.common.efficientnet_lite import read_efficientnet_lite
from training.common.ema import EMA
from training.common.half_precision import autocast
from training.common.muon import Muon
from training.common.run import Run, set_up
from training.common.schedule import rise_and_decay, set_rate
from training.common.vgg import VGGFeatures, perceptual_distance, read_vgg16

SEED = 2026
DECODER_RATE, ENCODER_RATE = 1.5e-3, 1e-4  # peaks
TRANSFERRED_RATE = 0.75e-3  # peak of a decoder that has learnt already
TRANSFER_BATCHES = 24  # of 24 crops of 128 pixels
WEIGHT_DECAY = 0.05
WARM_UP = 0.02  # part of the run in which the rate rises
EMA_DECAY = 0.999
PERCEPTUAL_WEIGHT = 2.0
LOG_EVERY, VALIDATE_EVERY = 20, 250  # steps; each validated checkpoint is kept: the mean of some may be released


@dataclass(frozen=True)
class Phase:
    """Crops of `side` pixels up to the part `until` of the run's time; the encoder learns from level `first` on."""

    until: float
    side: int
    batch: int
    first: int  # 5: all that is pretrained is frozen
    perceptual: bool = False


PHASES = {
    "efficientnet_lite0": (
        Phase(0.08, 128, 24, 5),
        Phase(0.40, 128, 24, 2),
        Phase(0.75, 160, 16, 1),
        Phase(1.00, 192, 12, 1),
    ),
    "efficientnet_lite2": (
        Phase(0.02, 128, 24, 5),
        Phase(0.60, 128, 24, 2),
        Phase(0.90, 160, 16, 1),
        Phase(1.00, 192, 12, 1),
    ),
    "vgg16": (
        Phase(0.12, 128, 24, 5),
        Phase(0.50, 128, 24, 2),
        Phase(0.80, 160, 16, 1),
        Phase(1.00, 192, 12, 1, perceptual=True),
    ),
}


def main() -> None:
    parser = build_parser(__doc__, "data", "resume", "from_released", minutes=100.0, threads=2)
    parser.add_argument("--encoder", choices=tuple(PHASES), default="efficientnet_lite0")
    parser.add_argument("--name", default="colorize-lite", help="of the run: its folder and its log")
    arguments = parser.parse_args()
    if arguments.from_released and arguments.encoder == "vgg16":
        parser.error("--from-released needs an encoder of EfficientNet-Lite")
    set_up(arguments.threads, SEED)
    pictures = ColourPictures(arguments.data)
    print(len(pictures), "pictures", flush=True)
    rarity = Rarity(pictures.draw_batch(2000, 32, np.random.default_rng(SEED)).chroma)
    run = Run(arguments.name, minutes=arguments.minutes)
    if not arguments.resume:
        run.checkpoint_path.unlink(missing_ok=True)
    generator = Generator(arguments.encoder, rarity, TRANSFERRED_RATE if arguments.from_released else DECODER_RATE)
    if arguments.from_released and not run.checkpoint_path.exists():
        generator.start_from(cast(PaletteColorizer, load("colorize")), pictures)
    held = load_validation_batch(arguments.data, VALIDATION)
    train(run, generator, pictures, held, PHASES[arguments.encoder])


def train(run: Run, generator: "Generator", pictures: ColourPictures, held: Batch, phases: tuple[Phase, ...]) -> None:
    """Go through the phases by the run's clock, on from its checkpoint."""
    run.register(**generator.states())
    step = run.resume()
    while (progress := run.progress()) < 1:
        phase = next(phase for phase in phases if progress < phase.until)
        generator.freeze_below(phase.first)
        batch = pictures.draw_batch(phase.batch, phase.side, np.random.default_rng((SEED, step)))
        figures = generator.step(batch, rise_and_decay(progress, WARM_UP), phase.perceptual)
        step += 1
        if step % LOG_EVERY == 0:
            run.log(step, side=phase.side, **figures)
        if step % VALIDATE_EVERY == 0:
            run.log(step, **validate(generator.ema.network, held))
            run.checkpoint(step, keep=True)
    run.log(step, **validate(generator.ema.network, held))
    run.checkpoint(step)


class Generator:
    """The network, its optimisers, its moving average, and one step of learning."""

    def __init__(self, encoder: str, rarity: Rarity, decoder_rate: float = DECODER_RATE):
        self.decoder_rate = decoder_rate
        self.network = PaletteColorizer(encoder)
        if encoder == "vgg16":
            load_vgg16(self.network.levels, *read_vgg16())
        else:
            published = read_efficientnet_lite(encoder.removeprefix("efficientnet_"))
            load_efficientnet_lite(self.network.levels, published)
        self.network = self.network.to(memory_format=torch.channels_last)
        self.pretrained = nn.ModuleList(list_pretrained(encoder, self.network.levels))
        weights = list(self.pretrained.parameters())
        learnt = [module for module in self.network.modules() if not set(module.parameters()) & set(weights)]
        self.decoder_optimiser = Muon(nn.ModuleList(learnt), decoder_rate, WEIGHT_DECAY)
        self.encoder_optimiser = torch.optim.AdamW(weights, ENCODER_RATE, (0.9, 0.99), weight_decay=0.01)
        self.ema = EMA(self.network, EMA_DECAY)
        self.colour_loss = PaletteLoss(rarity)
        self.features = VGGFeatures().to(memory_format=torch.channels_last) if encoder == "vgg16" else None

    def states(self) -> dict:
        """Return what a checkpoint holds, by name."""
        names = ("network", "ema", "decoder_optimiser", "encoder_optimiser")
        return {name: getattr(self, name) for name in names} | {"rarity": self.colour_loss.rarity}

    def start_from(self, old: PaletteColorizer, pictures: ColourPictures) -> None:
        """Take over the decoder of another colorizer, through the encoders' maps of some of the pictures."""
        draws = (np.random.default_rng((SEED, 1, number)) for number in range(TRANSFER_BATCHES))
        transfer_decoder(self.network, old, (pictures.draw_batch(24, 128, draw).grey for draw in draws))
        self.ema = EMA(self.network, EMA_DECAY)

    def freeze_below(self, first: int) -> None:
        """Let the levels from `first` on learn; the decoder always does."""
        for number, level in enumerate(self.pretrained):
            level.requires_grad_(number >= first)

    def step(self, batch: Batch, rate: float, perceptual: bool) -> dict[str, float]:
        """Learn from one batch; `rate` in parts of the peaks."""
        self.network.train()
        self.pretrained.eval()  # their batch normalisation keeps ImageNet's statistics
        with autocast("cpu"):
            logits = self.network.logits(self.network.encode(batch.grey.contiguous(memory_format=torch.channels_last)))
        colour = self.colour_loss(logits, batch.chroma)
        loss, figures = colour, {"colour_loss": colour.item()}
        if perceptual:
            distance = self.perceptual_loss(logits, batch)
            loss = loss + PERCEPTUAL_WEIGHT * distance
            figures["perceptual_loss"] = distance.item()
        self.optimise(loss, rate)
        self.ema.update(self.network)
        return figures

    def perceptual_loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Return the distance of the coloured picture from the true one, at the size of the crops."""
        chroma = nn.functional.interpolate(self.network.chroma(logits), scale_factor=2, mode="bilinear")
        seen, true = (
            lab_to_rgb(torch.cat((100 * batch.lightness, CHROMA_UNIT * planes), 1)) for planes in (chroma, batch.chroma)
        )
        with autocast("cpu"):
            assert self.features is not None
            return perceptual_distance(self.features, seen, true)

    def optimise(self, loss: Tensor, rate: float) -> None:
        pairs = ((self.decoder_optimiser, self.decoder_rate), (self.encoder_optimiser, ENCODER_RATE))
        for optimiser, peak in pairs:
            set_rate(optimiser, rate * peak)
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimiser, _ in pairs:
            optimiser.step()


if __name__ == "__main__":
    main()
