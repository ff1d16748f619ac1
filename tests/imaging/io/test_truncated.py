"""Files that lack something: of their pixels, which is refused, or only of what is around them, which is mended."""

import struct
import zlib
from collections.abc import Callable

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


@pytest.mark.parametrize("settings", JPEGS.values(), ids=JPEGS)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("share", [0.2, 0.4, 0.6])
def test_a_jpeg_that_is_cut_and_has_an_end_marker_is_broken(settings, mode, share):
    """As programs leave it that write the end whatever happened before; decoders paint the rest grey."""
    whole = save(NOISE.convert(mode), "JPEG", **settings)
    with pytest.raises(BrokenPicture):
        decode(whole[: int(len(whole) * share)] + b"\xff\xd9")


@pytest.mark.parametrize("settings", JPEGS.values(), ids=JPEGS)
def test_a_jpeg_that_is_grey_at_its_end_is_whole(settings):
    grey = Image.new("RGB", (64, 64), (128, 128, 128))
    assert decode(save(grey, "JPEG", **settings)).width == 64
    assert decode(save(grey, "JPEG", **settings)[:-2]).width == 64


def lossless_jpeg() -> bytes:
    """A grey JPEG without loss, 16 x 16: the first pixel is 178, each other as the one before."""
    parts = {0xC3: bytes([8, 0, 16, 0, 16, 1, 1, 0x11, 0]), 0xC4: bytes([0, 1, 1, *[0] * 14, 0, 6])}
    parts |= {0xDA: bytes([1, 1, 0, 1, 0, 0])}
    head = b"".join(bytes([0xFF, marker, 0, len(part) + 2]) + part for marker, part in parts.items())
    return b"\xff\xd8" + head + bytes([0b10110010]) + bytes(31) + b"\x01\xff\xd9"


def test_a_jpeg_without_loss_is_read_where_the_decoder_knows_it():
    assert (decode(lossless_jpeg()).pixels == 178).all()


def test_what_follows_a_jpeg_or_lies_inside_it_is_not_its_end():
    small = save(NOISE.resize((16, 16)), "JPEG")
    exif = b"\xff\xe1" + struct.pack(">H", len(small) + 8) + b"Exif\0\0" + small
    whole = save(NOISE, "JPEG")
    assert decode(whole[:2] + exif + whole[2:] + small).width == NOISE.width


@pytest.mark.parametrize("before", [b"\r\n", bytes(100), b"--boundary\r\nContent-Type: image/jpeg\r\n\r\n"])
def test_bytes_before_a_jpeg_are_left_out(before):
    picture = decode(before + save(quarters(), "JPEG"))
    assert picture.format == "jpeg" and corners_of(picture.pixels) == UPRIGHT


def with_chunk(kind: bytes, data: bytes, broken: bool = False) -> bytes:
    """Return a PNG with one more chunk before the pixels."""
    whole, extra = save(quarters(), "PNG"), bytearray(chunk(kind, data))
    extra[-1] ^= broken
    return whole[:33] + bytes(extra) + whole[33:]


