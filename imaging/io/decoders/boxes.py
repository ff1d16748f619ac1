"""The boxes of HEIC and AVIF files (ISO/IEC 14496-12, 23008-12): which there are and what the lists of items say.

Nothing is decoded. No numpy.
"""

import struct
from dataclasses import dataclass

_MAX_BOXES = 4096
_MAX_ROWS = 16_384


class BrokenBoxes(ValueError):
    """A box, or what it points at, does not lie inside the file."""


# An item, and its properties: whether each is essential, and its number from 1 on.
Association = tuple[int, list[tuple[bool, int]]]


@dataclass(frozen=True)
class Box:
    """`origin` is where the header begins; the content lies from `start` to `end`."""

    kind: bytes
    origin: int
    start: int
    end: int


@dataclass(frozen=True)
class Extent:
    """A piece of an item's data. `method` 0 counts from the file's start, 1 from that of the box `idat`.

    `place` is where the file tells the offset (`width` bytes), or the base of it.
    """

    item: int
    method: int
    offset: int
    length: int
    place: int
    width: int


class Reader:
    """Reads big-endian numbers from a full box on. Raises BrokenBoxes at its end."""

    def __init__(self, data: bytes, box: Box) -> None:
        self._data, self._end, self.place = data, box.end, box.start
        head = self.number(4)
        self.version, self.flags = head >> 24, head & 0xFFFFFF

    def number(self, width: int) -> int:
        if self.place + width > self._end:
            raise BrokenBoxes("a box ends too soon")
        value = int.from_bytes(self._data[self.place : self.place + width], "big")
        self.place += width
        return value

    def rows(self, count: int) -> range:
        if count > _MAX_ROWS:
            raise BrokenBoxes("a list is too long")
        return range(count)


def read_children(data: bytes, start: int, end: int, may_be_cut: bool = False) -> list[Box]:
    """Return the boxes from `start` to `end`. Raises BrokenBoxes where one of them ends behind that.

    With `may_be_cut` the last one may, and is given as far as it goes.
    """
    boxes: list[Box] = []
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        content = start + 8
        if size == 1 and start + 16 <= end:
            (size,) = struct.unpack_from(">Q", data, start + 8)
            content += 8
        size = size or end - start
        if may_be_cut:
            size = min(size, end - start)
        if size < content - start or start + size > end or len(boxes) >= _MAX_BOXES:
            raise BrokenBoxes(f"the box {kind!r} ends behind what holds it")
        boxes.append(Box(kind, start, content, start + size))
        start += size
    return boxes


def find(boxes: list[Box], kind: bytes) -> Box | None:
    """Return the first box of a kind."""
    return next((box for box in boxes if box.kind == kind), None)


def read_extents(data: bytes, iloc: Box) -> list[Extent]:
    """Return where the data of all items lie."""
    reader = Reader(data, iloc)
    sizes = reader.number(2)
    offset_width, length_width, base_width, index_width = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 4 if reader.version == 2 else 2
    extents = []
    for _ in reader.rows(reader.number(wide)):
        item = reader.number(wide)
        method = reader.number(2) & 15 if reader.version else 0
        reader.number(2)  # which file: 0 is this one
        base_place, base = reader.place, reader.number(base_width)
        for _ in reader.rows(reader.number(2)):
            if reader.version:
                reader.number(index_width)
            place, offset = reader.place, reader.number(offset_width)
            told = (place, offset_width) if offset_width else (base_place, base_width)
            extents.append(Extent(item, method, base + offset, reader.number(length_width), *told))
    return extents


def read_kinds(data: bytes, iinf: Box) -> dict[int, bytes]:
    """Return item -> its kind, such as b"hvc1"."""
    reader = Reader(data, iinf)
    reader.number(4 if reader.version else 2)
    kinds = {}
    for box in read_children(data, reader.place, iinf.end):
        entry = Reader(data, box)
        if entry.version >= 2:
            item = entry.number(4 if entry.version == 3 else 2)
            entry.number(2)
            kinds[item] = entry.number(4).to_bytes(4, "big")
    return kinds


def read_references(data: bytes, iref: Box) -> list[tuple[bytes, int, int]]:
    """Return (kind, from item, to item) of all references."""
    reader = Reader(data, iref)
    wide = 4 if reader.version else 2
    found = []
    for box in read_children(data, reader.place, iref.end):
        width = (box.start, box.start + wide, box.start + wide + 2)
        origin, count = (int.from_bytes(data[a:b], "big") for a, b in zip(width, width[1:], strict=False))
        if width[2] + count * wide > box.end:
            raise BrokenBoxes("a list of references ends too soon")
        targets = (width[2] + wide * number for number in range(count))
        found += [(box.kind, origin, int.from_bytes(data[at : at + wide], "big")) for at in targets]
    return found


def read_associations(data: bytes, ipma: Box) -> list[Association]:
    """Return [(item, [(essential, number of a property from 1 on)])] in the file's order."""
    reader = Reader(data, ipma)
    width = 2 if reader.flags & 1 else 1
    top = 1 << (8 * width - 1)
    entries = []
    for _ in reader.rows(reader.number(4)):
        item = reader.number(4 if reader.version else 2)
        values = [reader.number(width) for _ in range(reader.number(1))]
        entries.append((item, [(bool(value & top), value & (top - 1)) for value in values]))
    return entries


def write_associations(entries: list[Association]) -> bytes:
    """Return a box `ipma` that says what `read_associations` read."""
    body = struct.pack(">II", 0x01000001, len(entries))
    for item, properties in entries:
        body += struct.pack(">IB", item, len(properties))
        body += b"".join(struct.pack(">H", essential << 15 | number) for essential, number in properties)
    return struct.pack(">I4s", len(body) + 8, b"ipma") + body
