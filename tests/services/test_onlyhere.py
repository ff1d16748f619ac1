"""Only here: the result where a person painted, the original elsewhere."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

import services
from imaging.compositing import composite, feather_inside
from imaging.io.files import Picture
from imaging.io.metadata import read_software, set_software
from imaging.io.provenance import Provenance, Step
from services.base import CACHE, InvalidOption, ServiceError, ignore_progress
from services.running import measure_result, run_service

SERVICE = services.get("onlyhere")
RANDOM = np.random.default_rng(1)
PHOTO, OTHER, THIRD = (RANDOM.integers(0, 256, (80, 120, 3), dtype=np.uint8) for _ in range(3))
LEFT = np.zeros((40, 60, 3), np.uint8)
LEFT[:, :30] = 255  # at half of the photo's size, as a browser paints large photos


def run(photo: Picture, cache=None, **chosen):
    options = SERVICE.parse_options({"mask": Picture(LEFT), "feather": 0, "edited": Picture(OTHER), **chosen})
    return run_service(SERVICE, photo, options | {CACHE: cache or {}}, ignore_progress)


def test_where_nothing_is_painted_the_original_stays_bit_for_bit_and_the_map_says_so():
    result = run(Picture(PHOTO), feather=10)
    made, changes = result.picture.pixels, measure_result(result, result.picture)
    assert np.array_equal(made[:, 60:], PHOTO[:, 60:]) and not changes[:, 60:].any()
    assert np.array_equal(made[:, :46], OTHER[:, :46])
    share = (made.astype(float) - PHOTO)[:, 46:60].sum((0, 2)) / (OTHER.astype(float) - PHOTO)[:, 46:60].sum((0, 2))
    assert 0 <= share[-1] < 0.2 and share[0] > 0.9, "the result fades in within a tenth of the longer side"


def test_another_version_may_stay_elsewhere():
    made = run(Picture(PHOTO), elsewhere=Picture(THIRD)).picture.pixels
    assert np.array_equal(made[:, :59], OTHER[:, :59]) and np.array_equal(made[:, 62:], THIRD[:, 62:])


def test_the_composite_says_all_that_made_it():
    steps = [Step(tool, {"strength": 1.0}, {tool: "a" * 64}, "1") for tool in ("colorize", "inpaint")]
    coloured = Provenance((steps[0],), "algorithmicallyEnhanced")
    filled = Provenance((steps[0], steps[1]), "compositeWithTrainedAlgorithmicMedia")
    exif = set_software(None, "Revive (colorized)")
    result = run(
        Picture(PHOTO),
        edited=Picture(OTHER, exif=exif, provenance=coloured),
        elsewhere=Picture(THIRD, provenance=filled),
    ).picture
    assert [step.tool for step in result.provenance.steps] == ["colorize", "inpaint", "onlyhere"]
    assert result.provenance.source_type == "compositeWithTrainedAlgorithmicMedia"
    assert read_software(result.exif) == "Revive (colorized)"


def test_what_an_earlier_run_invented_is_told_as_replaced_only_where_its_result_counts():
    replaced = np.zeros((80, 120), np.uint8)
    replaced[10:20, 20:100] = 255
    out = io.BytesIO()
    Image.fromarray(replaced).save(out, "PNG")
    result = run(Picture(PHOTO), {"editedchanges0": out.getvalue(), "editedchanges1": b""})
    changes = measure_result(result, result.picture)
    assert (changes[10:20, 20:59] == 255).all() and not changes[10:20, 62:].any()
    assert np.count_nonzero(changes == 255) < 10 * 45


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"edited": None}, "edited"),
        ({"mask": None}, "mask"),
        ({"edited": Picture(OTHER[:, :100])}, "edited"),
        ({"elsewhere": Picture(OTHER[::2, ::2])}, "elsewhere"),
        ({"mask": Picture(np.zeros_like(LEFT))}, "mask"),
        ({"mask": Picture(PHOTO)}, "mask"),
    ],
)
def test_what_cannot_be_laid_over_the_photo_is_refused_in_words(chosen, field):
    with pytest.raises(InvalidOption) as refused:
        run(Picture(PHOTO), **chosen)
    assert refused.value.field == field and str(refused.value.message).endswith(".")
    with pytest.raises(ServiceError):
        SERVICE.parse_options({})


def test_a_cut_out_keeps_its_transparency_where_it_counts_and_colours_of_another_profile_are_converted():
    cut = np.dstack([OTHER, np.zeros(OTHER.shape[:2], np.uint8)])
    result = run(Picture(PHOTO, format="jpeg"), edited=Picture(cut)).picture
    assert not result.alpha[:, :59].any() and (result.alpha[:, 62:] == 255).all() and result.format == "png"
    named = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = run(Picture(PHOTO), edited=Picture(OTHER, icc=named)).picture.pixels
    assert np.abs(same[:, :59].astype(int) - OTHER[:, :59]).max() <= 2


def test_a_feather_reaches_inwards_only_and_not_from_the_rim_of_the_picture():
    mask = np.zeros((200, 300), np.uint8)
    mask[:, :150] = 255
    weights = feather_inside(mask, 40)
    assert (
        not weights[:, 150:].any()
        and (weights[:, :109] == 255).all()
        and (np.diff(weights[0, :150].astype(int)) <= 0).all()
    )
    assert np.array_equal(composite(PHOTO, OTHER, np.zeros((80, 120), np.uint8)), PHOTO)
    assert np.array_equal(composite(PHOTO, OTHER, np.full((80, 120), 255, np.uint8)), OTHER)
