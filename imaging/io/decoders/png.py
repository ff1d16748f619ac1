"""PNG files whose pixels are whole and something else is not: texts with wrong checks, animations, a missing end.

And the checksum of the pixels themselves.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageFile, PngImagePlugin

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_PROFILE_BYTES = 4 * 2**20
_COLOURS_AT = 25  # in a file that begins with its header
_END = b"\x00\x00\x00\x00IEND\xae\x42\x60\x82"
_ANIMATION = {b"acTL", b"fcTL", b"fdAT"}
_LENGTHS = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9, b"tIME": 7, b"cICP": 4}
_TRANSPARENCY_LENGTHS = {0: {2}, 2: {6}, 3: range(1, 257)}  # of tRNS, by the kind of colours
_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
_READ_TEXTS = (b"XML:com.adobe.xmp\0", b"Raw profile type ")  # others are not read here, and may be of any size
_MAX_TEXT_BYTES = 65_536
_BEFORE_PIXELS = {b"iCCP", b"gAMA", b"cHRM", b"sRGB", b"tRNS", b"cICP"}  # say nothing behind them
_ANCILLARY = 0x20  # of the first letter: the picture can be shown without

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Where each pass of an interlaced picture begins and how far its pixels are apart: (across, down) each.
_PASSES = (
    *(((0, 0), (8, 8)), ((4, 0), (8, 8)), ((0, 4), (4, 8)), ((2, 0), (4, 4))),
    *(((0, 2), (2, 4)), ((1, 0), (2, 2)), ((0, 1), (1, 2))),
)
_INFLATED_BYTES = 2**20  # at a time
_ZLIB_HEADER = b"\x78\x01"  # any window
_CHECKSUM_BYTES = 4
# Bits of a sample by the kind of colours: grey, RGB, palette, grey and RGB with transparency.
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}


@dataclass(frozen=True)
class Chunk:
    """`start` to `end` are its content's places; the check of four bytes follows, unless the file was cut before."""

    kind: bytes
    start: int
    end: int
    is_cut: bool


def read_chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks in order, up to the end of the picture or where the file is cut."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + size
        if not kind.isalpha():
            return
        yield Chunk(kind, at + 8, min(end, len(data)), end + 4 > len(data))
        if kind == b"IEND":
            return
        at = end + 4


def repair(data: bytes) -> bytes | None:
    """Return the file without what hinders decoders and is no part of its first picture; None where nothing does.

    That is: further pictures of an animation, ancillary chunks that are not sound, large texts, a profile over
    MAX_PROFILE_BYTES, and all behind the place where the file is cut. Chunks between those of the pixels come behind
    them. Whether every pixel is there the decoder will tell.
    """
    parts: dict[str, list[bytes | tuple[int, int]]] = {"head": [SIGNATURE], "pixels": [], "tail": []}
    changed, kind = False, b""
    for chunk in read_chunks(data):
        kind = chunk.kind
        if _hinders(data, chunk, bool(parts["pixels"])):
            changed = True
            continue
        name = "pixels" if kind == b"IDAT" else "tail" if parts["pixels"] else "head"
        changed |= chunk.is_cut or (name == "pixels" and bool(parts["tail"]))
        if not chunk.is_cut:
            parts[name].append((chunk.start - 8, chunk.end + 4))
        elif kind == b"IDAT":
            parts[name].append(_build_chunk(kind, bytes(data[chunk.start : chunk.end])))
    if kind != b"IEND" or chunk.is_cut:
        parts["tail"].append(_END)
        changed = True
    if not changed:
        return None
    kept = (part for name in parts.values() for part in name)
    return b"".join(part if isinstance(part, bytes) else data[slice(*part)] for part in kept)


def lacks_pixels(data: bytes, image: Image.Image) -> bool:
    """Whether the coded pixels of a decoded file end sooner than its picture, though the file is whole.

    The decoder leaves the rows that are missing at zero.
    """
    *_, interlace = _read_layout(data)
    if image.crop((0, image.height - 1, *image.size)).getbbox(alpha_only=False) and not interlace:
        return False
    missing = _count_bytes(data)
    for part in _Inflater(data):
        missing -= len(part)
        if missing <= 0:
            return False
    return True


class PngFile(PngImagePlugin.PngImageFile):
    """A file that decodes once more where nothing but the checksum of its pixels, or their zlib header, was wrong."""

    def __init__(self, source: str | os.PathLike[str] | BytesIO, data: bytes):
        """Open `source`, whose bytes are `data`."""
        super().__init__(source)
        self._data = data

    def load(self) -> "Image.core.PixelAccess | None":
        """Decode the pixels. Raises OSError."""
        try:
            return super().load()
        except OSError:
            mended = correct_checksum(self._data)
            if mended is None:
                raise
        info = self.info  # that was read, and attached, before
        ImageFile.ImageFile.__init__(self, BytesIO(mended))
        self.info = info
        return super().load()


