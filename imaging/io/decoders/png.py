"""PNG files whose pixels are whole and something else is not: texts with wrong checks, animations, a missing end."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_PROFILE_BYTES = 4 * 2**20
_END = b"\x00\x00\x00\x00IEND\xae\x42\x60\x82"
_ANIMATION = {b"acTL", b"fcTL", b"fdAT"}
_ANCILLARY = 0x20  # of the first letter: the picture can be shown without


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

    That is: further pictures of an animation, ancillary chunks whose check is wrong, a profile over MAX_PROFILE_BYTES,
    and all behind the place where the file is cut. Whether every pixel is there the decoder will tell.
    """
    kept: list[bytes | tuple[int, int]] = [SIGNATURE]
    changed, kind = False, b""
    for chunk in read_chunks(data):
        kind = chunk.kind
        if _hinders(data, chunk):
            changed = True
        elif chunk.is_cut:
            changed = True
            if kind == b"IDAT":
                kept.append(_build_chunk(kind, bytes(data[chunk.start : chunk.end])))
        else:
            kept.append((chunk.start - 8, chunk.end + 4))
    if kind != b"IEND" or chunk.is_cut:
        kept.append(_END)
        changed = True
    if not changed:
        return None
    return b"".join(part if isinstance(part, bytes) else data[slice(*part)] for part in kept)


def is_unsupported(data: bytes) -> bool:
    """Whether the header is whole and names a depth, or a way to code pixels, that no decoder here knows."""
    header = next(read_chunks(data), None)
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
        if chunk.kind == b"cICP" and chunk.end - chunk.start >= 4:
            return data[chunk.start], data[chunk.start + 1]
    return None


def _hinders(data: bytes, chunk: Chunk) -> bool:
    if chunk.kind in _ANIMATION:
        return True
    if not chunk.kind[0] & _ANCILLARY:
        return False
    if chunk.is_cut:
        return True
    content = data[chunk.start : chunk.end]
    if zlib.crc32(chunk.kind + content) != int.from_bytes(data[chunk.end : chunk.end + 4], "big"):
        return True
    return chunk.kind == b"iCCP" and _is_large(content.partition(b"\0")[2][1:])


def _is_large(packed: bytes) -> bool:
    try:
        return len(zlib.decompressobj().decompress(packed, MAX_PROFILE_BYTES + 1)) > MAX_PROFILE_BYTES
    except zlib.error:
        return True


def _build_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
