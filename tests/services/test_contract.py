"""What every service must do, whatever it is for."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.ExifTags import Base

import services
from imaging.idphoto.sheets import mm_to_pixels
from imaging.io.files import Picture, choose_format, decode, encode
from services.base import PLACES, UPLOADED, Cancelled, Service, ServiceError, ignore_progress
from services.idphoto import sizes

pytestmark = pytest.mark.usefixtures("small_squares")
ROOT = Path(services.__file__).resolve().parent.parent
every_service = pytest.mark.parametrize("service", services.list_all(), ids=lambda service: service.key)


def photo(height: int = 60, width: int = 90, channels: int = 3) -> Picture:
    """Noise without black and white, so that there is something to do for those who look for fading, too."""
    pixels = np.random.default_rng(0).integers(60, 200, (height, width, channels), dtype=np.uint8)
    exif = Image.Exif()
    exif[Base.Make] = "Lubitel"
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return Picture(pixels, exif.tobytes(), icc, (300.0, 300.0), "jpeg" if channels == 3 else "png")


def some_mask() -> Picture:
    """White over most of the upper left: on a picture of any shape something is chosen, and something is not."""
    mask = np.zeros((60, 90, 3), np.uint8)
    mask[:45, :68] = 255
    return Picture(mask)


# The least that makes a service do something, where its defaults do not: noise has no head that could be placed, and
# colours of its own; what is to be filled must be painted.
MIN_CALLS = {
    "adjust": {"brightness": 1.2},
    "colorize": {"anyway": True},
    "deblur": {"anyway": True},
    "denoise": {"anyway": True},
    "idphoto": {"frame": "0,0,1,1", "background": "white"},
    "inpaint": {"mask": some_mask()},
    "onlyhere": {"mask": some_mask(), "feather": 0},  # and a result of the photo's size
    "scan": {"corners": "0,0,1,0,1,1,0,1"},
}
# A picture of one pixel is either wholly painted over or not at all.
REFUSED = {("inpaint", (1, 1))}
# One pixel has no blur to be taken out, and is not faded.
UNCHANGED = {
    ("deblur", (1, 1)): "nothing_changed",
    ("restore", (1, 1)): "nothing_to_restore",
    ("tone", (1, 1)): "tone_is_fine",
}


def options_of(service: Service, picture: Picture | None = None, **chosen) -> dict:
    """The defaults, or the least that makes the service do something, with this picture or any of the usual size."""
    versions = {option.name for option in service.options if option.is_version and option.needed}
    negative = (picture or photo()).with_rgb(255 - (picture or photo()).rgb)
    return service.parse_options(chosen or MIN_CALLS.get(service.key, {}) | dict.fromkeys(versions, negative))


def compute_expected_shape(service: Service, height: int, width: int, channels: int = 3) -> tuple[int, ...]:
    """The photo's own size, or for a service with one of its own, that of the size its options name."""
    if not service.own_size:
        return height, width, channels
    chosen = options_of(service)
    if service.key == "enlarge":
        return height * int(chosen["factor"]), width * int(chosen["factor"]), channels
    asked, dpi = sizes.find_size(chosen["size"]), int(chosen["dpi"])
    return mm_to_pixels(asked.height, dpi), mm_to_pixels(asked.width, dpi), 3


def compute_expected_dpi(service: Service, picture: Picture) -> tuple[float, float]:
    """As on paper: an enlarged photo keeps its size there, and an ID photo has the resolution that was asked for."""
    chosen = options_of(service)
    if service.key == "enlarge":
        return picture.dpi[0] * int(chosen["factor"]), picture.dpi[1] * int(chosen["factor"])
    return (float(chosen["dpi"]),) * 2 if service.own_size else picture.dpi


def results_of(service: Service, picture: Picture) -> Picture:
    return service.run(picture, options_of(service, picture), ignore_progress).picture


RESULTS: dict[tuple, Picture] = {}


def result_once(service: Service, picture: Picture) -> Picture:
    """Return the result for a picture; for one that is equal in every field to an earlier one, the result of then.

    `test_two_runs_give_the_same_bits` says that they are the same.
    """
    key = service.key, picture.pixels.shape, picture.pixels.tobytes(), repr(replace(picture, pixels=None))
    if key not in RESULTS:
        RESULTS[key] = results_of(service, picture)
    return RESULTS[key]