def correct_checksum(data: bytes) -> bytes | None:
    """Return the file with the right Adler-32 and zlib header of its pixels; None where they are damaged themselves.

    Pixels are whole if the checks of their chunks say so, as they are or once the checksum is right.
    """
    chunks = [chunk for chunk in read_chunks(data) if chunk.kind == b"IDAT"]
    checksum, inflater = 1, _Inflater(data)
    try:
        for part in inflater:
            checksum = zlib.adler32(part, checksum)
    except zlib.error:
        return None
    stream = bytearray().join(data[chunk.start : chunk.end] for chunk in chunks)
    stream[inflater.end : inflater.end + _CHECKSUM_BYTES] = checksum.to_bytes(_CHECKSUM_BYTES, "big")
    at = 0
    for chunk in chunks:
        size = chunk.end - chunk.start
        checks = (zlib.crc32(chunk.kind + each) for each in (data[chunk.start : chunk.end], stream[at : at + size]))
        if int.from_bytes(data[chunk.end : chunk.end + 4], "big") not in checks:
            return None
        at += size
    stream[: len(_ZLIB_HEADER)] = _ZLIB_HEADER
    return data[: chunks[0].start - 8] + _build_chunk(b"IDAT", bytes(stream)) + data[chunks[-1].end + 4 :]


def _read_layout(data: bytes) -> tuple[int, int, int, int, int]:
    """Return width, height, bits of a sample, kind of colours and whether it is interlaced, as the header has them."""
    header = next(read_chunks(data))
    width, height, depth, colours, _, _, interlace = struct.unpack_from(">IIBBBBB", data, header.start)
    return width, height, depth, colours, interlace


def _count_bytes(data: bytes) -> int:
    """Return how many bytes the pixels take when they are inflated, by the header."""
    width, height, depth, colours, interlace = _read_layout(data)
    count = 0
    for (left, top), (across, down) in _PASSES if interlace else (((0, 0), (1, 1)),):
        columns, rows = max(0, -(-(width - left) // across)), max(0, -(-(height - top) // down))
        count += (1 + (columns * depth * _CHANNELS[colours] + 7) // 8) * rows if columns else 0
    return count


class _Inflater:
    """Gives the inflated pixels in parts, whatever their checksum. Raises zlib.error, also for far more than fit.

    `end` is, after the last part, where the coded pixels end and their checksum begins, in the chunks put together.
    """

    def __init__(self, data: bytes):
        self._data = data
        self.end = 0

    def __iter__(self) -> Iterator[bytes]:
        inflater, header = zlib.decompressobj(-zlib.MAX_WBITS), len(_ZLIB_HEADER)
        room = _count_bytes(self._data) + _INFLATED_BYTES
        for chunk in read_chunks(self._data):
            packed = bytes(self._data[chunk.start : chunk.end]) if chunk.kind == b"IDAT" else b""
            skipped, packed = packed[:header], packed[header:]
            header -= len(skipped)
            self.end += len(skipped)
            while packed and not inflater.eof:
                part = inflater.decompress(packed, _INFLATED_BYTES)
                room -= len(part)
                if room < 0:
                    raise zlib.error("more than the pixels of the header")
                yield part
                rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
                self.end += len(packed) - len(rest)
                packed = rest


def is_unsupported(data: bytes) -> bool:
    """Whether the header is whole and names a depth, or a way to code pixels, that no decoder here knows.

    Or whether it is a kind of its own that programs of Apple write, with pixels that no other program reads.
    """
    header = next(read_chunks(data), None)
    if header is not None and header.kind == b"CgBI":
        return True
    if header is None or header.kind != b"IHDR" or header.is_cut or header.end - header.start != 13:
        return False
    if zlib.crc32(data[header.start - 4 : header.end]) != int.from_bytes(data[header.end : header.end + 4], "big"):
        return False
    depth, colours, compression, filters, interlace = data[header.start + 8 : header.end]
    return depth not in _DEPTHS.get(colours, ()) or compression > 0 or filters > 0 or interlace > 1


def read_cicp(data: bytes) -> tuple[int, int] | None:
    """Return (primaries, transfer) of the chunk cICP, which comes before all other words on colours; or None."""
    for chunk in read_chunks(data):
        if chunk.kind == b"IDAT":
            break
        if chunk.kind == b"cICP" and not _hinders(data, chunk, False):
            return data[chunk.start], data[chunk.start + 1]
    return None


def _hinders(data: bytes, chunk: Chunk, is_behind_pixels: bool) -> bool:
    if chunk.kind in _ANIMATION:
        return True
    if not chunk.kind[0] & _ANCILLARY:
        return False
    if chunk.is_cut or (is_behind_pixels and chunk.kind in _BEFORE_PIXELS):
        return True
    content = bytes(data[chunk.start : chunk.end])
    if zlib.crc32(chunk.kind + content) != int.from_bytes(data[chunk.end : chunk.end + 4], "big"):
        return True
    if chunk.kind in _TEXTS:
        return _is_hindering_text(chunk.kind, content)
    if chunk.kind == b"tRNS":
        return len(content) not in _TRANSPARENCY_LENGTHS.get(data[_COLOURS_AT], ())
    if chunk.kind == b"iCCP":
        return _is_large(content.partition(b"\0")[2][1:], MAX_PROFILE_BYTES)
    return len(content) != _LENGTHS.get(chunk.kind, len(content))


def _is_hindering_text(kind: bytes, content: bytes) -> bool:
    """Whether a text is larger than decoders allow, or not sound and not read here."""
    _, _, rest = content.partition(b"\0")
    is_packed = kind == b"zTXt" or (kind == b"iTXt" and rest[:1] == b"\1")
    if not content.startswith(_READ_TEXTS):
        return is_packed or len(content) > _MAX_TEXT_BYTES
    if kind == b"iTXt":
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    return _is_large(rest[kind == b"zTXt" :], MAX_PROFILE_BYTES) if is_packed else len(rest) > MAX_PROFILE_BYTES


def _is_large(packed: bytes, most: int) -> bool:
    try:
        return len(zlib.decompressobj().decompress(packed, most + 1)) > most
    except zlib.error:
        return True


def _build_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
