"""Deblur: the blur is estimated first, then a network takes it out, tile by tile, and every tile is checked."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from errors import N_
from services import engine
from services.base import Choice, Option, Picture, Report, Result, Service, ServiceError

if TYPE_CHECKING:
    from torch import Tensor

OWN = "deblur"  # the weights that also estimate the blur, whichever network takes it out
IMPORTED = "nafnet-gopro-width32"
TILE = 512
OVERLAP = 64


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Sharpen the colours; alpha stays. `strength` goes from the picture (0) to the network's answer (1).

    A picture that shows no motion blur has no result, only the verdict, unless the owner wants one `anyway`, nor has
    one that the network leaves as it is. A tile in which the answer is broken stays as it was, and so do, unless the
    owner wants it `anyway`, parts that were sharp or lost structure; the verdict says so. Raises ServiceError when all
    tiles are broken.
    """
    report(0.0, N_("Loading the network"))
    network = engine.network(options["network"])
    report(0.02, N_("Looking for blur"))
    if not options["anyway"] and not is_blurred(picture):
        report(1.0, N_("Done"))
        return Result(None, verdict="no_motion_blur")
    tiles = Tiles(network, options["strength"], keep_sharp=not options["anyway"])
    from imaging.tiles import run_tiled

    rgb = run_tiled(
        picture.rgb,
        tiles,
        tile=TILE,
        overlap=OVERLAP,
        multiple_of=network.multiple_of,
        minimum_side=network.minimum_side,
        device=network.device,
        report=lambda share: report(0.08 + 0.9 * share, N_("Taking the blur out")),
        begun=tiles.begin,
    )
    if tiles.broken == tiles.count:
        raise engine.unstable()
    report(1.0, N_("Done"))
    if np.array_equal(picture.rgb, rgb):
        return Result(None, verdict="nothing_changed")
    return Result(picture.with_rgb(rgb), verdict=tiles.verdict())


def is_blurred(picture: Picture) -> bool:
    """Whether motion blur shows in the picture as a whole."""
    from imaging.deblurring import shake

    own = engine.network(OWN)
    rule = own.multiple_of, own.minimum_side, own.device
    return shake.is_shaken(picture.rgb, lambda tile: own(tile, "kernel"), *rule)


class Tiles:
    """The function of one tile, which counts the tiles, those whose answer was of no use, and those kept in part."""

    def __init__(self, network: engine.Network, strength: float, keep_sharp: bool):
        self.network, self.strength, self.keep_sharp = network, strength, keep_sharp
        self.begin()

    def begin(self) -> None:
        """Count from nought, for the run begins, or begins again with smaller tiles."""
        self.count = self.broken = self.kept = 0

    def verdict(self) -> str:
        """Return what is to be said of the tiles: a key of the service's verdicts, or nothing."""
        return "some_tiles_kept" if self.broken else "some_parts_kept" if self.kept else ""

    def __call__(self, tile: "Tensor") -> "Tensor":
        from imaging.deblurring import artifacts, referee

        self.count += 1
        try:
            answer = self.network(tile).clamp(0, 1)
        except ServiceError as error:
            if error.key != engine.UNSTABLE:
                raise
            answer = None
        if answer is None or artifacts.fault(tile, answer):
            self.broken += 1
            return tile
        if self.keep_sharp:
            share = referee.measure_kept_share(tile, answer)
            self.kept += bool(share.any())
            answer = answer.lerp(tile, share)
        return tile.lerp(answer, self.strength)


def check(options: Mapping[str, Any]) -> None:
    """Refuse a strength that would change nothing."""
    if options["strength"] == 0.0:
        raise ServiceError("nothing_to_change", N_("Nothing to change: choose a strength above zero."))


SERVICE = Service(
    key="deblur",
    title=N_("Deblur"),
    summary=N_("Takes the shake out of a photo: for a hand that moved while the shutter was open."),
    run=run,
    check=check,
    weights=(OWN,),
    verdicts={
        "no_motion_blur": N_("No motion blur was found in this photo; it was kept as it was."),
        "some_tiles_kept": N_("In parts of this photo the network gave no usable answer. They were kept as they were."),
        "some_parts_kept": N_("Parts of this photo are sharp already, or came out worse. They were kept as they were."),
        "nothing_changed": N_("The network found nothing to change in this photo; it was kept as it was."),
    },
    options=(
        Option(
            name="strength",
            kind="number",
            title=N_("Strength"),
            default=1.0,
            minimum=0.0,
            maximum=1.0,
            step=0.05,
            help=N_("1 is all the network can do; less mixes in the original."),
        ),
        Option(
            name="network",
            kind="choice",
            title=N_("Network"),
            default=OWN,
            advanced=True,
            choices=(
                Choice(OWN, N_("Ours: estimates the blur and divides it out")),
                Choice("deblurgan", N_("DeblurGAN's generator, small"), weights="deblurgan"),
                Choice(IMPORTED, N_("NAFNet, width 32, trained on GoPro"), weights=IMPORTED),
            ),
        ),
        Option(
            name="anyway",
            kind="switch",
            title=N_("Run even if no blur is found"),
            default=False,
            advanced=True,
            help=N_("Blur is looked for first, and a sharp photo is left alone."),
        ),
    ),
)