def png_of(*chunks: bytes) -> bytes:
    """Return a PNG of these chunks."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def split(data: bytes) -> tuple[bytes, bytes]:
    """Return the header chunk of a PNG, and its coded pixels."""
    at, packed = 33, b""
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        packed += data[at + 8 : at + 8 + size] if data[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + size
    return data[8:33], packed


HEADER, PIXELS = split(save(quarters(), "PNG"))
HALVES = (chunk(b"IDAT", PIXELS[:50]), chunk(b"IDAT", PIXELS[50:]))
MENDED = {
    "a text between the pixels": png_of(HEADER, HALVES[0], chunk(b"tEXt", b"a\0b"), HALVES[1]),
    "a profile behind the pixels": png_of(HEADER, *HALVES, chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(999)))),
    "pixels in many pieces, some empty": png_of(
        HEADER, *(chunk(b"IDAT", PIXELS[at : at + 9]) + chunk(b"IDAT", b"") for at in range(0, len(PIXELS), 9))
    ),
    "a packed text that is large": with_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(9 * 2**20))),
    "a packed text that is not sound": with_chunk(b"iTXt", b"a\0\1\0\0\0no"),
    "a text that is large": with_chunk(b"tEXt", b"a\0" + b"b" * 5_000_000),
    "chromaticities of three bytes": with_chunk(b"cHRM", b"abc"),
    "a resolution of three bytes": with_chunk(b"pHYs", b"abc"),
    "a gamma of one byte": with_chunk(b"gAMA", b"a"),
    "an intent of no byte": with_chunk(b"sRGB", b""),
    "a transparency of one byte": with_chunk(b"tRNS", b"a"),
    "numbers of colours with a wrong check": with_chunk(b"cICP", bytes([9, 16, 0, 1]), broken=True),
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


def recode(data: bytes, change: Callable[[bytes], bytes], size: int, checked_anew: bool = True) -> bytes:
    """Return a PNG with other coded pixels in chunks of `size` bytes, whose checks are right, or those of before."""
    header, packed = split(data)
    changed, chunks = change(packed), []
    for at in range(0, len(changed), size):
        piece = chunk(b"IDAT", changed[at : at + size])
        chunks.append(piece if checked_anew else piece[:-4] + chunk(b"IDAT", packed[at : at + size])[-4:])
    return png_of(header, *chunks)


CHECKSUMS = {
    "a wrong one": lambda packed: packed[:-4] + b"abcd",
    "a wrong one and bytes behind it": lambda packed: packed[:-4] + b"abcd" + b"more" * 9,
    "none": lambda packed: packed[:-4],
    "a wrong header as well": lambda packed: b"\x78\x00" + packed[2:-4] + b"abcd",
    "a header that names a window too small": lambda packed: b"\x18\x19" + packed[2:],
}


@pytest.mark.parametrize("size", [7, 3000, 10**6])
@pytest.mark.parametrize("change", CHECKSUMS.values(), ids=CHECKSUMS)
@pytest.mark.parametrize("image", [quarters(), NOISE, Image.new("RGB", (90, 70))], ids=["quarters", "noise", "black"])
def test_a_png_with_a_wrong_checksum_of_its_pixels_has_all_of_them(image, change, size):
    data = recode(save(image, "PNG"), change, size)
    assert np.array_equal(decode(data).pixels, np.asarray(image))


@pytest.mark.parametrize("size", [3000, 10**6])
def test_a_png_whose_checksum_alone_was_damaged_later_is_read(size):
    data = recode(save(NOISE, "PNG"), CHECKSUMS["a wrong one"], size, checked_anew=False)
    assert np.array_equal(decode(data).pixels, np.asarray(NOISE))


def test_what_a_png_with_a_wrong_checksum_says_of_itself_is_kept():
    data = recode(save(NOISE, "PNG"), CHECKSUMS["a wrong one"], 500)
    density = chunk(b"pHYs", struct.pack(">IIB", 11811, 11811, 1))
    picture = decode(data[:33] + density + data[33:])
    assert picture.dpi == pytest.approx((300, 300), abs=0.1)


@pytest.mark.parametrize("at", [0.2, 0.5, 0.9])
def test_a_png_whose_pixels_were_damaged_stays_broken(at):
    """Stored without compression, so that any damage still inflates: the checks alone tell."""
    stored = recode(save(NOISE, "PNG"), lambda packed: zlib.compress(zlib.decompress(packed), 0), 10**6)
    place = round(len(stored) * at)
    with pytest.raises(BrokenPicture):
        decode(stored[:place] + bytes([stored[place] ^ 1]) + stored[place + 1 :])


@pytest.mark.parametrize("lost", [30, 200, 5000])
def test_a_png_that_lacks_pixels_is_broken(lost):
    with pytest.raises(BrokenPicture):
        decode(save(NOISE, "PNG")[:-lost])


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_whole_png_whose_pixels_end_too_soon_is_broken(mode, share):
    """The decoder leaves the rest black and says nothing."""
    header, packed = split(save(NOISE.convert(mode), "PNG"))
    rows = zlib.decompress(packed)
    short = zlib.compress(rows[: int(len(rows) * share)])
    palette = chunk(b"PLTE", bytes(768)) if mode == "P" else b""
    with pytest.raises(BrokenPicture):
        decode(png_of(header, palette, chunk(b"IDAT", short)))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1"])
def test_a_png_that_is_black_at_its_end_is_whole(mode):
    assert not decode(save(Image.new(mode, (33, 21)), "PNG")).rgb.any()


def test_more_than_the_pixels_of_a_png_is_not_inflated_to_its_end(monkeypatch):
    """What fits is read where the file is sound; where it is mended it is broken, after one part more than fits."""
    black = Image.new("RGB", (90, 70))
    bomb = zlib.compress(zlib.decompress(split(save(black, "PNG"))[1]) + bytes(32 * 2**20))
    inflated = []
    checksum = zlib.adler32
    monkeypatch.setattr(
        "imaging.io.decoders.png.zlib.adler32", lambda part, start: inflated.append(len(part)) or checksum(part, start)
    )
    assert not decode(recode(save(black, "PNG"), lambda packed: bomb, 10**6)).rgb.any()
    with pytest.raises(BrokenPicture):
        decode(recode(save(black, "PNG"), lambda packed: b"\x78\x00" + bomb[2:], 10**6))
    assert 0 < sum(inflated) < 2 * 2**20


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_a_result_with_a_large_profile_is_read_again(format):
    """A profile of a printer: tables of 1.5 MiB that no compression makes small."""
    whole = cicp.make_profile(cicp.read_numbers(12, 13))
    large = whole + np.random.default_rng(0).integers(0, 256, 3 * 2**19, np.uint8).tobytes()
    large = struct.pack(">I", len(large)) + large[4:]
    picture = decode(save(quarters(), "JPEG", icc_profile=large))
    assert picture.icc == large
    assert decode(encode(picture, format)).icc == large
