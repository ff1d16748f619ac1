"""Opening a file as a picture of an allowed format, by content and never by name. Pillow, and what it cannot read.

The header is read and the limits are held against it. What decoders take for damage and is none is mended before
they see it (`jpeg`, `png`, `heif`), and what they would take for whole and is not is refused. What Pillow has no mode
for is decoded here (`tiff`, `bmp`).
"""

import mmap
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import cast

from PIL import Image, ImageFile, PngImagePlugin

from imaging.io import cicp
from imaging.io.decoders import bmp, heif, jpeg, png, tiff
from imaging.io.errors import (
    BrokenPicture,
    ForeignFormat,
    PictureError,
    RawPhoto,
    TooCostly,
    TooManyBytes,
    TooManyPixels,
    UnsupportedPicture,
)
from imaging.io.memory import Reservation

DEFAULT_MAX_MEGAPIXELS = 50.0
DEFAULT_QUALITY = 92  # of JPEG and WebP, 1 to 100

# Pillow's name -> ours. MPO, the stereo kind of JPEG that many cameras write, comes through the JPEG opener.
FORMATS = {
    "JPEG": "jpeg",
    "MPO": "jpeg",
    "PNG": "png",
    "WEBP": "webp",
    "BMP": "bmp",
    "GIF": "gif",
    "TIFF": "tiff",
    "AVIF": "avif",
    "HEIF": "heic",
}
_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_BMP_HEADER_SIZES = {12, 16, 40, 52, 56, 64, 108, 124}
# Of Fujifilm, Olympus, Panasonic, Sigma, Minolta and Canon; other raw files look like TIFF.
_RAW_STARTS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM", b"II\x1a\0\0\0HEAPCCDR")
_RAW_BRAND = b"crx "
_UNSUPPORTED = {
    "JPEG": jpeg.is_unsupported,
    "PNG": png.is_unsupported,
    "TIFF": tiff.is_unsupported,
    "BMP": bmp.is_unsupported,
}

# What decoders fill up without a word; asked once they have.
_LACKS_PIXELS = {"JPEG": jpeg.lacks_pixels, "PNG": png.lacks_pixels}

# The header is held against our own limit before anything is decoded; Pillow's warning would only be noise.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
# Profiles of printers are larger than Pillow's 1 MiB, and results carry the profile of their original.
PngImagePlugin.MAX_TEXT_CHUNK = png.MAX_PROFILE_BYTES

Source = str | os.PathLike[str] | bytes


@dataclass(frozen=True)
class _File:
    """What an opener gets: the source, its bytes, how many pixels it may have, and how memory is asked for."""

    source: Source
    data: bytes
    max_megapixels: float
    memory: Reservation


@dataclass(frozen=True)
class Header:
    """What a file says of itself: `format` is a value of `FORMATS`; the sides are in pixels, as stored.

    `pages` counts the pictures of a TIFF, of which the largest one is read.
    """

    format: str
    width: int
    height: int
    pages: int = 1


@contextmanager
def open_image(
    source: Source,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    max_bytes: int | None = None,
    memory: Reservation = Reservation(),
) -> Iterator[Image.Image]:
    """Yield the Pillow image of a path or of bytes, mostly undecoded; decode it inside the block.

    The memory that decoding takes is reserved before any of it is done.
    Its `info` has "colours" (`cicp.Colours`) where the file tells them by numbers and not by a profile, and "pages".
    Raises PictureError, also for whatever a decoder raises inside the block.
    """
    with _open_content(source) as data:
        if max_bytes is not None and len(data) > max_bytes:
            raise TooManyBytes()
        kind = _detect_kind(data)
        file = _File(source, data, max_megapixels, memory)
        with _translate_decoder_errors(kind, data), _OPENERS.get(kind, _open_plain)(file) as image:
            if min(image.size) < 1:
                raise BrokenPicture()
            if image.width * image.height > max_megapixels * 1e6:
                raise TooManyPixels()
            memory.take(image.width * image.height, FORMATS[image.format or ""])
            yield image
            lacks_pixels = _LACKS_PIXELS.get(kind)
            if lacks_pixels and _is_decoded(image) and lacks_pixels(data, image):
                raise BrokenPicture()


def read_header(image: Image.Image) -> Header:
    """Return the Header of an image that `open_image` gave."""
    return Header(FORMATS[image.format or ""], image.width, image.height, image.info.get("pages", 1))


def _is_decoded(image: Image.Image) -> bool:
    return isinstance(image, ImageFile.ImageFile) and not image.tile


