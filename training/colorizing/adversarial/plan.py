"""The plan of a NoGAN run: stages, sizes, and the learning rate of the generator's own stage."""

from dataclasses import dataclass

GENERATOR_RATE = 3e-3  # the peak, for batches of 80 to 256
WARM_UP = 0.03  # part of the first stage in which the rate rises


@dataclass(frozen=True)
class Phase:
    """A stage at one picture size, up to the part `until` of the run's time."""

    stage: str
    side: int
    batch: int
    validate_every: int  # steps from one validation and checkpoint to the next
    until: float


ALONE_UNTIL, FURTHER_UNTIL = 0.82, 0.92  # of the run's time: where the generator's own stage ends
PHASES = (
    Phase("generator", 64, 32, 200, 0.52),
    Phase("generator", 96, 20, 200, 0.68),
    Phase("generator", 128, 12, 200, ALONE_UNTIL),
    Phase("critic", 128, 12, 100, 0.86),
    Phase("joint", 128, 12, 40, 1.0),
)
FURTHER = (  # from released weights: less of 64 pixels
    Phase("generator", 64, 32, 200, 0.2),
    Phase("generator", 96, 20, 200, 0.5),
    Phase("generator", 128, 12, 200, FURTHER_UNTIL),
    Phase("critic", 128, 12, 100, 0.95),
    Phase("joint", 128, 12, 40, 1.0),
)
