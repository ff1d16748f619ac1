"""What decoders of HEIC and AVIF leave to be checked or mended before they are asked. Nothing is decoded. No numpy.

A decoder may paint the tiles that a file cut short no longer has; so every item has to lie inside the file.
"""

import struct

from imaging.io.decoders.boxes import (
    Association,
    Box,
    BrokenBoxes,
    Extent,
    Reader,
    find,
    read_associations,
    read_children,
    read_extents,
    read_kinds,
    read_references,
    write_associations,
)

# What the decoders here read. An item that is derived from others names them, and they are looked at as well.
_CODED, _DERIVED = {b"hvc1", b"av01"}, {b"grid", b"iden", b"iovl"}
_ALPHAS = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")


class HeifFile:
    """The boxes of a HEIC or AVIF file in bytes. Raises BrokenBoxes where one does not lie inside the file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        top = read_children(data, 0, len(data), may_be_cut=True)
        self._meta_box = find(top, b"meta")
        self._meta = read_children(data, self._meta_box.start + 4, self._meta_box.end) if self._meta_box else []
        self._iprp = find(self._meta, b"iprp")
        self._lists = read_children(data, self._iprp.start, self._iprp.end) if self._iprp else []
        ipco = find(self._lists, b"ipco")
        self._properties = read_children(data, ipco.start, ipco.end) if ipco else []

    def check_extents(self) -> None:
        """Raise BrokenBoxes unless the data of every item (of a film: every box) lie inside the file."""
        if self._meta_box is None:
            read_children(self._data, 0, len(self._data))
        idat = find(self._meta, b"idat")
        ends = {0: len(self._data), 1: idat.end - idat.start if idat else 0}
        for extent in self._extents():
            if extent.offset + extent.length > ends.get(extent.method, extent.offset + extent.length):
                raise BrokenBoxes(f"the item {extent.item} ends behind the file")

    def has_decoder(self) -> bool:
        """Whether a decoder here knows how the picture is coded."""
        return self._meta_box is None or self._coding() <= _CODED

    def cicp(self) -> tuple[int, int] | None:
        """Return (primaries, transfer) of the picture by ITU-T H.273; None where a profile or nothing tells colours."""
        found = None
        for box in self._properties_of(self._coded_item()) + self._properties_of(self._primary()):
            colours = bytes(self._data[box.start : box.start + 4]) if box.kind == b"colr" else b""
            if colours in (b"prof", b"rICC"):
                return None
            if colours == b"nclx" and box.end - box.start >= 8:
                found = struct.unpack_from(">HH", self._data, box.start + 4)
        return found

    def with_plain_properties(self) -> bytes | None:
        """Return the file with one list of properties, in which transparencies have a size; None where it is so.

        Encoders wrote files otherwise, browsers show them, and libavif takes them for damaged.
        """
        if self._meta_box is None or self._iprp is None:
            return None
        boxes = [box for box in self._lists if box.kind == b"ipma"]
        entries = [entry for box in boxes for entry in read_associations(self._data, box)]
        changed = len(boxes) > 1
        for number, (item, properties) in enumerate(entries):
            size = self._missing_size(item)
            if size is not None:
                entries[number] = (item, [(False, size), *properties])
                changed = True
        return self._with_list(self._meta_box, self._iprp, boxes, entries) if changed else None

    def _extents(self) -> list[Extent]:
        iloc = find(self._meta, b"iloc")
        return read_extents(self._data, iloc) if iloc else []

    def _primary(self) -> int:
        box = find(self._meta, b"pitm")
        if box is None:
            return 0
        reader = Reader(self._data, box)
        return reader.number(4 if reader.version else 2)

    def _references(self) -> list[tuple[bytes, int, int]]:
        iref = find(self._meta, b"iref")
        return read_references(self._data, iref) if iref else []

    def _kinds(self) -> dict[int, bytes]:
        iinf = find(self._meta, b"iinf")
        return read_kinds(self._data, iinf) if iinf else {}

    def _coding(self) -> set[bytes]:
        """Return the kinds of the items that the picture is made of, without those that only join others."""
        kinds, references = self._kinds(), self._references()
        todo, seen, found = [self._primary()], set(), set()
        while todo:
            item = todo.pop()
            if item not in seen:
                seen.add(item)
                found |= {kinds.get(item, b"")} - _DERIVED
                todo += [to for kind, origin, to in references if kind == b"dimg" and origin == item]
        return found

    def _coded_item(self) -> int:
        """Return the first part of the picture: where a grid says nothing of its colours, its tiles may."""
        primary = self._primary()
        return next((to for kind, origin, to in self._references() if kind == b"dimg" and origin == primary), primary)

    def _properties_of(self, item: int) -> list[Box]:
        numbers = [
            number
            for box in self._lists
            if box.kind == b"ipma"
            for owner, properties in read_associations(self._data, box)
            if owner == item
            for _, number in properties
        ]
        return [self._properties[number - 1] for number in numbers if 0 < number <= len(self._properties)]

    def _missing_size(self, item: int) -> int | None:
        """Return the number of the property `ispe` that a transparency without one has to get: its picture's."""
        own = self._properties_of(item)
        text = b"".join(bytes(self._data[box.start + 4 : box.end]) for box in own if box.kind == b"auxC")
        if not text.startswith(_ALPHAS) or find(own, b"ispe"):
            return None
        master = next((to for kind, origin, to in self._references() if kind == b"auxl" and origin == item), 0)
        size = find(self._properties_of(master), b"ispe")
        return self._properties.index(size) + 1 if size else None

    def _with_list(self, meta: Box, iprp: Box, old: list[Box], entries: list[Association]) -> bytes:
        """Return the file with its lists of properties replaced by one, and all that lies behind found again."""
        new = write_associations(entries)
        growth = len(new) - sum(box.end - box.origin for box in old)
        head = bytearray(self._data[: meta.end])
        for extent in self._extents():
            if extent.method == 0 and extent.offset >= meta.end:
                told = int.from_bytes(head[extent.place : extent.place + extent.width], "big") + growth
                head[extent.place : extent.place + extent.width] = told.to_bytes(extent.width, "big")
        for box in (meta, iprp):
            head[box.origin : box.origin + 4] = (box.end - box.origin + growth).to_bytes(4, "big")
        for box in reversed(old):
            del head[box.origin : box.end]
        head[old[0].origin : old[0].origin] = new
        return bytes(head) + bytes(self._data[meta.end :])
