"""What a tool draws over a result that is there, against what the server would make."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

import services
from imaging.io.files import Picture
from imaging.matting import matte
from services.background.run import _build_backdrop, _lay_over_background, _place_person
from services.base import ignore_progress
from services.colorize import CHROMA
from tests.browser.people import PICTURES

DRAW = """async ([service, pictures, was, wanted]) => {
  const element = document.createElement(`live-${service}`);
  const [source, canvas] = [0, 0].map(() => document.createElement("canvas"));
  for (const [name, given] of Object.entries(pictures)) {
    const value = typeof given === "string" ? Object.assign(new Image(), { src: given }) : given;
    await value.decode?.();
    Object.defineProperty(element, name, { value });
  }
  Object.assign(source, { width: element.source0.width, height: element.source0.height });
  source.getContext("2d").drawImage(element.source0, 0, 0);
  element.shown = JSON.stringify(was);
  element.draw(canvas, source, element.read(wanted));
  return canvas.toDataURL();
}"""


def to_url(pixels: np.ndarray) -> str:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


@pytest.fixture
def draw(new_bench_page, workbench):
    """Return a function that draws a preview: float (H, W, 4), its colours multiplied by alpha."""
    page = new_bench_page()
    workbench.show(page, "")

    def draw(service: str, pictures: dict, was: dict, wanted: dict) -> np.ndarray:
        urls = {name: to_url(value) if isinstance(value, np.ndarray) else value for name, value in pictures.items()}
        url = page.evaluate(DRAW, [service, urls, was, wanted])
        with Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) as image:
            return multiply(np.asarray(image.convert("RGBA")))

    return draw


def multiply(pixels: np.ndarray) -> np.ndarray:
    """Return float (H, W, 4), with what is transparent counted as nothing."""
    alpha = pixels[:, :, 3:] / 255 if pixels.shape[2] == 4 else np.ones((*pixels.shape[:2], 1))
    return np.dstack([pixels[:, :, :3] * alpha, 255 * alpha])


@pytest.fixture(scope="module")
def scene():
    """A small portrait, and the soft outline of an oval in it."""
    with Image.open(PICTURES / "astronaut.jpg") as image:
        rgb = np.asarray(image.convert("RGB").resize((160, 200)))
    down, across = np.mgrid[:200, :160]
    radius = np.hypot((down - 110) / 80, (across - 80) / 48)
    return rgb, np.rint(np.clip((1 - radius) * 16 + 0.5, 0, 1) * 255).astype(np.uint8)


LAID = [
    ({"background": "blue"}, 0.5),
    ({"background": "slate"}, 0.5),
    ({"background": "custom", "colour": "#123456"}, 0.5),
    ({"background": "gradient", "direction": "middle"}, 0.5),
    ({"background": "picture"}, 0.5),
    ({"background": "transparent"}, 0.5),
    ({"background": "blurred", "blur": 6}, 2.0),
    ({"background": "cream", "shadow": 70}, 0.5),
    ({"background": "transparent", "shadow": 100}, 0.5),
    ({"background": "picture", "across": 30, "down": -12.5}, 0.5),
    ({"background": "gradient", "scale": 70, "across": -10, "shadow": 50}, 1.5),
    ({"background": "transparent", "scale": 160, "down": 25}, 1.5),
]


def lay(scene, chosen: dict) -> tuple[np.ndarray, dict, dict]:
    """Return what the server makes of a background, the pictures that the browser has, and the form's fields."""
    rgb, alpha = scene
    picture, colours = Picture(rgb), matte.estimate_foreground(rgb, alpha)
    other = rgb[:, ::-1].copy()
    options = services.get("background").parse_options(
        {"background_image": Picture(other), "direction": "diagonal"} | chosen
    )
    backdrop, placed = _build_backdrop(picture, alpha, options), _place_person(colours, alpha, options)
    made = _lay_over_background(picture, *placed, backdrop, options).pixels
    form = {
        name: value if isinstance(value, str) else f"{value:g}"
        for name, value in options.items()
        if name != "background_image" and value is not None
    }
    return made, {"source0": rgb, "copy": np.dstack([colours, alpha]), "behindPicture": other}, form


