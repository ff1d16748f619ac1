"""How learning rates change over a run, in parts of their peak. `progress` is the spent part of the time, 0 to 1."""

import math
from typing import Protocol


class Optimiser(Protocol):
    """What has groups of parameters with a learning rate each: PyTorch's optimisers, and Muon."""

    @property
    def param_groups(self) -> list[dict]: ...


def warm_up(step: int, steps: int) -> float:
    """Return the rate at `step` of a linear rise over the first `steps`."""
    return min(1.0, (step + 1) / steps)


def decay_by_cosine(progress: float, last: float = 0.0) -> float:
    """Return the rate of a fall along half a cosine from 1 to `last`."""
    return last + (1 - last) * (1 + math.cos(math.pi * progress)) / 2


def rise_and_decay(progress: float, warm_up: float) -> float:
    """Return the rate of a short rise, up to the part `warm_up` of the time, times half a cosine down to nothing."""
    return min(1.0, progress / warm_up + 0.01) * decay_by_cosine(min(1.0, progress))


def hold_and_decay(progress: float, until: float, last: float) -> float:
    """Return the rate that stays up to the part `until` of the time and then falls along a line to `last`."""
    return 1 - (1 - last) * max(0.0, progress - until) / (1 - until)


def set_rate(optimiser: Optimiser, rate: float) -> None:
    """Make `rate` the learning rate of all parameters of the optimiser."""
    for group in optimiser.param_groups:
        group["lr"] = rate
