"""The default deblur network: NAFNet blocks around a deconvolution in the Fourier domain.

A black-box network must learn filters as long as the blur is wide, for every blur there may be. Here the part that
is known in closed form is computed, and only the rest is learned:

1. *Predict edges.* A small NAFNet guesses the sharp luminance and where its gradients can be trusted.
2. *Estimate the kernel* by least squares from those gradients and the picture's own, one division in the
   Fourier domain: Cho, Lee: "Fast Motion Deblurring", ACM Transactions on Graphics 28(5), 2009; with learned
   predictions: Schuler, Hirsch, Harmeling, Schölkopf: "Learning to Deblur", IEEE TPAMI 38(7), 2016. A few blocks
   on the 33x33 result then know what camera paths look like.
3. *Deconvolve* the luminance with it (Wiener's filter), and go round again with the same weights.
4. *Restore.* A second NAFNet mixes the picture with deconvolutions of it, cautious and bold ones, and adds
   what none has: less noise, less ringing, detail. Compare Dong, Roth, Schiele: "Deep Wiener Deconvolution",
   NeurIPS 2020.

A camera sums linear light, but noise and JPEG are more even in encoded values, where dark places do not ring: kernels
and deconvolutions are computed in both, and the networks choose.

Without evidence the kernel tends to a point, and a flat picture comes back exactly as it was.
"""

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks.layers.colour_space import linear_from_srgb, srgb_from_linear
from networks.layers.fourier import compute_gradients, solve_kernel, taper_border, wiener_deconvolve
from networks.nafnet import NAFNet, make_blocks

RADIUS = 16  # of the kernel, in pixels
LUMINANCE = (0.299, 0.587, 0.114)


class Restored(NamedTuple):
    """`picture` (N, 3, H, W), not clamped; `kernels` (N, rounds, K, K), each summing to one, and `edges`
    (N, rounds, H, W), the sharp luminance that was predicted on the way."""

    picture: Tensor
    kernels: Tensor
    edges: Tensor


class Deconvolver(nn.Module):
    """Sharpens a motion-blurred picture by way of an estimate of the blur.

    Input: RGB (N, 3, H, W) float in [0, 1], sRGB-encoded; H and W multiples of `multiple_of`, at least
    `minimum_side`. Output of `forward`: the same shape and units, not clamped; of `restore`: `Restored`. One
    kernel is estimated for the whole input: run large pictures in tiles where the blur may vary.

    `width`, `restorer_width`: channels of the two NAFNets at half resolution; `encoder`, `middle`, `decoder`: their
    blocks; `rounds`: how often kernel and luminance are estimated. `half_precision` runs the NAFNets in bfloat16
    with float32 around them, in training too.
    """

    multiple_of = 8
    minimum_side = 64
    luminance: Tensor

    def __init__(
        self,
        width: int = 24,
        restorer_width: int = 32,
        encoder: tuple[int, ...] = (1, 1),
        middle: int = 4,
        decoder: tuple[int, ...] = (1, 1),
        rounds: int = 2,
    ):
        super().__init__()
        self.rounds = rounds
        self.predictor = NAFNet(width, encoder, middle, decoder, channels_in=12, channels_out=16)
        self.kernel_prior = KernelPrior()
        self.restorer = NAFNet(restorer_width, encoder, middle, decoder, channels_in=64, channels_out=28)
        # Logarithms of the regularisations, of encoded values first, of linear light second.
        self.kernel_damping = nn.Parameter(torch.tensor([-4.0, -4.0]))
        self.edge_damping = nn.Parameter(torch.tensor([-4.0, -4.0]))
        self.damping = nn.Parameter(torch.tensor([[-5.5, -5.5], [-3.5, -3.5]]))
        for network in (self.predictor, self.restorer):
            nn.init.zeros_(network.ending.weight)
            nn.init.zeros_(cast(Tensor, network.ending.bias))
        self.register_buffer("luminance", torch.tensor(LUMINANCE).view(1, 3, 1, 1), persistent=False)

    def forward(self, picture: Tensor) -> Tensor:
        return self.restore(picture).picture

    def kernel(self, picture: Tensor) -> Tensor:
        """Return the blur's kernel alone, (N, K, K), at about half the cost."""
        return self.estimate(picture.float())[0][-1]

    def restore(self, picture: Tensor) -> Restored:
        picture = picture.float()
        kernels, edges = self.estimate(picture)
        frame = taper_border(torch.cat([picture, linear_from_srgb(picture)], 1), kernels[-1], RADIUS)
        bold, cautious = (self.invert(frame, kernels[-1], damping) for damping in self.damping)
        sharper = [bold[0] - picture, cautious[0] - picture, bold[1] - picture, cautious[1] - picture]
        seen = torch.cat([picture, *sharper[:2], edges[-1], *sharper[2:]], 1)
        output = F.pixel_shuffle(self.restorer.change(pixel_unshuffle(seen)).float(), 2)
        mixed = sum(output[:, place : place + 1] * change for place, change in enumerate(sharper, 3))
        change = (mixed + output[:, :3]) * find_uneven(picture)
        return Restored(picture + change, torch.stack(kernels, 1), torch.cat(edges, 1))

    def estimate(self, picture: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Return the kernels (N, K, K) and the predicted luminances (N, 1, H, W) of each round."""
        luminance = (picture * self.luminance).sum(1, keepdim=True)
        light = (linear_from_srgb(picture) * self.luminance).sum(1, keepdim=True)
        guesses, kernels, edges = (luminance, luminance), [], []
        for _ in range(self.rounds):
            seen = torch.cat([luminance, *(guess - luminance for guess in guesses)], 1)
            output = F.pixel_shuffle(self.predictor.change(pixel_unshuffle(seen)).float(), 2)
            edges.append(luminance + output[:, :1])
            kernel = self.kernel_prior(self.raw_kernels(luminance, light, output))
            frame = taper_border(torch.cat([luminance, light], 1), kernel, RADIUS)
            guesses = self.invert(frame, kernel, self.edge_damping)
            kernels.append(kernel)
        return kernels, edges

    def raw_kernels(self, luminance: Tensor, light: Tensor, output: Tensor) -> Tensor:
        """Return the least-squares kernels of encoded values and of linear light, (N, 2, K, K), from what the
        predictor put out: for each of the two what is to be added, and the logits of the trust in it."""
        change, trust, light_change, light_trust = output.chunk(4, 1)
        sharp = luminance + change
        sharp_light = light + linear_from_srgb(sharp.clamp(0, 1)) - linear_from_srgb(luminance) + light_change
        features = (
            (sharp, trust, luminance, self.kernel_damping[0]),
            (sharp_light, light_trust, light, self.kernel_damping[1]),
        )
        return torch.stack(
            [
                solve_kernel(
                    compute_gradients(wanted) * torch.sigmoid(trusted), compute_gradients(seen), damping.exp(), RADIUS
                )
                for wanted, trusted, seen, damping in features
            ],
            1,
        )

    def invert(self, frame: Tensor, kernel: Tensor, damping: Tensor) -> tuple[Tensor, Tensor]:
        """Deconvolve a frame of encoded values and, as many channels, of linear light; both come back encoded."""
        half = frame.shape[1] // 2
        each = damping.exp().repeat_interleave(half).view(1, -1, 1, 1)
        sharp, light = wiener_deconvolve(frame, kernel, each, RADIUS).split(half, 1)
        return sharp, srgb_from_linear(light.clamp(min=0))


class KernelPrior(nn.Module):
    """From two raw least-squares kernels, (N, 2, K, K), to one that a camera's path could have drawn: (N, K, K), of
    sum 1."""

    def __init__(self, channels: int = 24, count: int = 6):
        super().__init__()
        self.intro = nn.Conv2d(4, channels, 3, padding=1)
        self.blocks = make_blocks(channels, count)
        self.ending = nn.Conv2d(channels, 1, 3, padding=1)
        self.sharpness = nn.Parameter(torch.tensor([1.5, 0.0]))
        nn.init.zeros_(self.ending.weight)

    def forward(self, raw: Tensor) -> Tensor:
        scaled = raw / raw.amax((2, 3), keepdim=True).clamp(min=1e-6)
        likely = scaled.clamp(min=0).add(3e-3).log()
        seen = torch.cat([scaled, likely / 4], 1).to(self.intro.weight.dtype)
        trusted = (self.sharpness.view(1, 2, 1, 1) * likely).sum(1, keepdim=True)
        logits = self.ending(self.blocks(self.intro(seen))).float() + trusted
        return logits.flatten(1).softmax(1).view(-1, *raw.shape[2:])


def pixel_unshuffle(planes: Tensor) -> Tensor:
    """Half the resolution, four times the channels: most of the work is done there. Channels last in memory."""
    return F.pixel_unshuffle(planes, 2).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def find_uneven(picture: Tensor) -> Tensor:
    """(N, 1, H, W) in [0, 1]: zero where the 9x9 pixels around are all of one colour, so that it stays; one
    wherever two neighbours among them differ by as much as one of 255 steps."""
    steps = compute_gradients(picture.flatten(0, 1)[:, None]).abs().amax(1).view_as(picture).amax(1, keepdim=True)
    highest = F.max_pool2d(F.max_pool2d(steps, (9, 1), 1, (4, 0)), (1, 9), 1, (0, 4))
    return (highest * 255).clamp(0, 1)
