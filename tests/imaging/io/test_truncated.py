"""Files that lack something: of their pixels, which is refused, or only of what is around them, which is mended."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from imaging.io import cicp
from imaging.io.files import BrokenPicture, decode, encode
from tests.imaging.containers import heic_grid
from tests.imaging.io.test_bombs import chunk
from tests.imaging.pictures import UPRIGHT, corners_of, quarters, save

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8))


def test_a_heic_of_two_tiles_is_read():
    picture = decode(heic_grid())
    assert (picture.format, picture.width, picture.height) == ("heic", 128, 64)
    assert np.array_equal(picture.pixels[:, :64], picture.pixels[:, 64:])


@pytest.mark.parametrize("share", [0.3, 0.6, 0.75, 0.9, 0.999])
def test_a_heic_whose_tiles_are_cut_is_broken_and_not_painted_over(share):
    whole = heic_grid()
    with pytest.raises(BrokenPicture):
        decode(whole[: int(len(whole) * share)])


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_an_avif_that_is_cut_is_broken(share):
    whole = save(NOISE, "AVIF")
    with pytest.raises(BrokenPicture):
        decode(whole[: int(len(whole) * share)])


JPEGS = {"baseline": {}, "progressive": {"progressive": True}, "restarts": {"restart_marker_blocks": 2}}


@pytest.mark.parametrize("settings", JPEGS.values(), ids=JPEGS)
@pytest.mark.parametrize("lost", [1, 2])
def test_a_jpeg_without_its_end_marker_has_all_its_pixels(settings, lost):
    whole = save(NOISE, "JPEG", **settings)
    assert np.array_equal(decode(whole[:-lost]).pixels, decode(whole).pixels)


@pytest.mark.parametrize("settings", JPEGS.values(), ids=JPEGS)
@pytest.mark.parametrize("lost", [5, 8, 40, 400])
def test_a_jpeg_that_lacks_pixels_stays_broken_with_an_end_marker_too(settings, lost):
    with pytest.raises(BrokenPicture):
        decode(save(NOISE, "JPEG", **settings)[:-lost])


def test_a_progressive_jpeg_that_lacks_its_last_scan_is_broken():
    whole = save(NOISE, "JPEG", progressive=True)
    with pytest.raises(BrokenPicture):
        decode(whole[: whole.rindex(b"\xff\xda")])


@pytest.mark.parametrize("before", [b"\r\n", bytes(100), b"--boundary\r\nContent-Type: image/jpeg\r\n\r\n"])
def test_bytes_before_a_jpeg_are_left_out(before):
    picture = decode(before + save(quarters(), "JPEG"))
    assert picture.format == "jpeg" and corners_of(picture.pixels) == UPRIGHT


def with_chunk(kind: bytes, data: bytes, broken: bool = False) -> bytes:
    """Return a PNG with one more chunk before the pixels."""
    whole, extra = save(quarters(), "PNG"), bytearray(chunk(kind, data))
    extra[-1] ^= broken
    return whole[:33] + bytes(extra) + whole[33:]


MENDED = {
    "a text with a wrong check": with_chunk(b"tEXt", b"Comment\0hello", broken=True),
    "a time with a wrong check": with_chunk(b"tIME", bytes(7), broken=True),
    "an animation without frames": with_chunk(b"acTL", struct.pack(">II", 2, 0)),
    "an animation of one broken frame": with_chunk(b"acTL", b"\0"),
    "no end": save(quarters(), "PNG")[:-12],
    "half an end": save(quarters(), "PNG")[:-5],
    "no check of the pixels": save(quarters(), "PNG")[:-15],
    "a profile of 5 MiB": with_chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(5 * 2**20))),
}


@pytest.mark.parametrize("data", MENDED.values(), ids=MENDED)
def test_a_png_whose_pixels_are_whole_is_read(data):
    picture = decode(data)
    assert corners_of(picture.pixels) == UPRIGHT and picture.icc is None


@pytest.mark.parametrize("lost", [30, 200, 5000])
def test_a_png_that_lacks_pixels_is_broken(lost):
    with pytest.raises(BrokenPicture):
        decode(save(NOISE, "PNG")[:-lost])


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_a_result_with_a_large_profile_is_read_again(format):
    """A profile of a printer: tables of 1.5 MiB that no compression makes small."""
    whole = cicp.make_profile(cicp.read_numbers(12, 13))
    large = whole + np.random.default_rng(0).integers(0, 256, 3 * 2**19, np.uint8).tobytes()
    large = struct.pack(">I", len(large)) + large[4:]
    picture = decode(save(quarters(), "JPEG", icc_profile=large))
    assert picture.icc == large
    assert decode(encode(picture, format)).icc == large
