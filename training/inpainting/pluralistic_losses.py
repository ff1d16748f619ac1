"""What the two paths of pluralistic completion are asked for (Zheng et al. 2019, 3.3; see `networks.pluralistic`).

The reconstructive path knows the hidden part through its codes, so that it must give the whole picture back. The
generative one does not: its hole shall only look real, and its known pixels be right.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from networks.discriminators.pluralistic import PluralisticDiscriminator
from networks.pluralistic import Guess

DIVERGENCE_WEIGHT, APPEARANCE_WEIGHT, ADVERSARIAL_WEIGHT = 20.0, 20.0, 1.0  # the paper's
# The codes of a small hole are asked to spread little, those of a large one as far as one: a logistic curve.
HALF_SPREAD_AT, STEEPNESS = 0.2, 8.0


def compute_divergences(inferred: Guess, expected: Guess, known: Tensor) -> tuple[Tensor, Tensor]:
    """Return how far the inference is from a plain normal distribution, and how far the prior is from the inference.

    The plain one spreads with the share of the picture that is hidden. The second moves the prior only.
    """
    hidden = 1 - known.mean((1, 2, 3))
    spread = torch.sigmoid((hidden - HALF_SPREAD_AT) * STEEPNESS)[:, None, None, None].expand_as(inferred.mean)
    plain = Guess(torch.zeros_like(inferred.mean), spread)
    fixed = Guess(inferred.mean.detach(), inferred.spread.detach())
    return compute_divergence(inferred, plain), compute_divergence(fixed, expected)


def compute_divergence(one: Guess, other: Guess) -> Tensor:
    """Return the mean over all codes of the Kullback-Leibler divergence of `one` from `other`."""
    apart = (one.spread**2 + (one.mean - other.mean) ** 2) / (2 * other.spread**2)
    return (apart - 0.5 + other.spread.log() - one.spread.log()).mean()


def compute_appearance_loss(made: list[Tensor], pictures: Tensor, counted: Tensor) -> Tensor:
    """Return the mean absolute error at all scales where `counted`, (N, 1, H, W), is one."""
    found = []
    for scale in made:
        size = scale.shape[-2], scale.shape[-1]
        wanted, here = F.adaptive_avg_pool2d(pictures, size), (F.adaptive_avg_pool2d(counted, size) > 0.999).float()
        error = (scale - wanted).abs().mean(1, keepdim=True)
        found.append((error * here).sum() / here.sum().clamp(min=1))
    return torch.stack(found).mean()


def compute_critic_loss(critic: PluralisticDiscriminator, pictures: Tensor, made: Tensor) -> Tensor:
    """Return the least squares, one for real and zero for made.

    Mao et al.: "Least Squares Generative Adversarial Networks", ICCV 2017.
    """
    return ((critic(pictures).float() - 1) ** 2).mean() + (critic(made.detach()).float() ** 2).mean()


def compute_adversarial_losses(
    reconstructing: PluralisticDiscriminator,
    generating: PluralisticDiscriminator,
    pictures: Tensor,
    rebuilt: Tensor,
    guessed: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return the feature matching of the reconstructive path and the least squares of the generative one."""
    with torch.no_grad():
        wanted = reconstructing.features(pictures).float()
    matching = ((reconstructing.features(rebuilt).float() - wanted) ** 2).mean()
    return matching, ((generating(guessed).float() - 1) ** 2).mean()
