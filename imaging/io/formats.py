"""Opening a file as a picture of an allowed format, by content and never by name. Pillow only.

Nothing is decoded here: the header is read and the limits are held against it.
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from imaging.io.errors import BrokenPicture, ForeignFormat, PictureError, TooCostly, TooManyBytes, TooManyPixels

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
_BMP_HEADER_SIZES = {12, 40, 52, 56, 64, 108, 124}

# The header is held against our own limit before anything is decoded; Pillow's warning would only be noise.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

Source = str | os.PathLike | bytes


@dataclass(frozen=True)
class Header:
    """What a file says of itself: `format` is a value of `FORMATS`; the sides are in pixels, as stored."""

    format: str
    width: int
    height: int


@contextmanager
def open_image(
    source: Source, max_megapixels: float = DEFAULT_MAX_MEGAPIXELS, max_bytes: int | None = None
) -> Iterator[Image.Image]:
    """Yield the undecoded Pillow image of a path or of bytes; decode it inside the block.

    Raises PictureError, also for whatever a decoder raises inside the block.
    """
    head, size = _head_and_size(source)
    if max_bytes is not None and size > max_bytes:
        raise TooManyBytes()
    openers = _openers(head)
    with _decoder_errors():
        with Image.open(BytesIO(source) if isinstance(source, bytes) else source, formats=openers) as image:
            if min(image.size) < 1:
                raise BrokenPicture()
            if image.width * image.height > max_megapixels * 1e6:
                raise TooManyPixels()
            yield image


def header_of(image: Image.Image) -> Header:
    """Return the Header of an image that `open_image` gave."""
    return Header(FORMATS[image.format], image.width, image.height)


def _head_and_size(source: Source) -> tuple[bytes, int]:
    if isinstance(source, bytes):
        return source[:32], len(source)
    path = Path(source)
    with path.open("rb") as file:
        return file.read(32), path.stat().st_size


def _openers(head: bytes) -> list[str]:
    """Return the Pillow openers to try for a file that begins so. Raises ForeignFormat for any other file."""
    if head.startswith(b"\xff\xd8\xff"):
        return ["JPEG"]
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return ["PNG"]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ["WEBP"]
    if head.startswith((b"GIF87a", b"GIF89a")):
        return ["GIF"]
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return ["TIFF"]
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return ["BMP"]
    if head[4:8] == b"ftyp" and any(head[at : at + 4] in _BRANDS for at in range(8, len(head), 4)):
        return _container_openers()
    raise ForeignFormat()


def _container_openers() -> list[str]:
    import pi_heif  # loaded for the files that need it: it would slow every start of the checking process

    pi_heif.register_heif_opener()
    return ["AVIF", "HEIF"]


@contextmanager
def _decoder_errors() -> Iterator[None]:
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
        raise BrokenPicture() from error
