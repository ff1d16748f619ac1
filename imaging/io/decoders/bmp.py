"""BMP files whose colours lie in bit fields of any place and width, which Pillow reads in a few layouts only."""

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from imaging.io.memory import Reservation

if TYPE_CHECKING:
    import numpy as np

_BIT_FIELDS, _ALPHA_FIELDS = 3, 6
_WITH_FIELDS = 40  # bytes of the shortest header that bit fields may follow
_SHORT = 16
_MASKS_AT = 14 + 40
_ALPHA_MASK_AT = _MASKS_AT + 12
_BYTE_MASKS = (0xFF, 0xFF00, 0xFF0000, 0xFF000000)
_BITS_AT, _COLOURS_AT = 28, 46  # places in the file
_STRIP_ROWS = 128  # decoded at a time
# Bits of a pixel by compression: none, RLE of 8 and 4 bits, bit fields with and without transparency.
_KNOWN_BITS = {0: {1, 2, 4, 8, 16, 24, 32}, 1: {8}, 2: {4}, _BIT_FIELDS: {16, 32}, _ALPHA_FIELDS: {16, 32}}


@dataclass(frozen=True)
class _Header:
    size: int
    pixels_at: int
    width: int
    height: int
    bits: int
    compression: int

    @property
    def row_bytes(self) -> int:
        return (self.width * self.bits + 31) // 32 * 4


def repair(data: bytes) -> bytes | None:
    """Return a BMP of 2 bits as one of 8, and one whose palette is told too long with a shorter one; else None.

    The short header of OS/2 2 becomes the usual one, in which all that it lacks is zero. One whose transparency hides
    every pixel is returned without: programs that know none leave its bits at zero.
    """
    if bytes(data[14:18]) == struct.pack("<I", _SHORT) and len(data) >= 14 + _SHORT:
        added = _WITH_FIELDS - _SHORT
        (pixels_at,) = struct.unpack_from("<I", data, 10)
        head = bytes(data[:10]) + struct.pack("<II", pixels_at + added, _WITH_FIELDS) + bytes(data[18 : 14 + _SHORT])
        data = head + bytes(added) + bytes(data[14 + _SHORT :])
        return repair(data) or data
    header = _read_header(data)
    if header is not None and _hides_every_pixel(data, header):
        return bytes(data[:_ALPHA_MASK_AT]) + bytes(4) + bytes(data[_ALPHA_MASK_AT + 4 :])
    if header is None or header.compression or header.bits > 8:
        return None
    mended = bytearray(data)
    if struct.unpack_from("<I", data, _COLOURS_AT)[0] > 256:
        mended[_COLOURS_AT : _COLOURS_AT + 4] = struct.pack("<I", 256)
    if header.bits == 2:
        mended[_BITS_AT : _BITS_AT + 2] = struct.pack("<H", 8)
        mended[header.pixels_at :] = _spread_two_bits(data, header)
    return None if mended == data else bytes(mended)


def _hides_every_pixel(data: bytes, header: _Header) -> bool:
    """Whether each pixel has a byte of its own for transparency, and all of these bytes are zero."""
    if header.bits != 32 or header.compression not in (_BIT_FIELDS, _ALPHA_FIELDS) or len(data) < _ALPHA_MASK_AT + 4:
        return False
    mask = _read_masks(data, header)[3]
    if mask not in _BYTE_MASKS:
        return False
    end = header.pixels_at + header.row_bytes * abs(header.height)
    return not any(data[header.pixels_at + _BYTE_MASKS.index(mask) : end : 4])


def _spread_two_bits(data: bytes, header: _Header) -> bytes:
    """Return pixels of 2 bits as such of 8, for as many rows as there are."""
    four = [bytes(byte >> shift & 3 for shift in (6, 4, 2, 0)) for byte in range(256)]
    padding = bytes(-header.width % 4)
    rows = []
    for row in range(abs(header.height)):
        start = header.pixels_at + row * header.row_bytes
        packed = data[start : start + header.row_bytes]
        if len(packed) < header.row_bytes:
            break
        rows.append(b"".join(four[byte] for byte in packed)[: header.width] + padding)
    return b"".join(rows)


def open_bit_fields(data: bytes, max_megapixels: float, memory: Reservation) -> Image.Image | None:
    """Return the decoded image of a BMP with bit fields, RGB or RGBA; None for any other, and for one that is cut."""
    header = _read_header(data)
    if header is None or header.compression not in (_BIT_FIELDS, _ALPHA_FIELDS) or header.bits not in (16, 32):
        return None
    height = abs(header.height)
    if not (0 < header.width and 0 < height and header.width * height <= max_megapixels * 1e6):
        return None
    if header.pixels_at + header.row_bytes * height > len(data):
        return None
    memory.take(header.width * height, "bmp")
    import numpy as np  # only these files need it, and the checking process starts faster without

    rows = np.frombuffer(data, np.uint8, header.row_bytes * height, header.pixels_at).reshape(height, header.row_bytes)
    masks = _read_masks(data, header)
    pixels = np.zeros((height, header.width, 4 if masks[3] else 3), np.uint8)
    for top in range(0, height, _STRIP_ROWS):
        words = np.ascontiguousarray(rows[top : top + _STRIP_ROWS]).view(f"<u{header.bits // 8}")[:, : header.width]
        for channel in range(pixels.shape[2]):
            pixels[top : top + _STRIP_ROWS, :, channel] = _read_plane(words, masks[channel])
    if masks[3] and not pixels[:, :, 3].any():  # programs that know no transparency leave its bits at zero
        pixels = pixels[:, :, :3]
    image = Image.fromarray(np.ascontiguousarray(pixels[::-1] if header.height > 0 else pixels))
    image.format = "BMP"
    return image


def is_unsupported(data: bytes) -> bool:
    """Whether the header is whole and names a compression or a depth that no decoder here knows."""
    header = _read_header(data)
    return header is not None and header.bits not in _KNOWN_BITS.get(header.compression, set())


def _read_header(data: bytes) -> _Header | None:
    if len(data) < 54:
        return None
    pixels_at, size, width, height = struct.unpack_from("<IIii", data, 10)
    bits, compression = struct.unpack_from("<HI", data, 28)
    return _Header(size, pixels_at, width, height, bits, compression) if size >= _WITH_FIELDS else None


def _read_masks(data: bytes, header: _Header) -> tuple[int, ...]:
    """Return the masks of red, green, blue and alpha; 0 for what is not there."""
    has_alpha = header.compression == _ALPHA_FIELDS or header.size >= 56
    return struct.unpack_from("<4I", data, _MASKS_AT) if has_alpha else (*struct.unpack_from("<3I", data, _MASKS_AT), 0)


def _read_plane(words: "np.ndarray", mask: int) -> "np.ndarray":
    """Return the values under `mask`, shape (H, W), scaled to uint8."""
    import numpy as np  # see `open_bit_fields`

    if not mask:
        return np.zeros(words.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    most = mask >> shift
    values = (words.astype(np.uint32) & np.uint32(mask)) >> np.uint32(shift)
    scaled: np.ndarray = np.clip(np.rint(values * (255.0 / most)), 0, 255).astype(np.uint8)
    return scaled
