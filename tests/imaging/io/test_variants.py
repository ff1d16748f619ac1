"""Variants of formats that Pillow does not read by itself, raw files, and TIFFs of several pages."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from imaging.io.decoders.boxes import Box, read_associations, read_extents, write_associations
from imaging.io.errors import RawPhoto, UnsupportedPicture
from imaging.io.files import BrokenPicture, decode, probe
from tests.imaging.containers import box, heic_grid, tiff_of, tiff_page
from tests.imaging.pictures import UPRIGHT, corners_of, quarters, save

RGB = np.asarray(quarters())


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_a_bigtiff_is_read_in_either_order_of_bytes(big, order):
    picture = decode(tiff_of(tiff_page(RGB), big=big, order=order))
    assert np.array_equal(picture.pixels, RGB) and picture.format == "tiff"


def test_a_bigtiff_of_any_kind_of_colours_is_read_in_either_order_of_bytes():
    """Pillow knows BigTIFF in one order only."""
    for order in "<>":
        negative = tiff_of(tiff_page(255 - RGB[:, :, 0], t262=0), big=True, order=order)
        assert np.array_equal(decode(negative).pixels[:, :, 0], RGB[:, :, 0])


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint32, np.float32, np.float64])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_a_tiff_with_its_colours_in_planes_is_read_at_every_depth(kind, big, with_alpha):
    """Decoders took the planes for a third of the picture each, repeated."""
    colours = np.dstack([RGB, np.full(RGB.shape[:2], 128, np.uint8)]) if with_alpha else RGB
    scale = {np.uint8: 1, np.uint16: 257, np.uint32: 0x01010101, np.float32: 1 / 255, np.float64: 1 / 255}[kind]
    values = (colours * np.float64(scale)).astype(kind)
    directory, _ = tiff_page(values, t284=2, **({"t338": 2} if with_alpha else {}))
    planes = [np.ascontiguousarray(values[:, :, number]) for number in range(values.shape[2])]
    size, width = planes[0].nbytes, 16 if big else 4
    start = (16 if big else 8) + 0
    directory |= {273: (width, [start + size * number for number in range(len(planes))])}
    directory |= {279: (width, [size] * len(planes))}
    pixels = decode(tiff_of((directory, b"".join(plane.tobytes() for plane in planes)), big=big)).pixels
    assert np.abs(pixels.astype(int) - colours).max() <= 1


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.uint32])
def test_a_tiff_of_deep_colours_is_read(kind):
    values = (RGB / 255).astype(kind) if kind != np.uint32 else RGB.astype(kind) * 257
    picture = decode(tiff_of(tiff_page(values)))
    assert np.array_equal(picture.pixels, RGB) and picture.format == "tiff"


def test_deep_integers_are_as_light_as_their_bits_say():
    full = (RGB.astype(np.uint64) * 0x01010101).astype(np.uint32)
    assert np.array_equal(decode(tiff_of(tiff_page(full))).pixels, RGB)
    assert np.array_equal(decode(tiff_of(tiff_page(full[:, :, 0]))).pixels[:, :, 0], RGB[:, :, 0])
    first, second = (RGB[:, :, 0].astype(np.uint16) * 16).reshape(-1, 2).T
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], 1).astype(np.uint8)
    directory = tiff_page(RGB[:, :, 0])[0] | {258: (3, [12])}
    twelve = decode(tiff_of((directory, packed.tobytes()))).pixels[:, :, 0]
    assert np.abs(twelve.astype(int) - RGB[:, :, 0]).max() <= 1


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32])
@pytest.mark.parametrize("is_grey", [True, False])
def test_samples_with_a_sign_are_as_light_as_their_range_says(kind, is_grey):
    """From the least number to the greatest, or from zero where none is below it."""
    colours, range_ = RGB[:, :, 0] if is_grey else RGB, np.iinfo(kind)
    whole = np.rint(colours / 255 * (range_.max - range_.min) + range_.min).clip(range_.min, range_.max)
    upper = np.rint(colours / 255 * range_.max)
    for samples in (whole, upper):
        pixels = decode(tiff_of(tiff_page(samples.astype(kind)))).pixels
        assert np.abs(pixels.astype(int) - RGB[:, :, :1] if is_grey else pixels.astype(int) - RGB).max() <= 1


@pytest.mark.parametrize("kind, most", [(np.uint8, 255), (np.uint16, 65535)])
def test_a_grey_tiff_in_which_zero_is_white_is_no_negative(kind, most):
    grey = RGB[:, :, 0].astype(kind) * kind(most // 255)
    picture = decode(tiff_of(tiff_page(most - grey, t262=0)))
    assert np.array_equal(picture.pixels[:, :, 0], RGB[:, :, 0])


def test_a_floating_point_tiff_with_transparency_is_upright():
    values = np.dstack([RGB / 255, np.full(RGB.shape[:2], 0.5)]).astype(np.float32)
    picture = decode(tiff_of(tiff_page(values[:, ::-1], t274=2, t338=2)))
    assert corners_of(picture.pixels) == UPRIGHT and abs(int(picture.alpha[0, 0]) - 128) <= 1


def test_a_floating_point_tiff_that_is_cut_is_broken():
    data = tiff_of(tiff_page(np.repeat(RGB, 4, 0).astype(np.float32)))
    directory = int.from_bytes(data[4:8], "little")
    with pytest.raises(BrokenPicture):  # cut in its pixels, the directory before them
        decode(data[:4] + struct.pack("<I", 8) + data[directory : directory + 150] + data[8:4000])


def png_of(depth: int, colours: int) -> bytes:
    """A PNG with another depth and another kind of colours in its header."""
    data = save(quarters(), "PNG")
    header = b"IHDR" + data[16:24] + bytes([depth, colours]) + data[26:29]
    return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]


def jpeg_without_rows(data: bytes) -> bytes:
    frame = data.index(b"\xff\xc0")
    rows = data[frame + 5 : frame + 7]
    return data[: frame + 5] + bytes(2) + data[frame + 7 : -2] + b"\xff\xdc\0\4" + rows + data[-2:]


def apple_png(data: bytes) -> bytes:
    """A PNG with a chunk before its header, and pixels that are no zlib stream."""
    chunk = b"CgBI\x50\0\x20\x02"
    return data[:8] + b"\0\0\0\4" + chunk + zlib.crc32(chunk).to_bytes(4, "big") + data[8:].replace(b"IDATx", b"IDAT\3")


UNSUPPORTED = {
    "WebP in TIFF": lambda: tiff_of((tiff_page(RGB, t259=50001)[0], save(quarters(), "WEBP", lossless=True))),
    "TIFF of an unknown compression": lambda: tiff_of(tiff_page(RGB, t259=52546)),
    "TIFF of half precision": lambda: tiff_of(tiff_page(RGB.astype(np.float16))),
    "TIFF with a palette of 16 bits": lambda: tiff_of(tiff_page(RGB[:, :, 0].astype(np.uint16), t262=3)),
    "PNG with a palette of 16 bits": lambda: png_of(depth=16, colours=3),
    "HEIC of another coding": lambda: heic_grid().replace(b"hvc1\0", b"avc1\0"),
    "JPEG that tells its rows behind its pixels": lambda: jpeg_without_rows(save(quarters(), "JPEG")),
    "PNG of an iPhone's program": lambda: apple_png(save(quarters(), "PNG")),
    "JPEG-LS": lambda: save(quarters(), "JPEG").replace(b"\xff\xc0", b"\xff\xf7"),
    "JPEG without loss": lambda: save(quarters(), "JPEG").replace(b"\xff\xc0", b"\xff\xc3"),
    "BMP that holds a JPEG": lambda: save(quarters(), "BMP")[:30] + b"\4" + save(quarters(), "BMP")[31:],
}


@pytest.mark.parametrize("make", UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_what_no_decoder_knows_is_unsupported_and_not_damaged(make):
    with pytest.raises(UnsupportedPicture) as caught:
        decode(make())
    assert caught.value.key == "unsupported_picture"


def bmp(bits: int, masks: tuple[int, ...], pixels: np.ndarray) -> bytes:
    """Return a BMP with bit fields, its rows from the bottom up."""
    height, width = pixels.shape
    rows = np.zeros((height, (width * bits // 8 + 3) // 4 * 4 // (bits // 8)), f"<u{bits // 8}")
    rows[:, :width] = pixels[::-1]
    head = struct.pack("<IiiHHIIiiII", 56, width, height, 1, bits, 3, 0, 2835, 2835, 0, 0)
    head += struct.pack("<4I", *masks, *[0] * (4 - len(masks)))
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + rows.nbytes, 0, 0, 14 + len(head)) + head + rows.tobytes()


@pytest.mark.parametrize("shifts", [(20, 10, 0), (0, 12, 22), (24, 16, 8)])
def test_a_bmp_with_bit_fields_anywhere_is_read(shifts):
    colours = RGB[:, :61].astype(np.uint32)
    words = sum(colours[:, :, number] << shift for number, shift in enumerate(shifts))
    picture = decode(bmp(32, tuple(255 << shift for shift in shifts), words))
    assert np.array_equal(picture.pixels, colours) and picture.format == "bmp"


def test_a_bmp_of_fields_of_odd_widths_is_scaled_to_white():
    picture = decode(bmp(16, (0x3, 0x1C, 0xFFE0), np.full((3, 5), 0xFFFF)))
    assert (picture.pixels == 255).all() and picture.pixels.shape == (3, 5, 3)


@pytest.mark.parametrize("fields", [(16, 8, 0, 24), (24, 16, 8, 0)])
def test_a_bmp_whose_transparency_would_hide_every_pixel_has_none(fields):
    colours = RGB[:, :61].astype(np.uint32)
    words = sum(colours[:, :, number] << shift for number, shift in enumerate(fields[:3]))
    masks = tuple(255 << shift for shift in fields)
    assert np.array_equal(decode(bmp(32, masks, words)).pixels, colours)
    words[3, 5] |= 255 << fields[3]
    assert decode(bmp(32, masks, words)).alpha.any()


def test_a_bmp_with_bit_fields_that_is_cut_is_broken():
    data = bmp(32, (255, 255 << 10, 255 << 20), np.zeros((20, 20)))
    with pytest.raises(BrokenPicture):
        decode(data[:-100])


RAWS = {
    "DNG": lambda: tiff_of(tiff_page(RGB[:12, :16], t254=1, t50706=0x0401), tiff_page(RGB)),
    "NEF": lambda: tiff_of(tiff_page(RGB[:12, :16]), tiff_page(RGB[:, :, 0], t262=32803, t259=34713)),
    "ARW": lambda: tiff_of(tiff_page(RGB[:12, :16]), tiff_page(RGB[:, :, 0].astype(np.uint16), t259=32767)),
    "CR2": lambda: b"II*\0\x10\0\0\0CR\2\0" + bytes(40),
    "RAF": lambda: b"FUJIFILMCCD-RAW 0201" + bytes(128) + save(quarters(), "JPEG"),
    "ORF": lambda: b"IIRO\x08\0\0\0" + bytes(40),
    "RW2": lambda: b"IIU\0\x18\0\0\0" + bytes(40),
    "CR3": lambda: box(b"ftyp", b"crx \0\0\0\1crx isom") + bytes(40),
}


@pytest.mark.parametrize("make", RAWS.values(), ids=RAWS)
def test_a_raw_file_is_refused_with_what_to_do(make):
    with pytest.raises(RawPhoto, match="export it as JPEG or TIFF"):
        decode(make())


def test_raw_pixels_below_a_thumbnail_are_found():
    """As cameras write it: the first directory is a thumbnail, and names the place of the other one (SubIFDs)."""
    raw = tiff_of(tiff_page(RGB[:, :, 0], t262=32803))
    below = int.from_bytes(raw[4:8], "little")
    directory, data = tiff_page(RGB[:12, :16], t254=1, t330=below)
    whole = tiff_of((directory | {273: (4, [len(raw)])}, data))
    moved = bytearray(raw + data + bytes(len(data) % 2))
    first = len(moved)
    start = int.from_bytes(whole[4:8], "little")
    rows = bytearray(whole[start:])
    for at in range(2, 2 + 12 * int.from_bytes(rows[:2], "little"), 12):
        tag, kind, count = struct.unpack_from("<HHI", rows, at)
        if tag in (258, 339):
            struct.pack_into("<HHII", rows, at, tag, 3, 1, 8)
    moved[4:8] = struct.pack("<I", first)
    with pytest.raises(RawPhoto):
        decode(bytes(moved + rows))


def test_the_largest_page_of_a_tiff_is_taken_and_the_others_are_counted():
    data = tiff_of(tiff_page(RGB[:12, :16]), tiff_page(RGB), tiff_page(RGB[:20]))
    assert np.array_equal(decode(data).pixels, RGB)
    header = probe(data)
    assert (header.width, header.height, header.pages) == (64, 48, 3)


def test_pages_below_others_that_also_follow_each_other_are_read():
    """A pyramid: the first page names the two smaller ones (SubIFDs), and of these the first leads to the second."""
    smaller = tiff_of(tiff_page(RGB[::2, ::2], t254=1), tiff_page(RGB[::4, ::4], t254=1))
    first = int.from_bytes(smaller[4:8], "little")
    count = int.from_bytes(smaller[first : first + 2], "little")
    second = int.from_bytes(smaller[first + 2 + 12 * count :][:4], "little")
    directory, data = tiff_page(RGB)
    moved = smaller + data + bytes(len(data) % 2)
    rows = directory | {273: (4, [len(smaller)]), 279: (4, [len(data)]), 330: (4, [first, second])}
    alone = tiff_of((rows, b""))[8:]
    # Its values are told from the start of the file: they lie where `alone` is put, 8 bytes further back than there.
    whole = bytearray(moved + alone)
    at = int.from_bytes(tiff_of((rows, b""))[4:8], "little") - 8 + len(moved)
    whole[4:8] = struct.pack("<I", at)
    for place in range(at + 2, at + 2 + 12 * int.from_bytes(whole[at : at + 2], "little"), 12):
        tag, kind, values = struct.unpack_from("<HHI", whole, place)
        if values * {3: 2, 4: 4}[kind] > 4:
            (told,) = struct.unpack_from("<I", whole, place + 8)
            struct.pack_into("<I", whole, place + 8, told - 8 + len(moved))
    assert np.array_equal(decode(bytes(whole)).pixels, RGB) and probe(bytes(whole)).pages == 1


def test_small_copies_by_their_own_word_are_no_pages():
    data = tiff_of(tiff_page(RGB[:12, :16], t254=1), tiff_page(RGB))
    assert np.array_equal(decode(data).pixels, RGB) and probe(data).pages == 1


def glass_avif() -> bytes:
    image = quarters()
    image.putalpha(128)
    return save(image, "AVIF", quality=95)


def avif_with_lists(*lists: bytes) -> bytes:
    """Return `glass_avif` with these boxes in place of its list of properties (`ipma`)."""
    whole = bytearray(glass_avif())
    at = whole.index(b"ipma") - 4
    old = int.from_bytes(whole[at : at + 4], "big")
    growth = len(b"".join(lists)) - old
    iloc = whole.index(b"iloc") - 4
    location = Box(b"iloc", iloc, iloc + 8, iloc + int.from_bytes(whole[iloc : iloc + 4], "big"))
    for extent in read_extents(whole, location):
        offset = int.from_bytes(whole[extent.place : extent.place + extent.width], "big") + growth
        whole[extent.place : extent.place + extent.width] = offset.to_bytes(extent.width, "big")
    for kind in (b"meta", b"iprp"):
        place = whole.index(kind) - 4
        size = int.from_bytes(whole[place : place + 4], "big") + growth
        whole[place : place + 4] = size.to_bytes(4, "big")
    whole[at : at + old] = b"".join(lists)
    return bytes(whole)


def test_an_avif_whose_transparency_has_no_size_and_a_list_of_its_own_is_read():
    whole = glass_avif()
    at = whole.index(b"ipma") - 4
    colour, alpha = read_associations(whole, Box(b"ipma", at, at + 8, at + int.from_bytes(whole[at : at + 4], "big")))
    size = next(pair for pair in alpha[1] if pair in colour[1])
    without = (alpha[0], [pair for pair in alpha[1] if pair != size])
    data = avif_with_lists(write_associations([colour]), write_associations([without]))
    with pytest.raises(UnidentifiedImageError):
        Image.open(BytesIO(data))
    picture = decode(data)
    assert corners_of(picture.pixels) == UPRIGHT and np.ptp(picture.alpha) == 0 < picture.alpha[0, 0] < 255
