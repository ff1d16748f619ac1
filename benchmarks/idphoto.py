"""How high true heads are on ID photos: `python -m benchmarks.idphoto --data FOLDER [--size icao]`.

`idphoto_heads.json` names frontal portraits of people-portraits.zip, none of which a recipe learnt from, with the rows
of crown and chin as somebody saw them. Prints the true height of each head on the photo in millimetres, beside the
verdict, and how many are within the document's range, unsure, or neither.
"""

import argparse
import json
from pathlib import Path

import torch

from services.base import CACHE, Picture, ignore_progress
from services.idphoto import place, sizes
from training.common.archives import Member, read_rgb

HEADS = Path(__file__).with_name("idphoto_heads.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with the archives")
    parser.add_argument("--size", default="icao", choices=[row.key for row in sizes.SIZES])
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    wanted, counts = sizes.find_size(arguments.size), {"within": 0, "out, and said": 0, "out, and not said": 0}
    for name, (crown, chin) in json.loads(HEADS.read_text()).items():
        picture = Picture(read_rgb(Member(arguments.data / "people-portraits.zip", name)))
        placed = place_in(picture, wanted)
        verdict = placed if isinstance(placed, str) else place.find_verdict(placed)
        height = 0.0 if isinstance(placed, str) else (chin - crown) / placed.box.height * wanted.height
        within = wanted.head[0] <= height <= wanted.head[1]
        counts["within" if within else "out, and said" if verdict else "out, and not said"] += 1
        print(f"{name}: {height:.1f} mm {verdict}", flush=True)
    print(counts)


def place_in(picture: Picture, wanted: sizes.Size) -> place.Placed | str:
    """Return where the service would cut, with a new background, or the verdict that says why not."""
    options = {"frame": None, "mask": None, "network": "background", CACHE: {}}
    scene = place.look_for_faces(picture, options)
    found = place.find_person(scene, ignore_progress)
    return place.place(scene, found.alpha if found else None, wanted, may_reach_out=True)


if __name__ == "__main__":
    main()
