"""What each tool does that has no page of tests of its own."""

import threading

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

import services
from imaging.adjusting import shape, tones
from imaging.io import metadata
from imaging.io.files import Picture, choose_format
from imaging.tensors import to_tensor
from networks.layers.colour_space import rgb_to_lab
from services import inference, runtime
from services.base import ServiceError, ignore_progress
from tests.services.conftest import export_small, replace_networks_for_people

NOISE = np.random.default_rng(0).integers(0, 256, (70, 110, 3), dtype=np.uint8)


def run(key: str, picture: Picture, **chosen):
    service = services.get(key)
    return service.run(picture, service.parse_options(chosen), ignore_progress)


@pytest.mark.parametrize(
    "transform, expected",
    [
        ("90", np.rot90(NOISE, -1)),
        ("180", np.rot90(NOISE, 2)),
        ("270", np.rot90(NOISE, 1)),
        ("mirror_horizontal", NOISE[:, ::-1]),
        ("mirror_vertical", NOISE[::-1]),
    ],
)
def test_adjust_turns_clockwise_and_mirrors_without_touching_a_pixel(transform, expected):
    assert np.array_equal(run("adjust", Picture(NOISE), transform=transform).picture.pixels, expected)


def test_adjust_brightness_multiplies_and_clips_and_leaves_alpha():
    pixels = np.dstack([NOISE, NOISE[:, :, 0]])
    result = run("adjust", Picture(pixels), brightness="2").picture.pixels
    assert np.array_equal(result[:, :, :3], np.minimum(NOISE.astype(int) * 2, 255))
    assert np.array_equal(result[:, :, 3], pixels[:, :, 3])


NEUTRAL = {"straighten": 0, "crop": "0,0,1,1", "brightness": 1, "contrast": 1, "temperature": 0, "tint": 0}


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("name", NEUTRAL)
def test_what_adjust_leaves_neutral_changes_no_pixel(name, channels):
    pixels = np.dstack([NOISE, NOISE[:, :, 0]])[:, :, :channels]
    turned = run("adjust", Picture(pixels), transform="180", **{name: NEUTRAL[name]})
    assert np.array_equal(turned.picture.pixels, np.rot90(pixels, 2))
    with pytest.raises(ServiceError):
        run("adjust", Picture(pixels), **{name: NEUTRAL[name]})


def test_adjust_crops_what_was_turned_and_straightened_and_then_changes_the_colours():
    chosen = {"transform": "90", "straighten": 3, "crop": "0.1,0.2,0.5,0.5", "contrast": 1.5, "tint": -20}
    image = shape.straighten(Image.fromarray(np.rot90(NOISE, -1)), 3)
    cut = np.asarray(shape.crop(image, (0.1, 0.2, 0.5, 0.5)))
    expected = tones.apply_tables(cut, tones.make_tables(contrast=1.5, tint=-20))
    assert np.array_equal(run("adjust", Picture(NOISE), **chosen).picture.pixels, expected)


def test_a_quarter_turn_turns_the_resolution_too():
    assert run("adjust", Picture(NOISE, dpi=(300.0, 150.0)), transform="90").picture.dpi == (150.0, 300.0)


def lightness(pixels: np.ndarray) -> torch.Tensor:
    return rgb_to_lab(to_tensor(pixels))[0, 0]


def test_colorize_keeps_the_luminance_at_full_size_and_adds_chroma():
    grey = np.array(Image.fromarray(NOISE).convert("L").convert("RGB"))
    result = run("colorize", Picture(grey), saturation="2").picture.pixels
    assert np.ptp(result.astype(int), axis=2).max() > 4
    difference = (lightness(result) - lightness(grey)).abs()
    assert difference.mean() < 0.2 and difference.max() < 2.0  # what rounding to 8 bits leaves


def test_colorize_with_no_saturation_is_the_luminance_alone():
    result = run("colorize", Picture(NOISE), saturation="0", anyway="1").picture.pixels
    assert np.ptp(result.astype(int), axis=2).max() <= 1


def test_colorize_reads_only_luminance_so_a_sepia_print_is_coloured_like_its_grey():
    grey = np.linspace(40, 200, 110)[None, :, None].repeat(70, 0)
    sepia = np.rint(grey * (1.08, 0.99, 0.8)).astype(np.uint8)
    neutral = np.array(lightness(sepia))[..., None].repeat(3, 2)
    as_grey = np.rint(255 * np.where(neutral > 8, ((neutral + 16) / 116) ** 3, neutral / 903.3))
    encoded = as_grey / 255
    encoded = np.where(encoded <= 0.0031308, 12.92 * encoded, 1.055 * encoded ** (1 / 2.4) - 0.055)
    from_sepia = run("colorize", Picture(sepia)).picture.pixels.astype(int)
    from_grey = run("colorize", Picture(np.rint(encoded * 255).astype(np.uint8))).picture.pixels.astype(int)
    assert np.abs(from_sepia - from_grey).max() <= 3


