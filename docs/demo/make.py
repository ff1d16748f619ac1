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

import cv2
import numpy as np
from PIL import Image, ImageOps

ROOT = Path(__file__).resolve().parents[2]
PICTURES = Path(__file__).resolve().parent / "pictures"
OUT = ROOT / "static" / "demo"
CARD = (360, 270)
SHAKE_PIXELS = 8
SCRATCH_SEED, SHAKE_SEED, NOISE_SEED = 11, 5, 8
TABLE_SEED = 3
FULL_WELL = 90  # electrons


def N_(text: str) -> str:
    """Mark a text for translation."""
    return text


def as_it_is(pixels: np.ndarray) -> np.ndarray:
    return pixels


def shaken(pixels: np.ndarray) -> np.ndarray:
    """Blur uint8 (H, W, 3) along the path of a hand that slips, in linear light as a sensor would."""
    random = np.random.default_rng(SHAKE_SEED)
    turns = np.cumsum(random.normal(0, 0.12, 400)) + 0.5
    path = np.cumsum(np.stack([np.cos(turns), np.sin(turns)], 1), 0)
    path = (path - path.min(0)) / np.ptp(path, 0).max() * (SHAKE_PIXELS - 1)
    kernel = np.zeros((SHAKE_PIXELS + 2, SHAKE_PIXELS + 2), np.float32)
    for x, y in path:
        kernel[round(y) + 1, round(x) + 1] += 1
    linear = (pixels / 255.0).astype(np.float32) ** 2.2
    moved = cv2.filter2D(linear, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101)
    return np.round(np.clip(moved, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


def faded(pixels: np.ndarray) -> np.ndarray:
    """Take density out of the dyes of uint8 (H, W, 3), most of all of cyan, and yellow the paper."""
    density = -np.log10(np.maximum((pixels / 255.0) ** 2.2, 0.008))
    light = 10 ** -(density * (0.5, 0.58, 0.62) + (0.03, 0.07, 0.17))
    return np.round(light ** (1 / 2.2) * 255).astype(np.uint8)


def noisy(pixels: np.ndarray) -> np.ndarray:
    """Photograph uint8 (H, W, 3) anew in too little light: shot and read noise in linear light."""
    random = np.random.default_rng(NOISE_SEED)
    photons = random.poisson((pixels / 255.0) ** 2.2 * FULL_WELL) + random.normal(0, 1, pixels.shape)
    return np.round(np.clip(photons / FULL_WELL, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


def laid_on_table(pixels: np.ndarray) -> np.ndarray:
    """Lay the print of uint8 (H, W, 3), with a white rim and its shadow, askew on a dark table of the same size."""
    large = 3 * pixels.shape[1], 3 * pixels.shape[0]  # and made smaller in the end: smooth edges
    pixels = cv2.resize(pixels, large, interpolation=cv2.INTER_CUBIC)
    width, height = large
    random = np.random.default_rng(TABLE_SEED)
    grain = cv2.GaussianBlur(random.normal(0, 180, (height, width)), (0, 0), 72, sigmaY=3)
    table = np.clip(np.float64((62, 47, 38)) + grain[:, :, None], 0, 255).astype(np.uint8)
    rim = round(0.03 * width)
    paper = cv2.copyMakeBorder(pixels, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=(238, 234, 224))
    sheet = np.float32([[0, 0], [paper.shape[1], 0], [paper.shape[1], paper.shape[0]], [0, paper.shape[0]]])
    corners = np.float32([[0.15, 0.12], [0.9, 0.2], [0.84, 0.9], [0.1, 0.81]]) * (width, height)
    for shift, layer in ((9, np.zeros_like(paper)), (0, paper)):
        warp = cv2.getPerspectiveTransform(sheet, np.float32(corners + shift))
        cover = cv2.warpPerspective(np.ones(paper.shape[:2], np.float32), warp, (width, height))
        cover = 0.5 * cv2.GaussianBlur(cover, (0, 0), 12) if shift else cover
        laid = cv2.warpPerspective(layer, warp, (width, height))
        table = np.round(table + cover[:, :, None] * (laid.astype(np.float64) - table)).astype(np.uint8)
    return cv2.resize(table, (width // 3, height // 3), interpolation=cv2.INTER_AREA)


def small(pixels: np.ndarray) -> np.ndarray:
    """Reduce uint8 (H, W, 3) to half its size."""
    height, width = pixels.shape[:2]
    return np.asarray(Image.fromarray(pixels).resize((width // 2, height // 2), Image.Resampling.BICUBIC))


def grey(pixels: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def scratches(pixels: np.ndarray) -> np.ndarray:
    """Return where an old print of this size is scratched and spotted, uint8 (H, W), 255 in the scratches."""
    random = np.random.default_rng(SCRATCH_SEED)
    height, width = pixels.shape[:2]
    sheet = np.zeros((height, width), np.uint8)
    for ends, thickness in (
        ((0.3, 0, 0.38, 1), 3),
        ((0.72, 0, 0.6, 1), 2),
        ((0, 0.62, 1, 0.5), 2),
        ((0.86, 0, 0.9, 1), 4),
        ((0.05, 0.1, 0.25, 0.35), 3),
    ):
        start, end = np.array(ends[:2]) * (width, height), np.array(ends[2:]) * (width, height)
        line = start + (end - start) * np.linspace(0, 1, 40)[:, None] + np.cumsum(random.normal(0, 0.8, (40, 2)), 0)
        cv2.polylines(sheet, [line.round().astype(np.int32)], False, 255, thickness)
    for x, y, radius in random.uniform((0, 0, 1), (width, height, 5), (26, 3)).astype(int):
        cv2.circle(sheet, (x, y), radius, 255, -1)
    return sheet


def scratched(pixels: np.ndarray) -> np.ndarray:
    """Show the bare paper where the print is scratched."""
    return np.where(scratches(pixels)[..., None] > 0, np.uint8((235, 228, 214)), pixels)


def over_scratches(pixels: np.ndarray) -> np.ndarray:
    """The mask of a person who paints over the scratches with a brush a little wider than they are."""
    return cv2.dilate(scratches(pixels), np.ones((5, 5), np.uint8))


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
        faded,
        N_("A faded print of Grace Hopper in uniform"),
        N_("The print was faded and yellowed on purpose. One press brought its colours back."),
        top=0.12,
        also=("tone",),
    ),
    Example(
        "scan",
        "travellers.jpg",
        laid_on_table,
        N_("A print of five men lies askew on a dark table"),
        N_("A print was photographed on a table. The tool found its corners, cut it out and straightened it."),
        carousel=False,
        printed=True,
    ),
    Example(
        "inpaint",
        "librarian.jpg",
        scratched,
        N_("An old portrait of a man with a white beard"),
        N_("An old print was scratched on purpose, the scratches were painted over, and the tool filled them in."),
        top=0.0,
        mask=over_scratches,
    ),
    Example(
        "tone",
        "rocket.jpg",
        faded,
        N_("A rocket on its launch pad at dusk"),
        N_("The photo was faded on purpose. Its black, white and colours were measured and put right."),
        carousel=False,
        also=("restore", "adjust"),
    ),
    Example(
        "background",
        "cameraman.jpg",
        as_it_is,
        N_("A man in a dark coat looks through a camera on a tripod"),
        N_("The tool found the man by itself and blurred what is behind him."),
        top=0.3,
        options={"background": "blurred"},
        also=("colorize", "adjust"),
    ),
    Example(
        "deblur",
        "coffee.jpg",
        shaken,
        N_("A red cup of coffee on a wooden table"),
        N_("A sharp photo was blurred on purpose, as by a shaking hand. The tool made it sharp again."),
    ),
    Example(
        "denoise",
        "rocket.jpg",
        noisy,
        N_("A rocket on its launch pad, lit in the dusk"),
        N_("Noise was added on purpose, as of a photo taken in too little light. The tool took it out."),
    ),
    Example(
        "enlarge",
        "chelsea.jpg",
        small,
        N_("The face of a ginger cat, from near"),
        N_("The photo was made half as large on purpose. The tool made it twice as large again."),
    ),
    Example(
        "colorize",
        "hopper.jpg",
        grey,
        N_("Portrait of Grace Hopper in uniform"),
        N_("The colours were taken out of the photo, and the tool guessed them anew."),
        top=0.12,
        also=("background", "adjust"),
    ),
    Example(
        "idphoto",
        "astronaut.jpg",
        as_it_is,
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
        as_it_is,
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
    """Write the four pictures of an example and return its entry, or None where the tool does not run."""
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


def save(image: Image.Image, name: str) -> str:
    """Write `static/demo/<name>.webp` and return its path below `static`."""
    image.save(OUT / f"{name}.webp", quality=84, method=6)
    return f"demo/{name}.webp"


if __name__ == "__main__":
    main()