@contextmanager
def _open_content(source: Source) -> Iterator[bytes]:
    """Yield the bytes of a source; those of a file are mapped, and read where they are looked at."""
    if isinstance(source, bytes):
        yield source
        return
    with Path(source).open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            raise ForeignFormat()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield cast(bytes, data)  # whatever reads it reads both alike


def _detect_kind(data: bytes) -> str:
    """Return Pillow's name for what a file begins as; "HEIF" stands for AVIF too. Raises RawPhoto, ForeignFormat."""
    head = bytes(data[:32])
    if head.startswith(_RAW_STARTS) or head[4:12] == b"ftyp" + _RAW_BRAND:
        raise RawPhoto()
    if head.startswith(png.SIGNATURE):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith(tiff.SIGNATURES):
        return "TIFF"
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return "BMP"
    if head[4:8] == b"ftyp" and any(head[at : at + 4] in _BRANDS for at in range(8, len(head), 4)):
        return "HEIF"
    if jpeg.find_start(data) >= 0:
        return "JPEG"
    raise ForeignFormat()


def _open_plain(file: _File, mended: bytes | None = None, kinds: tuple[str, ...] = ()) -> Image.Image:
    source = file.source if mended is None else mended
    return Image.open(
        BytesIO(source) if isinstance(source, bytes) else source, formats=kinds or (_detect_kind(file.data),)
    )


def _open_jpeg(file: _File) -> Image.Image:
    return _open_plain(file, jpeg.repair(file.data, file.max_megapixels, file.memory))


def _open_png(file: _File) -> Image.Image:
    mended = png.repair(file.data)
    source = file.source if mended is None else mended
    image = png.PngFile(BytesIO(source) if isinstance(source, bytes) else source, mended or file.data)
    if numbers := png.read_cicp(file.data):
        image.info.pop("icc_profile", None)
        return _attach_colours(image, cicp.read_numbers(*numbers))
    if "icc_profile" in image.info or "srgb" in image.info:
        return image
    return _attach_colours(image, cicp.read_png(image.info.get("gamma"), image.info.get("chromaticity")))


def _open_heif(file: _File) -> Image.Image:
    import pi_heif  # loaded for the files that need it: it would slow every start of the checking process

    pi_heif.register_heif_opener()
    boxes = heif.HeifFile(file.data)
    boxes.check_extents()
    if not boxes.has_decoder():
        raise UnsupportedPicture()
    image = _open_plain(file, boxes.with_plain_properties(), ("AVIF", "HEIF"))
    numbers = None if image.info.get("icc_profile") else boxes.cicp()
    return _attach_colours(image, numbers and cicp.read_numbers(*numbers))


def _open_tiff(file: _File) -> Image.Image:
    pages = tiff.TiffFile(file.data)
    if pages.is_raw:
        raise RawPhoto()
    page = pages.main
    if page.pixels > file.max_megapixels * 1e6:
        raise TooManyPixels()
    try:
        if page.has_deep_planes:
            raise UnsupportedPicture()
        image = _open_plain(file, pages.beginning_with(page))
        image.info.update(tiff.describe_samples(page))
    except Exception:  # a layout of samples that Pillow has no mode for
        deep = tiff.open_deep(pages, page, file.memory)
        if deep is None:
            raise
        image = deep
    image.info["pages"] = pages.page_count
    return image


def _open_bmp(file: _File) -> Image.Image:
    try:
        return _open_plain(file, bmp.repair(file.data))
    except Exception:  # bit fields in places that Pillow does not know
        image = bmp.open_bit_fields(file.data, file.max_megapixels, file.memory)
        if image is None:
            raise
        return image


_OPENERS = {"JPEG": _open_jpeg, "PNG": _open_png, "HEIF": _open_heif, "TIFF": _open_tiff, "BMP": _open_bmp}


def _attach_colours(image: Image.Image, colours: cicp.Colours | None) -> Image.Image:
    if colours:
        image.info["colours"] = colours
    return image


@contextmanager
def _translate_decoder_errors(kind: str, data: bytes) -> Iterator[None]:
    try:
        yield
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise TooManyPixels() from error
    except MemoryError as error:
        raise TooCostly() from error
    except Exception as error:
        # Fed with hostile bytes a decoder may raise anything: OSError, ValueError, SyntaxError, struct.error ...
        is_unsupported = _UNSUPPORTED.get(kind)
        raise UnsupportedPicture() if is_unsupported and is_unsupported(data) else BrokenPicture() from error
