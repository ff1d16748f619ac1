"""How Deblur estimates the blur, takes it out tile by tile, and checks every tile."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from errors import N_
from imaging.deblurring import artifacts, focus, referee, scales, shake
from imaging.io.provenance import ALGORITHMICALLY_ENHANCED
from imaging.tiles import run_tiled
from services import inference
from services.base import Picture, Report, Result, ServiceError
from services.deblur import OWN

TILE = 512
OVERLAP = 64


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Sharpen the colours; alpha stays. `strength` goes from the picture (0) to the network's output (1).

    A blur that is too long for the network is taken out of a smaller copy, and the change enlarged and added. A picture
    that shows no motion blur has no result, only the verdict, unless the owner wants one `anyway`, nor has one that the
    network leaves as it is. A tile in which the output is broken stays as it was, and so do, unless the owner wants it
    `anyway`, parts that were sharp or lost structure; the verdict says so. Raises ServiceError when all tiles are
    broken.
    """
    report(0.0, N_("Loading the network"))
    network = inference.networks.get(options["network"])
    report(0.02, N_("Looking for blur"))
    if not options["anyway"] and not is_blurred(picture):
        report(1.0, N_("Done"))
        return Result(None, verdict="no_motion_blur")
    small, of_lens = look_closer(picture)
    tiles = Tiles(network, options["strength"], keep_sharp=not options["anyway"], of_lens=of_lens)
    restored = run_tiled(
        small,
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
        raise inference.make_unstable_error()
    rgb = scales.add_change(picture.rgb, small, restored)
    report(1.0, N_("Done"))
    if np.array_equal(picture.rgb, rgb):
        return Result(None, verdict="nothing_changed")
    return Result(picture.with_rgb(rgb), verdict=tiles.verdict(), source_type=ALGORITHMICALLY_ENHANCED)


def is_blurred(picture: Picture) -> bool:
    """Whether motion blur shows in the picture as a whole."""
    own = inference.networks.get(OWN)
    rule = own.multiple_of, own.minimum_side, own.device
    return shake.is_shaken(picture.rgb, lambda tile: own(tile, "kernel"), *rule)


def look_closer(picture: Picture) -> tuple[np.ndarray, bool]:
    """Return the picture, uint8 (H, W, 3), or the smaller copy in which its blur is within the network's reach; and
    whether the blur is that of a lens."""
    own = inference.networks.get(OWN)
    look = (lambda tile: own(tile, "kernel")), own.multiple_of, own.minimum_side, own.device
    small = scales.shrink(picture.rgb, scales.choose_factor(picture.rgb, *look))
    return small, focus.is_out_of_focus(small, *look)


class Tiles:
    """The function of one tile, which counts the tiles, those whose output was of no use, and those kept in part."""

    def __init__(self, network: inference.Network, strength: float, keep_sharp: bool, of_lens: bool):
        self.network, self.strength, self.keep_sharp, self.of_lens = network, strength, keep_sharp, of_lens
        self.begin()

    def begin(self) -> None:
        """Count from nought, for the run begins, or begins again with smaller tiles."""
        self.count = self.broken = self.kept = 0

    def verdict(self) -> str:
        """Return what is to be said of the tiles, or of the blur: a key of the service's verdicts, or nothing."""
        if self.broken:
            return "some_tiles_kept"
        return "out_of_focus" if self.of_lens else "some_parts_kept" if self.kept else ""

    def __call__(self, tile: Tensor) -> Tensor:
        self.count += 1
        try:
            restored = self.network(tile).clamp(0, 1)
        except ServiceError as error:
            if error.key != inference.UNSTABLE:
                raise
            restored = None
        if restored is None or artifacts.find_artifact(tile, restored):
            self.broken += 1
            return tile
        if self.keep_sharp:
            share = referee.measure_kept_share(tile, restored)
            self.kept += bool(share.any())
            restored = restored.lerp(tile, share)
        return tile.lerp(restored, self.strength)
