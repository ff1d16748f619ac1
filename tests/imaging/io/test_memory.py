"""The memory that a picture takes is asked for once, before any of it is decoded."""

import contextlib
import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from imaging.io.decoders import bmp
from imaging.io.decoders.deep import to_eight_bits
from imaging.io.formats import open_image
from imaging.io.memory import Reservation
from tests.imaging.pictures import save

WIDTH, HEIGHT = 1000, 600


class Refused(BaseException):
    """Not enough memory, told in a way that no decoder's caller takes for damage."""


def float_tiff() -> bytes:
    pixels = np.full((HEIGHT, WIDTH, 3), 0.5, np.float32)
    return cv2.imencode(".tif", pixels, [cv2.IMWRITE_TIFF_COMPRESSION, 5])[1].tobytes()


def bmp_of_ten_bits() -> bytes:
    masks = struct.pack("<3I", 0x3FF << 20, 0x3FF << 10, 0x3FF)
    pixels = np.full((HEIGHT, WIDTH), 0x3FF << 10, "<u4").tobytes()
    head = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, 32, 3, len(pixels), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 66 + len(pixels), 0, 0, 66) + head + masks + pixels


def jpeg_without_end() -> bytes:
    return save(Image.new("RGB", (WIDTH, HEIGHT), "teal"), "JPEG")[:-2]


FILES = {"JPEG without its end": jpeg_without_end, "floating-point TIFF": float_tiff, "BMP fields": bmp_of_ten_bits}


@pytest.mark.parametrize("name", FILES)
def test_memory_is_asked_for_once_and_a_plain_need_at_least(name):
    asked = []
    with open_image(FILES[name](), memory=Reservation(asked.append, min_mb=0)) as image:
        image.load()
    (megabytes,) = asked
    assert megabytes >= WIDTH * HEIGHT * 10 // 2**20


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_decoded_before_there_is_memory(name, monkeypatch):
    def refuse(megabytes):
        raise Refused

    def decode(*_arguments, **_more):
        raise AssertionError("decoded too early")

    data = FILES[name]()
    monkeypatch.setattr(cv2, "imdecode", decode)
    monkeypatch.setattr(bmp, "_read_plane", decode)
    monkeypatch.setattr(Image.Image, "tobytes", decode)
    with contextlib.ExitStack() as stack, pytest.raises(Refused):
        stack.enter_context(open_image(data, memory=Reservation(refuse)))


def test_deep_samples_take_more_memory_than_shallow_ones():
    asked = []
    with open_image(float_tiff(), memory=Reservation(asked.append, min_mb=0)):
        pass
    assert asked == [WIDTH * HEIGHT * 48 // 2**20]


def test_samples_become_eight_bits_the_same_in_bands_as_at_once():
    values = np.linspace(-1, 70_000, 3 * 2000 * 5).reshape(2000, 5, 3)
    values[0, 0] = np.nan, np.inf, -np.inf
    expected = np.clip(np.rint(np.where(np.isfinite(values), values, 0) * (255 / 70_000)), 0, 255)
    assert np.abs(to_eight_bits(values) - expected).max() <= 1
    assert to_eight_bits(np.zeros((0, 3), np.float32)).shape == (0, 3)
