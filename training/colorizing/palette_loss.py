"""How well a distribution over the palette agrees with the true colour."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks.layers.palette import compress_chroma, make_palette
from networks.palette_colorizer import CHROMA_UNIT
from training.colorizing.class_rebalancing import Rarity

BLUR = 3.0  # units of the compressed plane: a true colour also counts for the palette's colours about so far away
CELL = 2.0  # CIE units: the side of the cells of a and b for which the blur is worked out once
CELLS = 110


class PaletteLoss(nn.Module):
    """Cross-entropy of logits (N, K, h, w) and the true chroma (N, 2, 2h, 2w) in the network's unit, a scalar.

    The truth is spread over neighbouring colours, as by Zhang, Isola, Efros (ECCV 2016), and rare colours weigh more.
    """

    def __init__(self, rarity: Rarity):
        super().__init__()
        self.rarity = rarity
        places = torch.arange(CELLS) * CELL - CELL * CELLS / 2 + CELL / 2
        cells = torch.cartesian_prod(places, places)
        distances = torch.cdist(compress_chroma(cells), make_palette())
        self.shares: Tensor
        self.register_buffer("shares", (-distances.square() / (2 * BLUR**2)).softmax(1), persistent=False)

    def forward(self, logits: Tensor, chroma: Tensor) -> Tensor:
        target = F.avg_pool2d(chroma, 2)
        likely = F.log_softmax(logits.permute(0, 2, 3, 1).float(), -1)  # along the memory of channels-last logits
        each = -(self.spread(target) * likely).sum(-1)
        return (each * self.rarity.weight(target)).mean()

    def spread(self, chroma: Tensor) -> Tensor:
        """Return the distribution (N, H, W, K) that stands for `chroma` (N, 2, H, W) in the network's unit."""
        cell = (chroma * (CHROMA_UNIT / CELL) + CELLS / 2).floor().clamp(0, CELLS - 1).long()
        return self.shares[cell[:, 0] * CELLS + cell[:, 1]]
