"""Is a file in linear light restored as well? `python -m training.deblurring.measure_curves --data FOLDER --every 16`.

Protocol: photos bsds-val of validation.zip, which no recipe trains on, shaken by `training.deblurring.blur` over 5 to 9
pixels with the seed (SEED, photo), once as sRGB and once as linear light in eight bits, as a camera's raw file may be
stored. The network gets either as it is, and with its curve changed to the other one before and back afterwards. PSNR
is that of the whole picture in the file's own curve. Printed are one line of JSON for each photo, then the means. Its
`median` is the photo's median brightness in its own curve: linear files look dark, and so do photos of the night.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from statistics import mean
from typing import cast

import numpy as np

from networks import weights
from networks.deconvolver import Deconvolver
from training.common.archives import list_members, read_rgb
from training.common.arguments import build_parser
from training.common.metrics import psnr
from training.common.run import set_up
from training.deblurring.blur import decode_srgb, encode_srgb
from training.deblurring.measure import photograph_protocol
from training.deblurring.measure_harm import restore

SEED, EXTENTS = 21, (5, 9)

Curve = Callable[[np.ndarray], np.ndarray]


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads)
    rows = []
    for row in measure(cast(Deconvolver, weights.load("deblur")), arguments):
        rows.append(row)
        print(json.dumps(row), flush=True)
    print(json.dumps({name: round(mean(row[name] for row in rows), 2) for name in rows[0]}))


def parse_arguments() -> argparse.Namespace:
    return build_parser(__doc__, "data", "threads", "every").parse_args()


def measure(network: Deconvolver, arguments: argparse.Namespace) -> Iterator[dict[str, float]]:
    """Yield the figures of each photo."""
    members = list_members(arguments.data, "validation.zip", "bsds-val/")
    for number in range(0, len(members), arguments.every):
        sharp = read_rgb(members[number])
        blurred = photograph_protocol(sharp, EXTENTS, np.random.default_rng((SEED, number))).pixels
        row = {"photo": float(number)}
        for name, wanted, pixels, to_other, back in (
            ("srgb", sharp, blurred, decode_srgb, encode_srgb),
            ("linear", change(sharp, decode_srgb), change(blurred, decode_srgb), encode_srgb, decode_srgb),
        ):
            before = psnr(pixels, wanted)
            as_it_is, changed = restore(network, pixels), restore(network, change(pixels, to_other))
            row[f"{name}_median"] = float(np.median(pixels))
            row[f"{name}_psnr"] = before
            row[f"{name}_gain"] = 0.0 if as_it_is is None else psnr(as_it_is, wanted) - before
            row[f"{name}_gain_changed"] = 0.0 if changed is None else psnr(change(changed, back), wanted) - before
        yield {name: round(value, 2) for name, value in row.items()}


def change(pixels: np.ndarray, curve: Curve) -> np.ndarray:
    """Return uint8 (H, W, 3) in another curve."""
    return np.rint(255 * curve(pixels.astype(np.float32) / 255)).clip(0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
