"""Files that no library here writes, put together from their parts: TIFFs of any layout, and grids of HEIC tiles."""

import struct

import numpy as np

from tests.imaging.pictures import FIXTURES

_CODES = {1: "B", 3: "H", 4: "I", 7: "B", 16: "Q"}
Tags = dict[int, tuple[int, list[int] | bytes]]


def tiff_page(pixels: np.ndarray, **tags: int) -> tuple[Tags, bytes]:
    """Return the directory and the bytes of one uncompressed page; `tags` replace what is told, as t262=3."""
    height, width = pixels.shape[:2]
    count = 1 if pixels.ndim == 2 else pixels.shape[2]
    kind = {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]
    told = {256: width, 257: height, 259: 1, 262: 2 if count > 2 else 1, 277: count, 278: height}
    told |= {int(name[1:]): value for name, value in tags.items()}
    directory: Tags = {tag: (4, [value]) for tag, value in told.items()}
    directory |= {258: (3, [pixels.dtype.itemsize * 8] * count), 339: (3, [kind] * count)}
    return directory, pixels.tobytes()


def tiff_of(*pages: tuple[Tags, bytes], big: bool = False, order: str = "<") -> bytes:
    """Return a TIFF, or BigTIFF, whose directories follow each other."""
    wide, counter, inside = ("Q", "Q", 8) if big else ("I", "H", 4)
    start = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "H", 43 if big else 42)
    out = bytearray(start + (struct.pack(order + "HHQ", 8, 0, 0) if big else bytes(4)))
    link = len(out) - inside
    for directory, data in pages:
        rows = {273: (16 if big else 4, [len(out)]), 279: (16 if big else 4, [len(data)]), **directory}
        out += data + bytes(len(data) % 2)
        table = b""
        for tag, (kind, values) in sorted(rows.items()):
            raw = values if isinstance(values, bytes) else struct.pack(f"{order}{len(values)}{_CODES[kind]}", *values)
            if len(raw) > inside:
                place, raw = len(out), raw + bytes(len(raw) % 2)
                out += raw
                raw = struct.pack(order + wide, place)
            table += struct.pack(order + "HH" + wide, tag, kind, len(values)) + raw.ljust(inside, b"\0")
        struct.pack_into(order + wide, out, link, len(out))
        out += struct.pack(order + counter, len(rows)) + table
        link = len(out)
        out += bytes(inside)
    return bytes(out)


def box(kind: bytes, content: bytes, version: int | None = None) -> bytes:
    """Return a box of a HEIC or AVIF file; with a version it is a full box."""
    content = content if version is None else struct.pack(">I", version << 24) + content
    return struct.pack(">I4s", len(content) + 8, kind) + content


def heic_grid() -> bytes:
    """Return a HEIC of 128 x 64 pixels: two tiles beside each other, the picture `quarters.heic` in each."""
    small = (FIXTURES / "quarters.heic").read_bytes()
    coded = small[small.index(b"mdat") + 4 :]
    entry = small.index(b"hvcC") - 4
    settings = small[entry : entry + int.from_bytes(small[entry : entry + 4], "big")]
    entries = [box(b"infe", struct.pack(">HH4sB", item, 0, b"hvc1", 0), 2) for item in (1, 2)]
    entries.append(box(b"infe", struct.pack(">HH4sB", 3, 0, b"grid", 0), 2))
    sizes = [box(b"ispe", struct.pack(">II", *size), 0) for size in ((64, 64), (128, 64))]
    lists = struct.pack(">I", 3) + b"".join(struct.pack(">HBBB", item, 2, 0x81, 2) for item in (1, 2))
    parts = [
        box(b"hdlr", bytes(4) + b"pict" + bytes(13), 0),
        box(b"pitm", struct.pack(">H", 3), 0),
        box(b"idat", struct.pack(">BBBBHH", 0, 0, 0, 1, 128, 64)),
        box(b"iinf", struct.pack(">H", 3) + b"".join(entries), 0),
        box(b"iref", box(b"dimg", struct.pack(">HHHH", 3, 2, 1, 2)), 0),
        box(b"iprp", box(b"ipco", settings + b"".join(sizes)) + box(b"ipma", lists + struct.pack(">HBB", 3, 1, 3), 0)),
    ]

    def head(start: int) -> bytes:
        places = [(1, 0, start, len(coded)), (2, 0, start + len(coded), len(coded)), (3, 1, 0, 8)]
        rows = b"".join(struct.pack(">HHHHII", item, method, 0, 1, at, size) for item, method, at, size in places)
        iloc = box(b"iloc", struct.pack(">HH", 0x4400, 3) + rows, 1)
        return box(b"ftyp", b"heic" + bytes(4) + b"mif1heic") + box(b"meta", b"".join(parts) + iloc, 0)

    start = len(head(0)) + 8
    return head(start) + box(b"mdat", coded * 2)
