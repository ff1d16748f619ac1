"""What may be in a hole, guessed from everything around it: the content network of neural patch synthesis.

Pathak, Krähenbühl, Donahue, Darrell, Efros: "Context Encoders: Feature Learning by Inpainting", CVPR 2016, in the form
that Yang, Lu, Lin, Shechtman, Wang, Li give it in "High-Resolution Image Inpainting using Multi-Scale Neural Patch
Synthesis", CVPR 2017 (arXiv, 2016): ELU everywhere, and a bottleneck that is fully connected, so that each
place in the hole can depend on each place around it.

Two things differ from the papers. Holes have any form, not one box in the middle, so that what is known is a fourth
plane, and the output is the whole picture, of which the caller takes the hole. And the hole is not filled with one mean
colour at the start but with a mean for each place, in which the near counts most (`laplace_fill`); the network says how
to change that. It would need days to learn what a mean knows.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIDE = 128
BOTTLENECK_SIDE = 4  # pixels: the side of the maps that are fully connected
ENOUGH, SWEEPS = 4, 4  # a cell that is known to a fourth is known well enough; rounds of relaxation at each scale


class ContextEncoder(nn.Module):
    """RGB with the hole 0, and known = 1, (N, 4, 128, 128) in [0, 1] to RGB (N, 3, 128, 128), in [0, 1] in eval mode.

    width: channels after the first of five halvings; twice, four, six and eight times as many after the others.
    bottleneck: how many numbers have to say everything.
    """

    multiple_of = SIDE
    minimum_side = SIDE

    def __init__(self, width: int = 32, bottleneck: int = 640):
        super().__init__()
        channels = [4, *(width * times for times in (1, 2, 4, 6, 8))]
        pairs = list(zip(channels, channels[1:], strict=False))
        self.encoder = nn.Sequential(
            *(layer for before, after in pairs for layer in (nn.Conv2d(before, after, 4, 2, 1), nn.ELU()))
        )
        flat = channels[-1] * BOTTLENECK_SIDE**2
        self.bottleneck = nn.Sequential(nn.Linear(flat, bottleneck), nn.ELU(), nn.Linear(bottleneck, flat), nn.ELU())
        self.decoder = nn.Sequential(
            *(
                layer
                for before, after in reversed(pairs[1:])
                for layer in (nn.ConvTranspose2d(after, before, 4, 2, 1), nn.ELU())
            ),
            nn.ConvTranspose2d(width, 3, 4, 2, 1),
        )

    def forward(self, holed_and_known: Tensor) -> Tensor:
        rgb, known = holed_and_known[:, :3], holed_and_known[:, 3:]
        smooth = laplace_fill(rgb, known)
        maps = self.encoder(torch.cat((smooth * 2 - 1, known), 1))
        mixed = self.bottleneck(maps.flatten(1)).view_as(maps)
        output = smooth + self.decoder(mixed)
        return output if self.training else output.clamp(0, 1)


def laplace_fill(rgb: Tensor, known: Tensor) -> Tensor:
    """Return what is known spread smoothly over the rest, (N, 3, H, W), as a soap film does (Laplace's equation).

    rgb: 0 in the hole; known: (N, 1, H, W), 0 or 1; the sides are equal powers of two. Where nothing at all is known,
    all is 0. From coarse to fine: Gortler, Grzeszczuk, Szeliski, Cohen: "The Lumigraph", SIGGRAPH 1996, section 3.4
    (pull-push), with relaxation at each scale.
    """
    sums, weights = [rgb], [known]
    while sums[-1].shape[-1] > 1:
        sums.append(F.avg_pool2d(sums[-1], 2))
        weights.append(F.avg_pool2d(weights[-1], 2))
    guess = torch.zeros_like(sums[-1])
    for total, weight in zip(reversed(sums), reversed(weights), strict=True):
        guess = F.interpolate(guess, size=total.shape[-2:], mode="bilinear")
        held = (weight * ENOUGH).clamp(max=1)
        mean = total / weight.clamp(min=1e-6) * held
        for _ in range(SWEEPS):
            guess = mean + (1 - held) * F.avg_pool2d(guess, 3, 1, 1, count_include_pad=False)
    return guess
