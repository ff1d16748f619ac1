"""Colours that a file tells by numbers (CICP) or chromaticities in place of a profile."""

import struct

import numpy as np
import pytest
from PIL import Image

from imaging.io.files import decode, encode, make_preview
from imaging.io.modes import to_srgb
from tests.imaging.io.test_bombs import chunk
from tests.imaging.pictures import quarters, save

COLOUR = (200, 100, 50)
# Display P3's (200, 100, 50) in sRGB, and BT.2020's, by the published matrices.
P3, BT2020 = (215, 93, 31), (241, 76, 29)
CHRM = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)


def png(*extra: bytes, colour=COLOUR, mode="RGB", **settings) -> bytes:
    whole = save(Image.new(mode, (8, 8), colour), "PNG", **settings)
    return whole[:33] + b"".join(extra) + whole[33:]


def cicp(primaries: int, transfer: int) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, 0, 1]))


def chrm(*values: float) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in values)))


def gama(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def show_first_pixel(data: bytes) -> tuple[int, ...]:
    """Return the first pixel as a screen of sRGB shows it."""
    picture = decode(data)
    return to_srgb(Image.fromarray(picture.pixels), picture.icc).getpixel((0, 0))


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ([cicp(12, 13)], P3),
        ([cicp(9, 13)], BT2020),
        ([cicp(1, 13)], COLOUR),
        ([cicp(2, 2)], COLOUR),
        ([gama(0.45455), chrm(*CHRM)], (216, 92, 24)),
        ([chrm(*CHRM)], P3),
        ([gama(0.45455)], COLOUR),
        ([gama(1.0)], (229, 168, 122)),
        ([cicp(12, 13), gama(1.0)], P3),
        ([chunk(b"sRGB", b"\0"), gama(1.0)], COLOUR),
        ([chrm(0, 0, 0, 0, 0, 0, 0, 0)], COLOUR),
    ],
    ids=str,
)
def test_the_colours_of_a_png_are_as_it_says(extra, expected):
    assert np.abs(np.subtract(show_first_pixel(png(*extra)), expected)).max() <= 2


def test_the_numbers_stay_and_the_result_and_its_preview_have_the_profile():
    picture = decode(png(cicp(12, 13)))
    assert tuple(picture.pixels[0, 0]) == COLOUR and picture.icc[16:20] == b"RGB "
    assert show_first_pixel(encode(picture, "png")) == show_first_pixel(png(cicp(12, 13)))
    assert np.abs(decode(make_preview(picture, format="png")).pixels[0, 0].astype(int) - P3).max() <= 2


def test_greys_of_linear_light_are_as_bright_as_they_say():
    assert show_first_pixel(png(gama(1.0), colour=55, mode="L")) == pytest.approx((128, 128, 128), abs=2)


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_is_brought_to_srgb_with_greys_grey_and_white_white(transfer):
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None].repeat(4, 0)).convert("RGB")
    picture = decode(save(ramp, "PNG")[:33] + cicp(9, transfer) + save(ramp, "PNG")[33:])
    row = picture.pixels[0].astype(int)
    assert picture.icc is None
    assert np.ptp(row, axis=1).max() <= 3, "grey stays grey"
    assert (np.diff(row[:, 1]) >= 0).all() and row[0, 1] == 0 and row[-1, 1] >= 253
    paper = 148 if transfer == 16 else 191  # 203 nits
    assert 215 <= row[paper, 1] <= 240


def test_hdr_colours_of_bt2020_are_as_strong_in_srgb():
    rgb = decode(png(cicp(9, 16), colour=(128, 100, 90))).pixels[0, 0].astype(int)
    assert rgb[0] > rgb[1] > rgb[2] and rgb[0] - rgb[2] > 90
    assert decode(png(cicp(9, 16), colour=(9, 9, 9, 77), mode="RGBA")).alpha[0, 0] == 77


def avif(primaries: int, transfer: int) -> bytes:
    """Return an AVIF of one colour that tells it by these numbers."""
    whole = save(Image.new("RGB", (64, 64), COLOUR), "AVIF", quality=100, subsampling="4:4:4")
    assert whole.count(b"nclx\0\1\0\r") == 1
    return whole.replace(b"nclx\0\1\0\r", b"nclx" + struct.pack(">HH", primaries, transfer))


@pytest.mark.parametrize(
    ("numbers", "expected"), [((12, 13), P3), ((9, 13), BT2020), ((1, 1), COLOUR), ((2, 2), COLOUR)]
)
def test_the_colours_of_an_avif_are_as_its_numbers_say(numbers, expected):
    assert np.abs(np.subtract(show_first_pixel(avif(*numbers)), expected)).max() <= 4


def test_an_avif_with_a_profile_keeps_that():
    icc = decode(png(cicp(9, 13))).icc
    picture = decode(save(quarters(), "AVIF", icc_profile=icc))
    assert picture.icc == icc


def test_an_hdr_avif_is_brought_to_srgb():
    picture = decode(avif(9, 16))
    assert picture.icc is None and picture.pixels[0, 0, 0] == 255 > picture.pixels[0, 0, 2]