def test_a_colorized_picture_says_so_in_its_exif():
    exif = Image.Exif()
    exif.load(metadata.keep_public(run("colorize", Picture(NOISE), anyway="1").picture.exif))
    assert "colorized" in exif[0x0131]


SCENE_ALPHA = np.pad(np.full((40, 110), 255, np.uint8), ((15, 15), (0, 0)))


@pytest.fixture
def a_person_in_the_middle(monkeypatch):
    """The networks' places are taken by one that finds a band in every square: what is tested is what follows."""

    def forward(tensor):
        square = np.asarray(Image.fromarray(SCENE_ALPHA).resize(tensor.shape[-2:])) / np.float32(255)
        return torch.from_numpy(square).expand(len(tensor), 1, -1, -1)

    replace_networks_for_people(monkeypatch, forward)


@pytest.mark.parametrize(
    "chosen, expected",
    [
        ({"background": "white"}, (255, 255, 255)),
        ({"background": "red"}, (255, 0, 0)),
        ({"background": "blue"}, (67, 142, 219)),
        ({"background": "grey"}, (128, 128, 128)),
        ({"background": "custom", "colour": "#123456"}, (0x12, 0x34, 0x56)),
    ],
)
def test_the_background_takes_the_chosen_colour_and_the_person_keeps_its_own(a_person_in_the_middle, chosen, expected):
    result = run("background", Picture(NOISE, format="jpeg"), **chosen)
    assert (result.picture.pixels[result.mask == 0] == expected).all() and (result.mask == 0).any()
    inside = result.mask == 255
    assert inside.any() and np.array_equal(result.picture.pixels[inside], NOISE[inside])
    assert choose_format(result.picture) == "jpeg"


def test_a_transparent_background_is_png_and_hides_nothing_under_it(a_person_in_the_middle):
    result = run("background", Picture(NOISE, format="jpeg"), background="transparent")
    assert choose_format(result.picture) == "png"
    assert np.array_equal(result.picture.alpha, result.mask)
    assert not result.picture.rgb[result.mask == 0].any()


def test_a_picture_background_covers_and_is_cut_in_the_middle(a_person_in_the_middle):
    tall = np.zeros((400, 110, 3), np.uint8)
    tall[165:235] = (9, 99, 199)
    result = run("background", Picture(NOISE), background="picture", background_image=Picture(tall))
    outside = result.picture.pixels[result.mask == 0].astype(int)
    assert np.abs(np.median(outside, axis=0) - (9, 99, 199)).max() <= 1


def test_a_colour_is_the_same_to_the_eye_under_the_photos_own_profile(a_person_in_the_middle):
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    result = run("background", Picture(NOISE, icc=swapped), background="red")
    assert np.abs(result.picture.pixels[0, 0].astype(int) - (255, 0, 0)).max() <= 2


def test_transparent_places_of_a_photo_count_as_background(a_person_in_the_middle):
    pixels = np.dstack([NOISE, np.full(NOISE.shape[:2], 255, np.uint8)])
    pixels[:35, :, 3] = 0
    result = run("background", Picture(pixels), background="blue")
    assert not result.picture.has_alpha
    assert (result.picture.pixels[:35] == (67, 142, 219)).all()


def test_a_photo_without_a_person_gives_no_picture_and_says_so(monkeypatch, tmp_path):
    export_small(tmp_path, everybody=False)
    monkeypatch.setattr(runtime.folders, "weights", tmp_path)
    result = run("background", Picture(NOISE))
    assert result.picture is None and result.mask is None
    assert result.verdict == "no_person_found" and result.verdict in services.get("background").verdicts


def test_a_network_is_loaded_once_for_all_threads(monkeypatch, small_weights, tmp_path):
    loads = []
    load = inference._load
    monkeypatch.setattr(inference, "networks", inference.LoadedNetworks())
    monkeypatch.setattr(inference, "_load", lambda *key: loads.append(key) or load(*key))
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(run("deblur", Picture(NOISE), anyway="1").picture.pixels))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert len(results) == 4 and all(np.array_equal(result, results[0]) for result in results)


def test_the_device_has_a_name():
    assert inference.choose_device() in ("cpu", "cuda") and inference.describe_device()
