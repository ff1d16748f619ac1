"""What Background and Deblur draw over a result that is there, against what the server would make."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

import services
from imaging.io.files import Picture
from imaging.matting import matte
from services.background.run import _lay_over_background
from tests.browser.people import PICTURES

DRAW = """async ([service, pictures, was, wanted]) => {
  const element = document.createElement(`live-${service}`);
  const [source, canvas] = [0, 0].map(() => document.createElement("canvas"));
  for (const [name, url] of Object.entries(pictures)) {
    const image = Object.assign(new Image(), { src: url });
    await image.decode();
    Object.defineProperty(element, name, { value: image });
  }
  Object.assign(source, { width: element.source0.width, height: element.source0.height });
  source.getContext("2d").drawImage(element.source0, 0, 0);
  element.shown = JSON.stringify(was);
  element.draw(canvas, source, wanted);
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
    workbench.show(page, "{{ live_head('background') }}{{ live_head('deblur') }}")

    def draw(service: str, pictures: dict, was: dict, wanted: dict) -> np.ndarray:
        urls = {name: to_url(pixels) for name, pixels in pictures.items()}
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


@pytest.mark.parametrize("before", ["white", "gradient", "transparent"])
def test_a_background_is_exchanged_as_if_it_had_been_laid_at_once(draw, scene, before):
    """The person is the result less its old background. Both round to whole levels, so an edge may be off by one or
    two; a gradient is dithered on the server by half a level; a blurred one is made at a quarter of the size."""
    rgb, alpha = scene
    picture, colours = Picture(rgb), matte.estimate_foreground(rgb, alpha)
    other = rgb[:, ::-1].copy()

    def lay(**chosen) -> tuple[np.ndarray, dict]:
        options = services.get("background").parse_options(
            {"background_image": Picture(other)} | {"direction": "diagonal"} | chosen
        )
        form = {name: options[name] for name in ("background", "colour", "colour_from", "colour_to", "direction")}
        return _lay_over_background(picture, colours, alpha, options).pixels, form | {"blur": f"{options['blur']:g}"}

    old, was = lay(background=before)
    pictures = {"source0": rgb, "result": old, "mask": alpha, "behindPicture": other}
    for chosen, mean in (
        ({"background": "blue"}, 0.5),
        ({"background": "custom", "colour": "#123456"}, 0.5),
        ({"background": "gradient", "direction": "middle"}, 0.5),
        ({"background": "picture"}, 0.5),
        ({"background": "transparent"}, 0.5),
        ({"background": "blurred", "blur": 6}, 2.0),
    ):
        new, wanted = lay(**chosen)
        difference = np.abs(draw("background", pictures, was, wanted) - multiply(new))
        assert difference.mean() < mean, chosen


@pytest.mark.parametrize("strength, was", [(0.5, 1.0), (1.0, 0.4), (0.0, 0.7)])
def test_the_strength_of_deblur_is_a_blend_of_the_picture_and_its_result(draw, scene, strength, was):
    """A result that was made weak is strengthened, and its rounding with it: by half of one level times the ratio."""
    rgb, _ = scene
    sharp = np.clip(rgb.astype(int) * 1.1 - 12, 0, 255)
    made, wanted = (np.rint(rgb + share * (sharp - rgb)) for share in (was, strength))
    pictures = {"source0": rgb, "result": made.astype(np.uint8)}
    shown = draw("deblur", pictures, {"strength": was}, {"strength": strength})
    assert np.abs(shown[:, :, :3] - wanted).max() <= 0.5 * strength / was + 1
