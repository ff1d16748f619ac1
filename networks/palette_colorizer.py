"""The generator of the colorize service: from lightness to how likely each colour of a palette is, and to chroma.

A U-Net (Ronneberger, Fischer, Brox: "U-Net", MICCAI 2015) whose contracting path is one of
`networks/layers/encoders.py`, after the NoGAN generator of DeOldify (Antic, 2019): sub-pixel upsampling without
checkerboards and self-attention in the decoder, see `networks/layers/decoder.py`. Its output has half the size of its
input: a distribution over `networks/layers/palette.py`. The caller keeps the lightness at full size, and chroma is
smooth.

Chroma is the annealed mean of that distribution (Zhang, Isola, Efros, ECCV 2016): the lower the temperature, the
nearer to its peak. Where the network is sure, mean and peak agree, and where it is not, the mean is dull. A contrast
of chroma may take more from such dull places than from the others, so that what is unsure stays calm.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks.layers.decoder import SelfAttention, UpBlock
from networks.layers.encoders import ENCODERS, build_levels
from networks.layers.palette import PALETTE_SIZE, expand_chroma, make_palette

CHROMA_UNIT = 110.0  # CIE units to one unit of the output
MIDDLE_CHROMA = 11.0  # CIE units: what the contrast of chroma leaves as it is
DECODER_WIDTHS = {  # (channels after upsampling, channels out) of the four steps up
    "resnet18": ((256, 256), (128, 128), (64, 64), (32, 32)),
    "resnet34": ((256, 256), (128, 128), (64, 64), (32, 32)),
    "efficientnet_lite0": ((192, 192), (96, 96), (48, 48), (24, 24)),
    "efficientnet_lite2": ((192, 192), (96, 96), (48, 48), (24, 24)),
    "vgg16": ((128, 256), (256, 256), (128, 128), (64, 64)),
}
CELL = 8  # pixels, side by side, of one place of `encode_cells`
CELL_LEVELS = 3  # of the encoder, the deepest: from how a surface looks to what a thing is
MIN_CHROMA = 0.2  # CIE units, added there so that grey stays grey smoothly
CALM_TEMPERATURE, CALM_GAIN = 2.0, 0.75  # times those of the natural variant
VIVID_TEMPERATURE, VIVID_GAIN = 0.5, 1.25


class PaletteColorizer(nn.Module):
    """Predicts the colours of a grey picture.

    Input: lightness (N, 1, H, W), CIE L* / 100, in [0, 1]; H and W multiples of `multiple_of`, at least
    `minimum_side`. Output: chroma (N, 2, H, W), CIE a* and b* divided by 110, within about [-1, 1].

    `encoder`: a name of `networks.layers.encoders.ENCODERS`; ValueError for another.
    `temperature` of the annealed mean, over 0: 1 is the plain mean, towards 0 the likeliest colour. `gain` multiplies
    the chroma; `contrast` is the power of the chroma by which it is multiplied as well, 0 for not at all.
    """

    multiple_of = 32
    minimum_side = 64
    mean: Tensor
    deviation: Tensor
    palette: Tensor

    def __init__(self, encoder: str = "resnet18", temperature: float = 0.4, gain: float = 1.0, contrast: float = 0.0):
        super().__init__()
        self.encoder, self.temperature, self.gain, self.contrast = encoder, temperature, gain, contrast
        self.levels = build_levels(encoder)
        spec = ENCODERS[encoder]
        self.skips = nn.ModuleList(
            nn.BatchNorm2d(channels) if spec.normalize_skips else nn.Identity() for channels in spec.channels[:-1]
        )
        *skips, deep = spec.channels
        steps = []
        for skip, (raised, out) in zip(reversed(skips), DECODER_WIDTHS[encoder], strict=True):
            steps.append(UpBlock(deep, skip, raised, out))
            deep = out
        self.decoder = nn.ModuleList(steps)
        self.attention = SelfAttention(DECODER_WIDTHS[encoder][0][1])
        self.head = nn.Sequential(
            nn.Conv2d(deep, 32, 3, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(inplace=True),
            nn.Conv2d(32, PALETTE_SIZE, 1),
        )
        self.register_buffer("mean", torch.tensor(spec.mean), persistent=False)
        self.register_buffer("deviation", torch.tensor(spec.deviation), persistent=False)
        self.register_buffer("palette", make_palette(), persistent=False)

    @property
    def features(self) -> int:
        """The channels that the encoder hands to a classifier, see `encode`."""
        return ENCODERS[self.encoder].channels[-1]

    @property
    def arguments(self) -> dict:
        """The keyword arguments that build this network again."""
        return {
            "encoder": self.encoder,
            "temperature": self.temperature,
            "gain": self.gain,
            "contrast": self.contrast,
        }

    def forward(self, lightness: Tensor) -> Tensor:
        return F.interpolate(self.chroma(self.predict_flip_tta(lightness)), scale_factor=2, mode="bilinear")

    def variants(self, lightness: Tensor) -> Tensor:
        """Return three variants of one prediction, (N, 6, H, W) in pairs: natural, calm and vivid.

        They weigh the same likelihoods differently: the calm one is nearer to their plain mean, and paler; the vivid
        one is nearer to the likeliest colour, and stronger.
        """
        logits = self.predict_flip_tta(lightness)
        calm = CALM_GAIN * self.chroma(logits, CALM_TEMPERATURE * self.temperature)
        vivid = VIVID_GAIN * self.chroma(logits, VIVID_TEMPERATURE * self.temperature)
        variants = torch.cat((self.chroma(logits), calm, vivid), 1)
        return F.interpolate(variants, scale_factor=2, mode="bilinear")

    def predict_flip_tta(self, lightness: Tensor) -> Tensor:
        """Return the mean of the logarithms of what is likely (N, K, H / 2, W / 2) in a picture and its mirror image.

        What the network is unsure of differs between the two.
        """
        likely = self.logits(self.encode(torch.cat((lightness, lightness.flip(3))))).float().log_softmax(1)
        seen, mirrored = likely.chunk(2)
        return (seen + mirrored.flip(3)) / 2

    def encode(self, lightness: Tensor) -> list[Tensor]:
        """Return the maps of the five levels, at 1/2, 1/4, 1/8, 1/16 and 1/32; the last has `features` channels."""
        maps = []
        current = (lightness - self.mean) / self.deviation
        for level in self.levels:
            current = level(current)
            maps.append(current)
        return maps

    def encode_cells(self, lightness: Tensor) -> list[Tensor]:
        """Return the deepest maps of `encode`, all at 1 / CELL of the size, by which places of pictures compare."""
        size = [length // CELL for length in lightness.shape[2:]]
        return [F.interpolate(map_, size, mode="bilinear") for map_ in self.encode(lightness)[-CELL_LEVELS:]]

    def logits(self, maps: list[Tensor]) -> Tensor:
        """Return the logits (N, K, H / 2, W / 2) of the palette's K colours from the maps of `encode`."""
        current = maps[-1]
        skips = [normalize(map_) for normalize, map_ in zip(self.skips, maps[:-1], strict=True)]
        for rise, skip in zip(self.decoder, reversed(skips), strict=True):
            current = rise(current, skip)
            if rise is self.decoder[0]:
                current = self.attention(current)
        return self.head(current)

    def chroma(self, logits: Tensor, temperature: float | None = None, contrast: float | None = None) -> Tensor:
        """Return the annealed mean of the palette, (N, 2, H / 2, W / 2) in the units of the output.

        `temperature` and `contrast` replace the network's own.
        """
        share = (logits.float() / (temperature or self.temperature)).softmax(1)
        mean = expand_chroma(torch.einsum("nkhw,kc->nchw", share, self.palette))
        power = self.contrast if contrast is None else contrast
        contrasted = ((mean.norm(dim=1, keepdim=True) + MIN_CHROMA) / MIDDLE_CHROMA) ** power
        return mean * contrasted * (self.gain / CHROMA_UNIT)
