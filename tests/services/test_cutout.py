"""Masks of one's own, what is kept for the next run, and the choice of the network."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import services
from imaging.io.files import Picture
from networks.sliding_window import FINE_SIDE, OWN_SIDES
from services import cutout, inference, runtime
from services.base import CACHE, InvalidOption, ServiceError, ignore_progress
from services.cutout.outline import CONFIDENCE, MADE
from tests.services.conftest import replace_networks_for_people
from training.matting import measure

NOISE = np.random.default_rng(0).integers(0, 256, (420, 330, 3), dtype=np.uint8)
COARSELY = len(OWN_SIDES)  # each time for the photo and its mirror image at once
ONCE = 2 * (COARSELY + 1)  # and finely for the outline; by two networks
PERSON = np.pad(np.full((300, 150), 255, np.uint8), ((120, 0), (90, 90)))


def run(picture=Picture(NOISE), key="background", cache=None, **chosen):
    service = services.get(key)
    return service.run(picture, service.parse_options(chosen) | {CACHE: cache or {}}, ignore_progress)


@pytest.fixture
def asked(monkeypatch):
    """Counts how often both networks are asked; they find PERSON."""
    calls = []

    def forward(tensor):
        calls.append(tuple(tensor.shape))
        square = np.asarray(Image.fromarray(PERSON).resize(tensor.shape[:-3:-1])) / np.float32(255)
        return torch.from_numpy(square).expand(len(tensor), 1, -1, -1)

    replace_networks_for_people(monkeypatch, forward)
    return calls


def test_another_background_uses_what_was_kept_and_gives_the_same_bits(asked):
    first = run(background="white")
    again = run(background="blue", cache=first.cache)
    assert len(asked) == ONCE
    assert np.array_equal(first.mask, again.mask)
    assert np.array_equal(again.picture.pixels, run(background="blue").picture.pixels)


def test_what_is_kept_is_small():
    assert 0 < sum(len(data) for data in run().cache.values()) < 100_000


def test_what_another_network_found_is_not_taken_for_this_ones(asked):
    png = io.BytesIO()
    Image.fromarray(np.zeros((160, 160), np.uint8)).save(png, "PNG")
    assert run(cache={"u2net": png.getvalue()}).mask.any()
    assert len(asked) == ONCE


def test_a_mask_of_ones_own_replaces_the_network(asked):
    result = run(mask=Picture(np.dstack([PERSON] * 3)), background="red")
    assert not asked
    assert np.array_equal(result.mask, PERSON)
    assert np.array_equal(result.picture.pixels[PERSON == 255], NOISE[PERSON == 255])
    assert (result.picture.pixels[PERSON == 0] == (255, 0, 0)).all()


def test_a_small_mask_is_brought_to_the_photos_size(asked):
    small = np.asarray(Image.fromarray(PERSON).resize((66, 84)))
    mask = run(mask=Picture(np.dstack([small] * 3))).mask
    assert mask.shape == PERSON.shape and not asked
    assert np.abs(mask.astype(int) - PERSON).mean() < 12


def test_a_brush_on_a_small_copy_changes_only_what_it_touched(asked):
    first = run()
    small = np.array(Image.fromarray(first.mask).resize((165, 210), Image.Resampling.BILINEAR))
    small[80:110, 60:100] = 0
    result = run(mask=Picture(np.dstack([small] * 3)), cache=first.cache)
    assert len(asked) == ONCE
    assert not result.mask[166:214, 126:194].any()
    untouched = np.ones_like(result.mask, bool)
    untouched[150:230, 110:210] = False
    assert np.array_equal(result.mask[untouched], first.mask[untouched])


def test_touching_up_the_mask_of_a_half_transparent_photo_leaves_its_transparency_alone(asked):
    half = Picture(np.dstack([NOISE, np.full(NOISE.shape[:2], 128, np.uint8)]))
    first = run(half)
    assert first.mask.max() == 128
    touched = first.mask.copy()
    touched[200:230, 140:180] = 0
    again = run(half, mask=Picture(np.dstack([touched] * 3)), cache=first.cache).mask
    assert not again[210:220, 150:170].any() and again.max() == 128
    assert np.array_equal(again[300:], first.mask[300:])


def test_the_soft_edge_of_an_earlier_cut_out_keeps_its_colours(asked):
    skin = np.full((420, 330, 3), 150, np.uint8)
    alpha = np.asarray(Image.fromarray(PERSON).reduce(10).resize((330, 420)))
    skin[alpha == 0] = 0
    result = run(Picture(np.dstack([skin, alpha])), background="transparent").picture.pixels
    soft = (result[:, :, 3] > 0) & (alpha > 0) & (alpha < 255)
    assert soft.sum() > 500 and (result[:, :, :3][soft] == 150).all()


def test_what_is_asked_lies_where_the_network_is(monkeypatch):
    seen = []

    def predict_strip(ask, rgb, sides):
        seen.append(rgb.device.type)
        return [torch.full((1, 1, 8, 8), 0.11)]  # too faint for anybody, and no reason to ask more

    monkeypatch.setattr("networks.sliding_window.predict_strip", predict_strip)
    monkeypatch.setattr(inference.networks.get("people"), "photo_sides", ())
    monkeypatch.setattr(inference.networks.get("people"), "device", "meta")
    assert run().verdict == "no_person_found" and seen == ["meta"]


@pytest.mark.parametrize("side", [*OWN_SIDES, FINE_SIDE])
def test_one_unusable_output_of_several_is_noticed(monkeypatch, side):
    def forward(tensor):
        unusable = tensor.shape[-1] == side
        return torch.full_like(tensor[:, :1], float("nan") if unusable else 1)

    replace_networks_for_people(monkeypatch, forward)
    for picture in (Picture(NOISE), Picture(np.zeros((200, 400, 3), np.uint8))):
        with pytest.raises(ServiceError) as caught:
            run(picture)
        assert caught.value.key == "unstable_network"


def test_a_network_that_asks_for_proportions_sees_the_photo_in_its_own(asked, monkeypatch):
    network = inference.networks.get("people")
    monkeypatch.setattr(network, "photo_sides", (128, 192))
    monkeypatch.setattr(network, "crop_side", 128)
    result = run()
    assert asked[:2] == [(2, 3, 160, 128), (2, 3, 224, 160)] and result.mask.shape == NOISE.shape[:2]
    assert result.verdict == "" and result.mask[300, 165] == 255


def test_a_mask_that_keeps_nothing_is_refused_in_words():
    with pytest.raises(InvalidOption) as caught:
        run(mask=Picture(np.zeros((420, 330, 3), np.uint8)))
    assert caught.value.field == "mask"


def test_a_mask_can_keep_what_no_network_finds(monkeypatch):
    replace_networks_for_people(monkeypatch, lambda tensor: torch.zeros_like(tensor[:, :1]))
    assert run().verdict == "no_person_found"
    assert run(mask=Picture(np.dstack([PERSON] * 3))).picture is not None


def test_inside_and_outside_the_band_along_the_outline_not_a_pixel_changes(asked):
    result = run(background="transparent")
    inside = np.zeros(PERSON.shape, bool)
    inside[160:, 130:200] = True
    assert (result.mask[inside] == 255).all()
    assert np.array_equal(result.picture.rgb[inside], NOISE[inside])
    outside = np.ones(PERSON.shape, bool)
    outside[80:, 50:280] = False
    assert not result.mask[outside].any()


@pytest.mark.parametrize("background", ["gradient", "blurred"])
def test_every_background_leaves_the_person_bit_identical(asked, background):
    result = run(background=background)
    sure = result.mask == 255
    assert sure.any() and np.array_equal(result.picture.pixels[sure], NOISE[sure])
    assert not np.array_equal(result.picture.pixels[result.mask == 0], NOISE[result.mask == 0])


def test_networks_that_are_not_shipped_are_offered_only_with_their_weights():
    option = next(option for option in services.get("background").options if option.name == "network")
    assert option.advanced and option.default == "background"
    assert [choice.weights for choice in option.choices] == ["", "u2netp", "u2net", "u2net-human-seg"]


def test_an_imported_network_is_asked_at_the_side_it_was_made_for(monkeypatch):
    sides = []

    class Imported:
        device = "cpu"

        def __call__(self, tensor):
            sides.append(tuple(tensor.shape[-2:]))
            return torch.ones(1, 1, *tensor.shape[-2:])

    monkeypatch.setattr(inference.networks, "get", lambda name: Imported())
    monkeypatch.setattr(runtime, "fingerprint_weights", lambda name: f"imported {name}")
    result = run(network="u2net-human-seg")
    assert sides == [(320, 320)] and set(result.cache) == {"u2nethumanseg", "person"}


def test_in_a_wide_photo_nobody_is_squeezed(asked):
    wide = np.random.default_rng(0).integers(0, 256, (200, 400, 3), dtype=np.uint8)
    result = run(Picture(wide))
    assert set(asked) == {*((2, 3, side, side) for side in OWN_SIDES), (1, 3, FINE_SIDE, FINE_SIDE)}
    times = 3 * ONCE + 2 * COARSELY  # three squares, and the whole
    assert len(asked) == times
    kept = np.asarray(Image.open(io.BytesIO(next(iter(result.cache.values())))))
    assert kept.shape == (FINE_SIDE, 2 * FINE_SIDE)
    assert result.mask.shape == (200, 400)
    assert np.array_equal(run(Picture(wide), cache=result.cache).mask, result.mask) and len(asked) == times


def test_what_the_service_makes_is_what_is_measured(asked):
    class Asked(torch.nn.Module):
        def forward(self, tensor):
            return inference.networks.get("background")._module(tensor)

    alpha, is_done = measure.find_alpha(Asked(), NOISE)
    result = run()
    assert np.array_equal(np.rint(alpha * 255).astype(np.uint8), result.mask)
    assert is_done and result.verdict == ""


@pytest.fixture
def veiled(monkeypatch):
    """The network hardly sees PERSON, whatever it is shown."""

    def forward(tensor):
        square = np.asarray(Image.fromarray(PERSON).resize(tensor.shape[-2:])) / np.float32(255)
        return torch.from_numpy(square * np.float32(0.16)).expand(len(tensor), 1, -1, -1)

    replace_networks_for_people(monkeypatch, forward)


def test_an_unsure_outline_says_that_parts_may_be_missing(veiled):
    result = run()
    assert result.picture is not None and result.verdict == cutout.PARTS_MISSING
    for key in ("background", "idphoto"):
        service = services.get(key)
        assert cutout.PARTS_MISSING in service.verdicts and cutout.PARTS_MISSING in service.touched_up


def test_the_warning_is_kept_until_somebody_touches_the_mask_up(veiled):
    first = run()
    assert run(background="blue", cache=first.cache).verdict == cutout.PARTS_MISSING
    touched = first.mask.copy()
    touched[200:230, 140:180] = 255
    assert run(mask=Picture(np.dstack([touched] * 3)), cache=first.cache).verdict == ""


def test_a_mask_that_other_weights_drew_is_kept_only_under_a_brush(asked, monkeypatch):
    """Weights that came with a newer version are asked, unless somebody painted on what the older ones drew."""
    first = run()
    monkeypatch.setattr(runtime, "fingerprint_weights", lambda name: f"a newer {name}")
    replace_networks_for_people(monkeypatch, lambda rgb: 0 * rgb[:, :1])
    touched = Picture(np.dstack([first.mask] * 3))
    again = run(mask=touched, cache=first.cache)
    assert np.array_equal(again.mask, first.mask) and again.cache == first.cache
    assert run(cache=first.cache).verdict == "no_person_found"
    unknown = io.BytesIO()  # by a version that noted no weights
    Image.fromarray(PERSON).resize((160, 160)).save(unknown, "PNG")
    assert run(cache={"background": unknown.getvalue()}).verdict == "no_person_found"


@pytest.mark.parametrize("note", ["", "much", "1e999", "0.9" * 50])
def test_a_mask_whose_confidence_cannot_be_read_is_not_doubted(asked, note):
    png, notes = io.BytesIO(), PngInfo()
    notes.add_text(CONFIDENCE, note)
    notes.add_text(MADE, Image.open(io.BytesIO(run().cache["background"])).info[MADE])
    Image.fromarray(PERSON).resize((160, 160)).save(png, "PNG", pnginfo=notes)
    asked.clear()
    assert run(cache={"background": png.getvalue()}).verdict == "" and not asked


def test_a_network_runs_in_the_precision_it_was_given():
    seen = []

    class Noting(torch.nn.Conv2d):
        multiple_of, minimum_side = 1, 1

        def forward(self, tensor):
            output = super().forward(tensor)
            seen.append(output.dtype)
            return output

    for half in (torch.bfloat16, None):
        assert inference.Network(Noting(3, 1, 1), "cpu", half)(torch.rand(1, 3, 8, 8)).dtype == torch.float32
    assert seen == [torch.bfloat16, torch.float32]
