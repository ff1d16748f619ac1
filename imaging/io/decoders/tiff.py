"""The directories of a TIFF: which page is the picture, which are others, and whether it is a camera's raw file.

Classic and BigTIFF, in either order of bytes. Nothing is decoded. No numpy, but for what Pillow cannot read.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from imaging.io.memory import Reservation

_MAX_PAGES = 1000
_MAX_TAGS = 500
_MAX_VALUES = 1_000_000
_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _SUB_PAGES = 254, 256, 257, 258, 259, 262, 330
_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES, _SAMPLE_FORMAT = 273, 279, 324, 325, 339
_SAMPLES, _PLANES, _EXTRA_SAMPLES = 277, 284, 338
_CFA_PATTERN, _PROFILE, _DNG_VERSION, _DNG_BACKWARD = 33422, 34675, 50706, 50707
_READ = {
    *(_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _SUB_PAGES),
    *(_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES, _SAMPLE_FORMAT, _CFA_PATTERN, _DNG_VERSION, _DNG_BACKWARD),
    *(_SAMPLES, _PLANES),
}
_REDUCED, _MASK = 1, 4  # bits of _SUBFILE
_RAW_PHOTOMETRICS = {32803, 34892}  # colour filter array, linear raw
# Of Sony, Epson, Samsung, Nikon, lossy DNG, Kodak and Pentax.
_RAW_COMPRESSIONS = {32767, 32769, 32770, 34713, 34892, 65000, 65535}
_WEBP = 50001  # opened by Pillow and then not decoded; other compressions that it does not know it does not open
_TYPES = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_LONG, _LONGS_OF_8 = 4, {16, 18}
_DIRECTORIES = {_SUB_PAGES, 34665, 34853, 40965}  # tags that tell where others lie: of pages, EXIF, GPS
_PLAIN_COMPRESSIONS = {1, 5, 8, 32773, 32946}  # none, LZW, Deflate, PackBits
_WHITE_IS_ZERO, _GREY, _RGB = 0, 1, 2
_SIGNED = 2  # a sample format
_COPIES = 4  # of its pixels that decoding a page takes whose samples Pillow has no mode for, measured
_LAYOUTS = {b"II*\0": ("<", False), b"MM\0*": (">", False), b"II+\0": ("<", True), b"MM\0+": (">", True)}
SIGNATURES = tuple(_LAYOUTS)


class BrokenDirectory(ValueError):
    """A directory does not lie inside the file, or there are too many."""


@dataclass(frozen=True)
class Page:
    """A directory at `place` in the file; `tags` are the numbers that it tells."""

    place: int
    tags: dict[int, tuple[int, ...]]

    def get(self, tag: int, default: int = 0) -> int:
        values = self.tags.get(tag)
        return values[0] if values else default

    @property
    def pixels(self) -> int:
        return self.get(_WIDTH) * self.get(_HEIGHT)

    @property
    def has_deep_planes(self) -> bool:
        """Whether each colour lies in a plane of its own, of more than 8 bits: Pillow takes them for one plane."""
        return self.get(_PLANES) == 2 and self.get(_SAMPLES) > 1 and max(self.tags.get(_BITS, (1,))) > 8

    @property
    def is_part(self) -> bool:
        """Whether it is a small copy or a mask of another page, by its own word."""
        return bool(self.get(_SUBFILE) & (_REDUCED | _MASK))

    @property
    def is_raw(self) -> bool:
        told = {_CFA_PATTERN, _DNG_VERSION, _DNG_BACKWARD} & set(self.tags)
        kind = self.get(_PHOTOMETRIC) in _RAW_PHOTOMETRICS or self.get(_COMPRESSION) in _RAW_COMPRESSIONS
        return bool(told) or kind


class TiffFile:
    """The pages of a TIFF in bytes, those below others (SubIFDs) too. Raises BrokenDirectory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._order, self._is_big = _LAYOUTS[bytes(data[:4])]
        self.pages = list(self._chain(self._number(8, 8) if self._is_big else self._number(4, 4), set()))

    @property
    def is_raw(self) -> bool:
        """Whether it holds what a camera's sensor saw and no picture made of it."""
        return bytes(self._data[8:10]) == b"CR" or any(page.is_raw for page in self.pages)

    @property
    def main(self) -> Page:
        """The page with the most pixels; the first of those that are alike."""
        whole = [page for page in self.pages if not page.is_part] or self.pages
        return max(whole, key=lambda page: page.pixels)

    @property
    def page_count(self) -> int:
        """How many pictures there are, without the small copies and masks of others."""
        return max(1, sum(not page.is_part for page in self.pages))

    def beginning_with(self, page: Page) -> bytes | None:
        """Return the file with this page as the first, in a form that decoders know; None where it is so."""
        if self._is_big and self._order == ">":  # Pillow knows BigTIFF in one order of bytes
            return self.rewrite(page)
        if page is self.pages[0]:
            return None
        at, width = (8, 8) if self._is_big else (4, 4)
        place = page.place.to_bytes(width, "little" if self._order == "<" else "big")
        return bytes(self._data[:at]) + place + bytes(self._data[at + width :])

    def rewrite(self, page: Page, changes: dict[int, tuple[int, ...]] | None = None) -> bytes:
        """Return a classic TIFF of one page, with other numbers for the tags in `changes`, and none for empty ones."""
        changes = changes or {}
        start = len(self._data) + len(self._data) % 2
        rows, values = [], bytearray()
        for tag, kind, count, place in self._entries(page.place):
            if tag in _DIRECTORIES or changes.get(tag) == () or kind not in _TYPE_BYTES:
                continue
            raw = bytes(self._data[place : place + count * _TYPE_BYTES[kind]])
            if tag in changes or kind in _LONGS_OF_8:
                numbers = changes.get(tag) or struct.unpack(f"{self._order}{count}Q", raw)
                kind, count, raw = _LONG, len(numbers), struct.pack(f"{self._order}{len(numbers)}I", *numbers)
            if len(raw) > 4:
                at = struct.pack(f"{self._order}I", start + len(values))
                values += raw + bytes(len(raw) % 2)
                raw = at
            rows.append(struct.pack(f"{self._order}HHI", tag, kind, count) + raw.ljust(4, b"\0"))
        head = struct.pack(f"{self._order}2sHI", b"II" if self._order == "<" else b"MM", 42, start + len(values))
        directory = struct.pack(f"{self._order}H", len(rows)) + b"".join(rows) + bytes(4)
        return head + bytes(self._data[8:]) + bytes(start - len(self._data)) + bytes(values) + directory

    def split_planes(self, page: Page) -> list[bytes]:
        """Return a grey TIFF of each colour of a page whose colours lie in planes."""
        count = page.get(_SAMPLES)
        files = []
        for number in range(count):
            changes = {_SAMPLES: (1,), _PLANES: (1,), _PHOTOMETRIC: (_GREY,), _EXTRA_SAMPLES: ()}
            for tag in (_BITS, _SAMPLE_FORMAT):
                changes |= {tag: page.tags[tag][:1]} if tag in page.tags else {}
            for tag in (_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES):
                pieces = len(page.tags.get(tag, ())) // count
                changes |= {tag: page.tags[tag][number * pieces : (number + 1) * pieces]} if pieces else {}
            files.append(self.rewrite(page, changes))
        return files

    def is_whole(self, page: Page) -> bool:
        """Whether all pieces of a page lie inside the file."""
        for offsets, lengths in ((_STRIPS, _STRIP_BYTES), (_TILES, _TILE_BYTES)):
            if offsets in page.tags:
                pieces = zip(page.tags[offsets], page.tags.get(lengths, ()), strict=False)
                return all(offset + length <= len(self._data) for offset, length in pieces)
        return False

    def profile(self, page: Page) -> bytes | None:
        """Return the colour profile of a page."""
        for tag, kind, count, place in self._entries(page.place):
            if tag == _PROFILE and kind in (1, 7) and place + count <= len(self._data):
                return bytes(self._data[place : place + count])
        return None

    def _chain(self, place: int, seen: set[int]) -> Iterator[Page]:
        while place:
            if place in seen:  # lists of pages below others may overlap
                return
            if len(seen) >= _MAX_PAGES:
                raise BrokenDirectory("there are too many directories")
            seen.add(place)
            entries = list(self._entries(place))
            page = Page(place, {tag: self._values(*entry) for tag, *entry in entries if tag in _READ})
            yield page
            for below in page.tags.get(_SUB_PAGES, ()):
                yield from self._chain(below, seen)
            count_width, width = (8, 20) if self._is_big else (2, 12)
            place = self._number(place + count_width + width * len(entries), 8 if self._is_big else 4)

    def _entries(self, place: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield (tag, type, count of values, place of the first) of a directory."""
        count_width, width, inside = (8, 20, 8) if self._is_big else (2, 12, 4)
        count = self._number(place, count_width)
        if count > _MAX_TAGS:
            raise BrokenDirectory("a directory has too many tags")
        for at in range(place + count_width, place + count_width + width * count, width):
            tag, kind, values = self._number(at, 2), self._number(at + 2, 2), self._number(at + 4, inside)
            size = struct.calcsize(_TYPES.get(kind, "B")) * values
            value_at = at + 4 + inside
            yield tag, kind, values, value_at if size <= inside else self._number(value_at, inside)

    def _values(self, kind: int, count: int, place: int) -> tuple[int, ...]:
        letter = _TYPES.get(kind)
        if letter is None or count > _MAX_VALUES or place + count * struct.calcsize(letter) > len(self._data):
            return ()
        return struct.unpack_from(f"{self._order}{count}{letter}", self._data, place)

    def _number(self, place: int, width: int) -> int:
        if place + width > len(self._data):
            raise BrokenDirectory("a directory ends behind the file")
        return int.from_bytes(self._data[place : place + width], "little" if self._order == "<" else "big")


def describe_samples(page: Page) -> dict[str, int | bool]:
    """Return what Pillow does not heed of a page of grey samples: how many bits, whether a sign, what is white."""
    return {
        "sample_bits": page.get(_BITS, 1),
        "is_signed": page.get(_SAMPLE_FORMAT) == _SIGNED,
        "is_white_zero": page.get(_PHOTOMETRIC) == _WHITE_IS_ZERO,
    }


def open_deep(file: TiffFile, page: Page, memory: Reservation) -> Image.Image | None:
    """Return the decoded image of a page whose samples Pillow has no mode for, such as floating point RGB.

    It comes upright, as RGB or RGBA, with its profile. None where that cannot be read either, or is cut.
    """
    if page.get(_PHOTOMETRIC) not in (_GREY, _RGB) or page.get(_COMPRESSION, 1) not in _PLAIN_COMPRESSIONS:
        return None
    if not file.is_whole(page):
        return None
    memory.take(page.pixels, "tiff", _COPIES * sum(page.tags.get(_BITS, ())) // 8)
    import cv2  # only these files need them, and the checking process starts faster without
    import numpy as np

    from imaging.io.decoders.deep import to_eight_bits

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    files = file.split_planes(page) if page.has_deep_planes else [file.rewrite(page)]
    try:
        decoded = [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) for data in files]
    except cv2.error:
        return None
    planes = [plane for plane in decoded if plane is not None]
    if len(planes) < len(files):
        return None
    if len(planes) >= 3:
        planes[:3] = planes[2::-1]  # as OpenCV has them
    values: np.ndarray = planes[0] if len(planes) == 1 else np.dstack(planes)
    if values.ndim == 3 and values.shape[2] not in (3, 4):
        return None
    if values.dtype.kind != "f":  # versions of OpenCV differ in whether they tell of a sign
        values = values.view(f"u{values.dtype.itemsize}")
    pixels = to_eight_bits(values, 8 * values.dtype.itemsize, page.get(_SAMPLE_FORMAT) == _SIGNED)
    del values
    if pixels.ndim == 3:
        pixels = pixels[:, :, [2, 1, 0, 3][: pixels.shape[2]]]
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.format = "TIFF"
    if profile := file.profile(page):
        image.info["icc_profile"] = profile
    return image


def is_unsupported(data: bytes) -> bool:
    """Whether all of the main page lies in the file, and no decoder here knows how it is compressed or laid out."""
    try:
        file = TiffFile(data)
        page = file.main
        known = page.get(_COMPRESSION) != _WEBP and _can_open(file.beginning_with(page) or data)
        return file.is_whole(page) and not known
    except ValueError:
        return False


def _can_open(data: bytes) -> bool:
    try:
        Image.open(BytesIO(data), formats=["TIFF"]).close()
    except Exception:  # a compression that Pillow does not know, or a layout of samples that it has no mode for
        return False
    return True
