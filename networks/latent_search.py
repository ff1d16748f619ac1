"""Completion by search: which face of a generator fits what is left of this one?

Yeh, Chen, Lim, Schwing, Hasegawa-Johnson, Do, "Semantic Image Inpainting with Deep Generative Models" (first named
"... with Perceptual and Contextual Losses", 2016), CVPR 2017. The code is what is trained: its face shall agree with
the known pixels, most of all near the hole, and look real to the critic.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from networks.dcgan import DCGAN

STEPS, RATE = 120, 0.03
WINDOW = 7  # pixels, the paper's
PRIOR_WEIGHT = 0.003  # the paper's lambda


def compute_context_weight(known: Tensor, window: int = WINDOW) -> Tensor:
    """Return how much each known pixel counts, (N, 1, H, W): the share of hole in the window around it, 0 in the hole.

    `known` is (N, 1, H, W), 1 where the picture is known. Pixels far from the hole count nothing. The weights of each
    picture are scaled to a sum of one; where no pixel lies near a hole, all known pixels count alike.
    """
    share = F.avg_pool2d(1 - known, window, stride=1, padding=window // 2, count_include_pad=False)
    weight = known * share
    weight = torch.where(weight.sum((1, 2, 3), keepdim=True) > 0, weight, known)
    return weight / weight.sum((1, 2, 3), keepdim=True).clamp(min=1e-9)


def compute_losses(network: DCGAN, faces: Tensor, pictures: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return the contextual and the prior loss of each face, (N,) both, the latter with its weight in it.

    The contextual loss is the weighted L1 distance in the known pixels; the prior is log(1 - D(G(z))), with D the
    probability that the critic gives a face.
    """
    contextual = ((faces - pictures).abs().mean(1, keepdim=True) * weight).sum((1, 2, 3))
    return contextual, -PRIOR_WEIGHT * F.softplus(network.critic(faces))


@torch.no_grad()
def find_nearest(network: DCGAN, picture: Tensor, known: Tensor, codes: Tensor, count: int) -> Tensor:
    """Return those of `codes` to start from: the `count` whose faces fit one picture best before any search."""
    weight = compute_context_weight(known)
    pairs = (compute_losses(network, network(part), picture, weight) for part in codes.split(32))
    found = [contextual + prior for contextual, prior in pairs]
    return codes[torch.cat(found).topk(count, largest=False).indices]


def search(
    network: DCGAN,
    pictures: Tensor,
    known: Tensor,
    codes: Tensor,
    steps: int = STEPS,
    report: Callable[[float], None] = lambda share: None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Move `codes` until their faces fit; return the codes (N, latent), the faces (N, 3, H, W) and the losses (N,).

    pictures: (N, 3, H, W) in [0, 1], of any value in the hole. known: (N, 1, H, W), 1 where they are known. codes:
    (N, latent) to start from; they stay in [-1, 1]. Each picture's search is its own: the others beside it change
    nothing. The best of each search is returned, not its last.
    """
    weight = compute_context_weight(known)
    codes = codes.clone().requires_grad_()
    optimiser = torch.optim.Adam([codes], RATE, betas=(0.9, 0.99))
    best_codes, best = codes.detach().clone(), codes.detach().new_full((len(codes),), float("inf"))
    for step in range(steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = RATE * (1 - 0.9 * step / (steps + 1))
        with torch.enable_grad():
            contextual, prior = compute_losses(network, network(codes), pictures, weight)
            total = contextual + prior
            gradient = torch.autograd.grad(total.sum(), codes)[0]
        better = total.detach() < best
        best_codes[better], best[better] = codes.detach()[better], total.detach()[better]
        codes.grad = gradient
        optimiser.step()
        with torch.no_grad():
            codes.clamp_(-1, 1)
        report((step + 1) / (steps + 1))
    with torch.no_grad():
        return best_codes, network(best_codes), best
