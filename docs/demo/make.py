"""Make the before-and-after pictures of the home page: `python docs/demo/make.py [TOOL...]`, from the root of the
repository; with tools named, theirs alone.

The *before* is a public-domain picture (`pictures/SOURCES.md`), cropped to 4:3 and harmed as its caption says.
The *after* is what `flask process` makes of that very file, untouched. A tool that cannot run here (its weights
are missing) gets no picture, and its old one is removed: the page never shows what the tools did not make.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from harm import add_noise, fade, halve, keep, lay_on_table, make_grey, mark_scratches, scratch, shake
from PIL import Image, ImageOps

ROOT = Path(__file__).resolve().parents[2]
PICTURES = Path(__file__).resolve().parent / "pictures"
OUT = ROOT / "static" / "demo"
CARD = (360, 270)
CARD_QUALITY = 76  # all of them are in the first load of the home page


def N_(text: str) -> str:
    """Mark a text for translation."""
    return text


@dataclass(frozen=True)
class Example:
    """One pair: `top` is where the 4:3 crop begins, as a part of what is cut away above and below.

    `mask` makes the file of the option "mask". `printed` results, of a size of their own, lie on a white sheet.
    The *before* is a sample for people to try, too: for the tool itself, and for those that `also` names.
    """

    key: str
    picture: str
    harm: Callable[[np.ndarray], np.ndarray]
    alt: str
    caption: str
    top: float = 0.5
    options: Mapping[str, str] = field(default_factory=dict)
    carousel: bool = True
    mask: Callable[[np.ndarray], np.ndarray] | None = None
    printed: bool = False
    also: tuple[str, ...] = ()


# The first one with a result stands at the top of the home page.
EXAMPLES = (
    Example(
        "restore",
        "hopper.jpg",
        fade,
        N_("A faded print of Grace Hopper in uniform"),
        N_("The print was faded and yellowed on purpose. One press brought its colours back."),
        top=0.12,
        also=("tone",),
    ),
    Example(
        "scan",
        "travellers.jpg",
        lay_on_table,
        N_("A print of five men lies askew on a dark table"),
        N_("A print was photographed on a table. The tool found its corners, cut it out and straightened it."),
        carousel=False,
        printed=True,
    ),
    Example(
        "inpaint",
        "librarian.jpg",
        scratch,
        N_("An old portrait of a man with a white beard"),
        N_("An old print was scratched on purpose, the scratches were painted over, and the tool filled them in."),
        top=0.0,
        mask=mark_scratches,
    ),
    Example(
        "tone",
        "rocket.jpg",
        fade,
        N_("A rocket on its launch pad at dusk"),
        N_("The photo was faded on purpose. Its black, white and colours were measured and put right."),
        carousel=False,
        also=("restore", "adjust"),
    ),
    Example(
        "background",
        "cameraman.jpg",
        keep,
        N_("A man in a dark coat looks through a camera on a tripod"),
        N_("The tool found the man by itself and blurred what is behind him."),
        top=0.3,
        options={"background": "blurred"},
        also=("colorize", "adjust"),
    ),
    Example(
        "deblur",
        "coffee.jpg",
        shake,
        N_("A red cup of coffee on a wooden table"),
        N_("A sharp photo was blurred on purpose, as by a shaking hand. The tool made it sharp again."),
    ),
    Example(
        "denoise",
        "rocket.jpg",
        add_noise,
        N_("A rocket on its launch pad, lit in the dusk"),
        N_("Noise was added on purpose, as of a photo taken in too little light. The tool took it out."),
    ),
    Example(
        "enlarge",
        "chelsea.jpg",
        halve,
        N_("The face of a ginger cat, from near"),
        N_("The photo was made half as large on purpose. The tool made it twice as large again."),
    ),
    Example(
        "colorize",
        "hopper.jpg",
        make_grey,
        N_("Portrait of Grace Hopper in uniform"),
        N_("The colours were taken out of the photo, and the tool guessed them anew."),
        top=0.12,
        also=("background", "adjust"),
    ),
    Example(
        "idphoto",
        "astronaut.jpg",
        keep,
        N_("Portrait of the astronaut Eileen Collins"),
        N_("Cut, sized and put on white for a passport."),
        top=0.0,
        options={"size": "icao", "background": "white"},
        carousel=False,
        printed=True,
        also=("background", "adjust"),
    ),
    Example(
        "adjust",
        "travellers.jpg",
        keep,
        N_("Five men in hats, a faded print of 1897"),
        N_("The print has faded. The tool gave its contrast back."),
        options={"brightness": "0.85", "contrast": "1.5"},
        carousel=False,
        also=("colorize",),
    ),
)


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    listed, named = OUT / "examples.json", sys.argv[1:] or [example.key for example in EXAMPLES]
    entries = {entry["key"]: entry for entry in json.loads(listed.read_text("utf-8"))} if listed.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        for example in EXAMPLES:
            if example.key in named:
                for old in OUT.glob(f"{example.key}-*"):
                    old.unlink()
                entries[example.key] = make(example, Path(folder))
    made = [entries[example.key] for example in EXAMPLES if entries.get(example.key)]
    listed.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")


def make(example: Example, folder: Path) -> dict | None:
    """Write the pictures of an example and return its entry, or None where the tool does not run."""
    before, after = folder / f"{example.key}.png", folder / f"{example.key}-after.png"
    image = Image.open(PICTURES / example.picture).convert("RGB")
    clean = np.asarray(crop(image, example.top))
    harmed = Image.fromarray(example.harm(clean))
    harmed.save(before)
    words = [word for name, value in example.options.items() for word in (f"--{name}", value)]
    drawn = {}
    if example.mask:
        drawn["mask"] = f"demo/{example.key}-mask.png"
        mask = ROOT / "static" / drawn["mask"]
        Image.fromarray(example.mask(clean)).convert("1").save(mask, optimize=True)
        words += ["--mask", str(mask)]
    command = [sys.executable, "-m", "flask", "process", example.key, str(before), str(after), *words]
    run = subprocess.run(command, cwd=ROOT, env=os.environ | {"FLASK_APP": "app:create_app"}, check=False)
    if run.returncode or not after.exists():
        print(f"{example.key}: no picture, the tool did not run", file=sys.stderr)
        return None
    result = Image.open(after).convert("RGB")
    if example.printed:
        result = on_sheet(result, harmed.size)
    names = {}
    for role, picture in (("before", harmed), ("after", result)):
        names[role] = save(picture, f"{example.key}-{role}")
        names[f"card_{role}"] = save(picture.resize(CARD, Image.Resampling.LANCZOS), f"{example.key}-{role}-card")
    names["card"] = save(join_halves(harmed, result), f"{example.key}-card", CARD_QUALITY)
    return {
        "key": example.key,
        "width": result.width,
        "height": result.height,
        **names,
        "alt": example.alt,
        "caption": example.caption,
        "carousel": example.carousel,
        "name": Path(example.picture).stem,
        "tools": [example.key, *example.also],
        "options": dict(example.options),
        **drawn,
    }


def crop(image: Image.Image, top: float) -> Image.Image:
    """Cut the picture to 4:3, sides evenly, above and below as `top` says."""
    width, height = min(image.width, image.height * 4 // 3), min(image.height, image.width * 3 // 4)
    left, upper = (image.width - width) // 2, round((image.height - height) * top)
    return image.crop((left, upper, left + width, upper + height))


def on_sheet(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Lay the picture on a sheet of this size, as large as it fits with a margin."""
    sheet = Image.new("RGB", size, (226, 223, 216))
    small = ImageOps.contain(image, (size[0] * 9 // 10, size[1] * 9 // 10), Image.Resampling.LANCZOS)
    sheet.paste(small, ((size[0] - small.width) // 2, (size[1] - small.height) // 2))
    return sheet


def join_halves(before: Image.Image, after: Image.Image) -> Image.Image:
    """Return what a card shows at first: the left half of the one, the right half of the other."""
    card, other = (image.resize(CARD, Image.Resampling.LANCZOS) for image in (before, after))
    half = CARD[0] // 2
    card.paste(other.crop((half, 0, *CARD)), (half, 0))
    return card


def save(image: Image.Image, name: str, quality: int = 84) -> str:
    """Write `static/demo/<name>.webp` and return its path below `static`."""
    image.save(OUT / f"{name}.webp", quality=quality, method=6)
    return f"demo/{name}.webp"


if __name__ == "__main__":
    main()
