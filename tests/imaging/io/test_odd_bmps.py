"""BMP files of kinds that browsers show and Pillow refuses: few bits, long palettes, the short header of OS/2."""

import struct

import numpy as np
import pytest

from imaging.io.files import BrokenPicture, decode

COLOURS = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
PLACES = np.random.default_rng(0).integers(0, 4, (9, 13), dtype=np.uint8)


def bmp(bits: int, pixels: bytes, colours: int, top_down: bool = False, header: int = 40) -> bytes:
    """Return a BMP of the size of `PLACES` with the palette of `COLOURS`, told to have `colours` colours."""
    height, width = PLACES.shape
    palette = b"".join(bytes(colour[::-1]) + b"\0" for colour in COLOURS).ljust(4 * max(4, colours), b"\0")
    head = struct.pack("<IiiHH", header, width, -height if top_down else height, 1, bits)
    head += struct.pack("<IIiiII", 0, 0, 0, 0, colours, 0)[: header - 16]
    start = 14 + len(head) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + head + palette + pixels


def two_bits(places: np.ndarray) -> bytes:
    wide = np.zeros((len(places), 16), np.uint8)
    wide[:, : places.shape[1]] = places
    return np.bitwise_or.reduce(wide.reshape(len(places), 4, 4) << np.array([6, 4, 2, 0], np.uint8), 2).tobytes()


def bytes_of(places: np.ndarray) -> bytes:
    return np.pad(places, ((0, 0), (0, -places.shape[1] % 4))).tobytes()


@pytest.mark.parametrize("top_down", [True, False])
def test_a_bmp_of_two_bits_is_read(top_down):
    rows = PLACES if top_down else PLACES[::-1]
    assert np.array_equal(decode(bmp(2, two_bits(rows), 4, top_down)).pixels, COLOURS[PLACES])


def test_a_bmp_of_two_bits_that_is_cut_is_broken():
    with pytest.raises(BrokenPicture):
        decode(bmp(2, two_bits(PLACES)[:-5], 4))


@pytest.mark.parametrize("told", [257, 300, 1000])
def test_a_bmp_whose_palette_has_more_colours_than_pixels_can_name_is_read(told):
    assert np.array_equal(decode(bmp(8, bytes_of(PLACES[::-1]), told)).pixels, COLOURS[PLACES])


def test_a_bmp_with_the_short_header_of_os2_is_read():
    data = bmp(8, bytes_of(PLACES[::-1]), 256, header=16)
    assert np.array_equal(decode(data).pixels, COLOURS[PLACES])
    with pytest.raises(BrokenPicture):
        decode(data[:-20])