@every_service
def test_the_declaration_is_complete(service):
    assert services.get(service.key) is service
    assert service.key.isidentifier() and service.title and service.summary.endswith(".")
    for option in service.options:
        assert option.kind in {"choice", "number", "switch", "colour", *PLACES, *UPLOADED} and option.title
        if option.kind == "choice":
            assert option.default in [choice.value for choice in option.choices]
        if option.kind == "number":
            assert option.minimum <= option.default <= option.maximum and option.step


@every_service
def test_size_profile_exif_resolution_and_format_are_kept(service):
    picture = photo()
    result = result_once(service, picture)
    assert result.pixels.shape == compute_expected_shape(service, 60, 90) and result.pixels.dtype == np.uint8
    assert (result.icc, result.format) == (picture.icc, picture.format)
    assert result.dpi == compute_expected_dpi(service, picture)
    exif = Image.Exif()
    exif.load(result.exif)
    assert exif[Base.Make] == "Lubitel"


@every_service
def test_alpha_is_kept(service):
    picture = photo(channels=4)
    chosen = {"background": "transparent"} if service.key == "background" else {}
    result = service.run(picture, options_of(service, picture, **chosen), ignore_progress).picture
    if service.key == "idphoto":  # it is for paper, which has none
        assert not result.has_alpha
    elif service.key == "enlarge":
        smooth = Image.fromarray(picture.alpha).resize((result.width, result.height), Image.Resampling.BICUBIC)
        assert np.abs(result.alpha.astype(int) - np.asarray(smooth)).mean() < 12
    else:
        assert np.array_equal(result.alpha, picture.alpha)


@every_service
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (37, 53), (129, 64)])
def test_any_shape_passes(service, shape):
    if (service.key, shape) in REFUSED:
        with pytest.raises(ServiceError):
            results_of(service, photo(*shape))
        return
    if (service.key, shape) in UNCHANGED:
        result = service.run(photo(*shape), options_of(service), ignore_progress)
        assert (result.picture, result.verdict) == (None, UNCHANGED[service.key, shape])
        return
    assert result_once(service, photo(*shape)).pixels.shape == compute_expected_shape(service, *shape)


TURNED_AWAY = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@every_service
def test_every_exif_orientation_gives_the_same_result(service, tmp_path):
    upright = replace(photo(), exif=None, icc=None)
    expected = result_once(service, upright).pixels
    for orientation, turn in TURNED_AWAY.items():
        image, exif = Image.fromarray(upright.pixels), Image.Exif()
        exif[Base.Orientation] = orientation
        stored = image if turn is None else image.transpose(turn)
        stored.save(tmp_path / "photo.png", exif=exif)
        result = result_once(service, decode(tmp_path / "photo.png"))
        assert np.array_equal(result.pixels, expected), orientation
        written = Image.Exif()
        written.load(encode_exif(result))
        assert Base.Orientation not in written


def encode_exif(picture: Picture) -> bytes:
    again = decode(encode(picture, choose_format(picture), metadata="all"))
    return again.exif or b"Exif\0\0"


@every_service
def test_the_result_can_be_encoded_in_the_format_it_names(service):
    result = result_once(service, photo())
    assert decode(encode(result, choose_format(result))).pixels.shape == result.pixels.shape


@every_service
def test_progress_only_grows_names_its_stages_and_ends_at_one(service):
    heard = []
    service.run(photo(), options_of(service), lambda progress, stage: heard.append((progress, stage)))
    shares = [progress for progress, _ in heard]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] == 1.0
    assert all(stage for _, stage in heard)


@every_service
def test_a_cancelled_run_stops_at_its_next_report(service):
    calls = []

    def cancelling(progress, stage):
        calls.append(progress)
        if len(calls) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        service.run(photo(), options_of(service), cancelling)
    assert len(calls) == 2


@every_service
def test_the_original_is_not_written_to(service):
    picture = photo()
    before = picture.pixels.copy()
    results_of(service, picture)
    assert np.array_equal(picture.pixels, before)


@every_service
def test_two_runs_give_the_same_bits(service):
    assert np.array_equal(results_of(service, photo()).pixels, result_once(service, photo()).pixels)


@pytest.mark.parametrize("key", [service.key for service in services.SERVICES if service.weights])
def test_missing_weights_fail_with_a_sentence(key, monkeypatch, tmp_path):
    monkeypatch.setattr("services.runtime.folders.weights", tmp_path)
    with pytest.raises(ServiceError) as caught:
        results_of(services.get(key), photo())
    assert caught.value.key == "weights_unavailable"


def test_importing_every_service_imports_no_torch():
    code = "import sys, services; print(sorted({'torch', 'cv2', 'flask', 'sqlalchemy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr
