"""D05: files that are small and want everything: each is refused soon, within bounds, and with a sentence."""

import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 20
RSS_KIB = int(1.5 * 2**20)
MIB = 2**20


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2, data: bytes | None = None) -> bytes:
    """A PNG that claims a size and holds `data`; extra chunks stand before it."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width & 0xFFFFFFFF, height & 0xFFFFFFFF, depth, colour, 0, 0, 0))
    rows = zlib.compress(b"\0" * 1000, 9) if data is None else data
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def pack(size: int) -> bytes:
    """So many zero bytes, compressed piece by piece."""
    squeeze = zlib.compressobj(9)
    return b"".join(squeeze.compress(bytes(MIB)) for _ in range(size // MIB)) + squeeze.flush()


def small(format: str, **settings) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(out, format, **settings)
    return out.getvalue()


def jpeg_of_size(width: int, height: int) -> bytes:
    """A small JPEG whose frame header lies about its size."""
    data = bytearray(small("JPEG"))
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def tiff(entries: list[tuple[int, int, int, int]], following: int) -> bytes:
    """A TIFF with one directory, whose successor is wherever one says."""
    rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries)) + rows + struct.pack("<I", following)


def gif_of_size(width: int, height: int) -> bytes:
    data = bytearray(small("GIF"))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def bmp_of_size(width: int, height: int) -> bytes:
    data = bytearray(small("BMP"))
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


def webp_of_size() -> bytes:
    vp8x = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + b"\xff\xff\xff" + b"\xff\xff\xff"
    body = b"WEBP" + vp8x + small("WEBP")[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


SIZE = [(256, 4, 1, 20_000), (257, 4, 1, 20_000), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8), (279, 4, 1, 8)]
BOMBS = {
    "png-65535-square": lambda: png(65535, 65535),
    "png-two-to-the-31": lambda: png(2**31, 2**31),
    "png-widest-line": lambda: png(2**31 - 1, 1),
    "png-30000-square-of-one-bit": lambda: png(30000, 30000, depth=1, colour=0, data=pack(108 * MIB)),
    "png-7000-square-of-zeros": lambda: png(7000, 7000, data=pack(141 * MIB)),
    "png-64-mib-of-text": lambda: png(8, 8, chunk(b"zTXt", b"Comment\0\0" + pack(64 * MIB))),
    "png-64-mib-of-profile": lambda: png(8, 8, chunk(b"iCCP", b"icc\0\0" + pack(64 * MIB))),
    "png-200-texts-of-1-mib": lambda: png(8, 8, *[chunk(b"iTXt", b"k\0\1\0\0\0" + pack(MIB))] * 200),
    "png-64-mib-after-the-picture": lambda: png(8, 8, data=pack(64 * MIB)),
    "png-a-chunk-of-4-gib": lambda: png(8, 8)[:33] + struct.pack(">I", 2**32 - 1) + b"IDAT",
    "jpeg-65500-square": lambda: jpeg_of_size(65500, 65500),
    "jpeg-larger-than-its-data": lambda: jpeg_of_size(7000, 7000),
    "jpeg-of-no-height": lambda: jpeg_of_size(64, 0),
    "jpeg-200-segments-of-64-kib": lambda: b"\xff\xd8" + (b"\xff\xe2\xff\xff" + bytes(65533)) * 200 + small("JPEG")[2:],
    "tiff-directory-that-follows-itself": lambda: tiff(SIZE[:2], 8),
    "tiff-20000-square": lambda: tiff(SIZE, 0),
    "tiff-four-thousand-million-values": lambda: tiff([(256, 4, 1, 8), (257, 4, 1, 8), (273, 4, 2**32 - 1, 8)], 0),
    "gif-65535-square": lambda: gif_of_size(65535, 65535),
    "bmp-two-to-the-31": lambda: bmp_of_size(2**31 - 1, 2**31 - 1),
    "webp-16-million-square": webp_of_size,
}


# A process that has had no other children: the kernel tells the largest child so far, whosoever it was.
WATCHED = """
import json, resource, sys
from pathlib import Path
from imaging.io.check import inspect
from imaging.io.errors import PictureError
path = Path(sys.argv[1])
told = {"refused": "", "pixels": 0}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    header = inspect(path, path.with_name("preview.webp"), path.with_name("thumbnail.webp"), max_megapixels=50)
    told["pixels"] = header.width * header.height
except PictureError as refused:
    told["refused"] = refused.message
children = resource.getrusage(resource.RUSAGE_CHILDREN)
told["child_kib"], told["child_seconds"] = children.ru_maxrss, children.ru_utime + children.ru_stime
told["own_kib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps(told))
"""


@pytest.mark.parametrize("name", BOMBS)
def test_D05_a_bomb_is_refused_soon_within_bounds_and_with_a_sentence(tmp_path, name):
    path = tmp_path / "original.part"
    path.write_bytes(BOMBS[name]())
    assert path.stat().st_size < 32 * MIB
    told = json.loads(subprocess.check_output([sys.executable, "-c", WATCHED, path], cwd=ROOT))
    assert told["child_seconds"] < SECONDS  # of the processor: how long others make it wait is not the bomb's doing
    assert told["child_kib"] < RSS_KIB
    assert told["own_kib"] < 64 * 1024
    if told["pixels"]:
        assert told["pixels"] <= 50e6, "what is taken is within the limits and was decoded whole"
    else:
        assert told["refused"].endswith(".") and len(told["refused"]) > 20
        assert [file.name for file in tmp_path.iterdir()] == ["original.part"]


def test_D05_there_are_twenty_of_them():
    assert len(BOMBS) == 20