def test_a_background_a_place_and_a_shadow_are_drawn_as_the_server_lays_them(draw, scene):
    """A gradient is dithered on the server by half a level; a blurred one is made at a quarter of the size; of a scaled
    person the interpolation differs, by a level or two on average."""
    for chosen, mean in LAID:
        made, pictures, form = lay(scene, chosen)
        difference = np.abs(draw("background", pictures, form, form) - multiply(made))
        assert difference.mean() < mean, (chosen, difference.mean())


def test_a_scaled_and_moved_person_lies_where_the_server_puts_them(draw, scene):
    """A person who is two percent of the width off, on this photo, differs by levels on average."""
    made, pictures, form = lay(scene, {"scale": 150, "across": 12, "down": -20, "shadow": 40})
    assert np.abs(draw("background", pictures, form, form) - multiply(made)).mean() < 1.5
    elsewhere = draw("background", pictures, form, form | {"across": "14"})
    assert np.abs(elsewhere - multiply(made)).mean() > 4


STRENGTHS = [(0.5, 1.0), (1.0, 0.4), (0.0, 0.7)]


@pytest.mark.parametrize("strength, was", STRENGTHS)
def test_a_strength_is_a_blend_of_the_picture_and_its_result(draw, scene, strength, was):
    """A result that was made weak is strengthened, and its rounding with it: by half of one level times the ratio."""
    rgb, _ = scene
    sharp = np.clip(rgb.astype(int) * 1.1 - 12, 0, 255)
    made, wanted = (np.rint(rgb + share * (sharp - rgb)) for share in (was, strength))
    pictures = {"source0": rgb, "copy": made.astype(np.uint8)}
    shown = draw("strength", pictures, {"strength": was}, {"strength": strength})
    assert np.abs(shown[:, :, :3] - wanted).max() <= 0.5 * strength / was + 1


def test_the_strength_of_denoise_is_drawn_as_the_server_computes_it(draw, scene):
    rng = np.random.default_rng(3)
    noisy = np.clip(scene[0] + rng.normal(0, 20, scene[0].shape), 0, 255).astype(np.uint8)
    made = {0.0: noisy} | {strength: run_denoise(noisy, strength) for strength in (0.4, 0.5, 0.7, 1.0)}
    for strength, was in STRENGTHS:
        pictures = {"source0": noisy, "copy": made[was]}
        shown = draw("strength", pictures, {"strength": was}, {"strength": strength})
        assert np.abs(shown[:, :, :3] - made[strength]).max() <= 0.5 * strength / was + 1, (strength, was)


def run_denoise(rgb: np.ndarray, strength: float) -> np.ndarray:
    service = services.get("denoise")
    return service.run(Picture(rgb), service.parse_options({"strength": strength}), ignore_progress).picture.rgb


def test_a_variant_and_a_saturation_are_drawn_as_the_server_colours_them(draw, scene):
    """The copy holds the chroma in steps of a CIE unit, with a WebP's loss: a level or two on average."""
    grey = np.dstack([np.asarray(Image.fromarray(scene[0]).convert("L"))] * 3)
    grey[150:190, 100:150] = (190, 30, 40)  # a stamp keeps its own
    service, cache = services.get("colorize"), {}
    for variant, saturation in ((0, 0.0), (1, 1.0), (2, 1.7)):
        options = service.parse_options({"saturation": saturation}) | {"cache": cache}
        made = service.run(Picture(grey), options, ignore_progress)
        cache = made.cache  # asks the network once
        url = "data:image/webp;base64," + base64.b64encode(cache[CHROMA]).decode()
        shown = draw("colorize", {"source0": grey, "copy": url, "chosen": variant}, {}, {"saturation": saturation})
        expected = multiply((made.picture, *made.alternatives)[variant].pixels)
        assert np.abs(shown - expected)[:, :, :3].mean() < 2.5, variant
