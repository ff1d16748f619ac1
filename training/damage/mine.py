"""Where the finder marks undamaged photos: places to learn from that look like damage and are none.

    python -m training.damage.mine --data FOLDER [--state runs/damage/checkpoint.pt] --out runs/damage/mined.json

Each photo to learn from is looked at once, as it is or aged, the sources that count most first; those that are held
back are not. One line of the file is one place: the archive, the picture's name, and the row and the column of a mark's
middle, from 0 to 1. A run that is broken off leaves the lines that it has written.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from imaging.damage.finding import predict_damage, select_marks
from networks.weights import load
from training.common.archives import Member, read_rgb
from training.common.arguments import build_parser
from training.common.run import set_up
from training.damage.ageing import age, scan
from training.damage.measure import Finder, load_ema
from training.damage.samples import Place, list_photos

SEED = 29
LIKELY, SURE = 64, 100  # of 255: less than the tool asks for, so that what is nearly marked is learnt from too
MOST = 4  # places in one photo, the largest marks
AGED = 0.6  # of the photos


def main() -> None:
    parser = build_parser(__doc__, "data", "state", "every", out=Path("runs/damage/mined.json"), threads=1)
    arguments = parser.parse_args()
    set_up(arguments.threads)
    finder = Finder(load("damage") if arguments.state is None else load_ema(arguments.state))
    listed = Counter(list_photos(arguments.data)[0])
    photos = sorted(listed, key=lambda member: (-listed[member], member.stem[::-1]))[:: arguments.every]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("w", encoding="utf-8") as file:
        for number, member in enumerate(photos):
            for row, column in find_places(read_rgb(member), finder, np.random.default_rng((SEED, number))):
                place = [member.archive.name, member.name, round(row, 4), round(column, 4)]
                file.write(json.dumps(place) + "\n")
            file.flush()


def find_places(rgb: np.ndarray, finder: Finder, random: np.random.Generator) -> Iterator[tuple[float, float]]:
    """Yield the middles of the largest marks in an undamaged photo, uint8 (H, W, 3), as it is or aged."""
    seen = scan(age(rgb.astype(np.float32) / 255, random), random) if random.random() < AGED else rgb
    marks = select_marks(predict_damage(seen, finder), LIKELY, SURE).astype(np.uint8)
    _, _, figures, middles = cv2.connectedComponentsWithStats(marks)
    largest = np.argsort(figures[1:, cv2.CC_STAT_AREA])[::-1][:MOST]
    for column, row in middles[1:][largest]:
        yield row / marks.shape[0], column / marks.shape[1]


def read_places(path: Path, data: Path) -> Sequence[Place]:
    """Return what `main` has written."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [Place(Member(Path(data) / archive, name), row, column) for archive, name, row, column in rows]


if __name__ == "__main__":
    main()
