"""JPEG files that are whole but for their ends: bytes before the start of the image, or no marker at its end."""

import hashlib
import re
from collections.abc import Iterator
from io import BytesIO

from PIL import Image

from imaging.io.memory import Reservation

SOI, EOI, _SOS = b"\xff\xd8", b"\xff\xd9", b"\xff\xda"
MAX_LEADING_BYTES = 512
_START = re.compile(rb"\xff\xd8\xff[\xc0-\xc4\xdb\xdd\xe0-\xef\xfe]")
# What may hold a JPEG and is something else: pages, documents, archives, music, films and other pictures.
_OTHERS = (b"<", b"%", b"PK", b"8BPS", b"ID3", b"RIFF", b"OggS", b"fLaC", b"\x7fELF", b"MZ", b"{", b"icns", b"\0\0\1\0")
_MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")  # within coded data, where FF 00 and restarts are no markers
# Different bits in place of those that a cut file may lack.
_FILLINGS = (b"", b"\x55" * 64, b"\xaa" * 64)
_SUPPORTED_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
_FRAMES = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}  # the last is JPEG-LS
_LOSSLESS_FRAME = 0xC3  # some versions of the decoder know it
_UNSENT = 128  # what the decoder fills up with, in each colour


def find_start(data: bytes) -> int:
    """Return where a JPEG begins in a file, behind MAX_LEADING_BYTES at most; -1 where none does."""
    head = bytes(data[: MAX_LEADING_BYTES + 4])
    if head.startswith(SOI + b"\xff"):
        return 0
    found = None if head.startswith(_OTHERS) else _START.search(head)
    return found.start() if found else -1


def repair(data: bytes, max_megapixels: float, memory: Reservation) -> bytes | None:
    """Return the file from its start on and with its end marker; None where nothing is missing or pixels are.

    A file without the marker has all of its pixels when they are the same whatever bits follow it.
    """
    start = find_start(data)
    whole = data.rfind(EOI) > data.rfind(_SOS)
    if whole:
        return bytes(data[start:]) if start else None
    cut = bytes(data[start:]).rstrip(b"\xff")
    return cut + EOI if _has_every_scan(cut) and _has_every_pixel(cut, max_megapixels, memory) else None


def lacks_pixels(data: bytes, image: Image.Image) -> bool:
    """Whether a decoded file holds less than its picture, in spite of its end marker.

    A scan that is missing is left out by the decoder, and what is missing of one is filled up with grey. Not noticed:
    that the last of several scans, which refines, is cut.
    """
    if not _has_every_scan(data, find_start(data)):
        return True
    corner = image.getpixel((image.width - 1, image.height - 1))
    values = corner if isinstance(corner, tuple) else (corner,)
    if any(abs(value - _UNSENT) > 1 for value in values if value is not None):
        return False
    end = next((at for marker, at, _ in _read_segments(data, find_start(data)) if marker == EOI[1]), len(data))
    return not _has_every_pixel(bytes(data[find_start(data) : end]), float("inf"), Reservation())


def is_unsupported(data: bytes) -> bool:
    """Whether the file is coded in a way that no decoder here knows.

    That is: without loss, in layers, with 12 bits, or with its number of rows behind the pixels.
    """
    for marker, _, content in _read_segments(data, find_start(data)):
        if marker in _FRAMES:
            return marker not in _SUPPORTED_FRAMES or content[:1] != b"\x08" or content[1:3] == b"\0\0"
    return False


def _has_every_pixel(cut: bytes, max_megapixels: float, memory: Reservation) -> bool:
    digests = set()
    for filling in _FILLINGS:
        with Image.open(BytesIO(cut + filling + EOI), formats=["JPEG"]) as image:
            if image.width * image.height > max_megapixels * 1e6:
                return False
            memory.take(image.width * image.height, "jpeg")
            digests.add(hashlib.sha256(image.tobytes()).digest())
    return len(digests) == 1


def _has_every_scan(data: bytes, start: int = 0) -> bool:
    """Whether each of the 64 coefficients of each component is there to its last bit; without loss there is one."""
    missing: dict[int, list[int]] = {}
    is_lossless = False
    for marker, _, content in _read_segments(data, start):
        if marker in _FRAMES and len(content) >= 6:
            is_lossless, components = marker == _LOSSLESS_FRAME, content[6 : 6 + 3 * content[5] : 3]
            missing = {component: [1] * (1 if is_lossless else 64) for component in components}
        elif marker == _SOS[1] and len(content) >= 4 + 2 * content[0]:
            first, last, bits = (0, 0, 0) if is_lossless else content[1 + 2 * content[0] : 4 + 2 * content[0]]
            for component in content[1 : 1 + 2 * content[0] : 2]:
                if component in missing:
                    missing[component][first : last + 1] = [bits & 15] * (min(last, 63) + 1 - first)
            if not any(map(any, missing.values())):
                break
    return bool(missing) and not any(map(any, missing.values()))


def _read_segments(data: bytes, start: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield (marker, its place, content) of each segment, up to the picture's end or one that is cut."""
    at = start + 2
    while found := _MARKER.search(data, at):
        marker, at = found[1][0], found.end()
        if marker in (SOI[1], 0x01):
            continue
        if marker == EOI[1]:
            yield marker, found.start(), b""
            return
        size = int.from_bytes(data[at : at + 2], "big")
        if size < 2 or at + size > len(data):
            return
        yield marker, found.start(), bytes(data[at + 2 : at + size])
        at += size
