"""What made a picture: the tools it went through, their weights and options, and IPTC's digital source type, in XMP.

XMP (ISO 16684-1) has the steps in `xmpMM:History`, each with JSON in `stEvt:parameters`, and the source type in
`Iptc4xmpExt:DigitalSourceType`. A stranger's file may hold anything there: only what has exactly this form is read, so
that nothing else of its XMP is carried over. No numpy.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any
from xml.dom import minidom

from imaging.io.metadata import MAX_XMP_BYTES

# The source types that this program gives or keeps, from what says least to what says most: a step never weakens it.
# https://cv.iptc.org/newscodes/digitalsourcetype/
HUMAN_EDITS = "humanEdits"
ALGORITHMICALLY_ENHANCED = "algorithmicallyEnhanced"
COMPOSITE = "composite"
COMPOSITE_SYNTHETIC = "compositeSynthetic"
COMPOSITE_WITH_TRAINED = "compositeWithTrainedAlgorithmicMedia"
SOURCE_TYPES = (
    HUMAN_EDITS,
    ALGORITHMICALLY_ENHANCED,
    COMPOSITE,
    COMPOSITE_SYNTHETIC,
    "algorithmicMedia",
    COMPOSITE_WITH_TRAINED,
    "trainedAlgorithmicMedia",
)
MAX_STEPS = 30  # the latest of them are kept
AGENT = "Revive"
_TYPE_ADDRESS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_XMP_MM = "http://ns.adobe.com/xap/1.0/mm/"
_EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
_MAX_ITEMS = 32
_MAX_NUMBERS = 256  # of one option: the corners of 32 prints
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_TEXT = re.compile(r"[A-Za-z0-9#.,_+-]{0,60}")
_VERSION = re.compile(r"[0-9A-Za-z.+-]{0,40}")
_SHA256 = re.compile(r"([0-9a-f]{64})?")


@dataclass(frozen=True)
class Step:
    """One run of a tool: its key, the options by name, and the weights that it asked, name -> SHA-256.

    The SHA-256 is "" where it is not known; so is the version of this program.
    """

    tool: str
    options: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)
    version: str = ""


@dataclass(frozen=True)
class Provenance:
    """The steps that made a picture, the first one first, and one of SOURCE_TYPES, or "" where nothing is known."""

    steps: tuple[Step, ...] = ()
    source_type: str = ""

    def extend(self, step: Step, source_type: str) -> "Provenance":
        """Return this with one more step, and with the source type that says more of the two."""
        stronger = max(self.source_type, source_type, key=_rank)
        return replace(self, steps=(*self.steps, step)[-MAX_STEPS:], source_type=stronger)

    def merge(self, other: "Provenance") -> "Provenance":
        """Return this with the steps of another picture that are not among its own, and the stronger source type."""
        further = tuple(step for step in other.steps if step not in self.steps)
        stronger = max(self.source_type, other.source_type, key=_rank)
        return replace(self, steps=(*self.steps, *further)[-MAX_STEPS:], source_type=stronger)


def _rank(source_type: str) -> int:
    return SOURCE_TYPES.index(source_type) if source_type in SOURCE_TYPES else -1


def write_xmp(provenance: Provenance) -> bytes | None:
    """Return an XMP packet that says this and nothing else; None where nothing is known."""
    if provenance == Provenance():
        return None
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{_write_rdf(provenance)}</x:xmpmeta>'
    xmp = f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>{packet}<?xpacket end="w"?>'.encode()
    if len(xmp) > MAX_XMP_BYTES:
        return write_xmp(replace(provenance, steps=provenance.steps[1:]))
    return xmp


def merge_xmp(xmp: bytes | None, provenance: Provenance) -> bytes | None:
    """Return the XMP of a photo with what made the picture in it, in place of what it said of that before.

    What is no XML, or would be too long together, gives way.
    """
    if xmp is None or not provenance.steps:
        return xmp or write_xmp(provenance)
    try:
        document = _parse(xmp)
        _remove_provenance(document)
        _insert(document, provenance)
        merged = b"".join(node.toxml("utf-8") for node in document.childNodes)
    except Exception:  # what strangers write, broken or nested without end, is harmless
        return write_xmp(provenance)
    return merged if len(merged) <= MAX_XMP_BYTES else write_xmp(provenance)


def read_provenance(xmp: bytes | None) -> Provenance:
    """Return what an XMP packet says of what made its picture; nothing where it says nothing in the form expected."""
    if xmp is None or not (b"DigitalSourceType" in xmp or AGENT.encode() in xmp):
        return Provenance()
    try:
        document = _parse(xmp)
        steps = tuple(step for _, step in _find_steps(document))[-MAX_STEPS:]
        return Provenance(steps, max(_find_source_types(document), key=_rank, default=""))
    except Exception:  # as above
        return Provenance()


def _write_rdf(provenance: Provenance) -> str:
    type_tag = "Iptc4xmpExt:DigitalSourceType"
    of_type = f"<{type_tag}>{_TYPE_ADDRESS}{provenance.source_type}</{type_tag}>" if provenance.source_type else ""
    steps = "".join(map(_write_step, provenance.steps))
    history = f"<xmpMM:History><rdf:Seq>{steps}</rdf:Seq></xmpMM:History>" if steps else ""
    return (
        f'<rdf:RDF xmlns:rdf="{_RDF}"><rdf:Description rdf:about="" xmlns:Iptc4xmpExt="{_IPTC}" '
        f'xmlns:xmpMM="{_XMP_MM}">{of_type}{history}</rdf:Description></rdf:RDF>'
    )


def _write_step(step: Step) -> str:
    facts = {"tool": step.tool, "options": dict(step.options), "weights": dict(step.weights)}
    agent = f"{AGENT} {step.version}".strip()
    # The prefixes stand here, so that a step can be moved into another packet.
    return (
        f'<rdf:li xmlns:rdf="{_RDF}" xmlns:stEvt="{_EVENT}" rdf:parseType="Resource">'
        f"<stEvt:action>edited</stEvt:action><stEvt:softwareAgent>{escape(agent, quote=False)}</stEvt:softwareAgent>"
        f"<stEvt:parameters>{escape(json.dumps(facts, sort_keys=True), quote=False)}</stEvt:parameters></rdf:li>"
    )


def _parse(xmp: bytes) -> minidom.Document:
    """Parse a packet in UTF-8. Raises ValueError where it declares a document type: entities of it can multiply."""
    xmp = xmp.strip(b"\0 \r\n\t")
    if b"\0" in xmp or b"<!" in xmp.replace(b"<![CDATA[", b"").replace(b"<!--", b""):
        raise ValueError("this is no XMP in UTF-8 without a document type")
    return minidom.parseString(xmp)


def _find_source_types(document: minidom.Document) -> Iterator[str]:
    texts = [_read_text(node) for node in document.getElementsByTagNameNS(_IPTC, "DigitalSourceType")]
    texts += [
        node.getAttributeNS(_IPTC, "DigitalSourceType") for node in document.getElementsByTagNameNS(_RDF, "Description")
    ]
    for text in texts:
        source_type = text.strip().removeprefix("https:").removeprefix("http:").rpartition("/")[2]
        if "digitalsourcetype/" in text and source_type in SOURCE_TYPES:
            yield source_type


def _find_steps(document: minidom.Document) -> Iterator[tuple[minidom.Element, Step]]:
    """Yield the elements of the history that this program wrote, and what they say."""
    for history in document.getElementsByTagNameNS(_XMP_MM, "History"):
        for item in history.getElementsByTagNameNS(_RDF, "li"):
            agent, parameters = (
                "".join(map(_read_text, item.getElementsByTagNameNS(_EVENT, name)))
                for name in ("softwareAgent", "parameters")
            )
            name, _, version = agent.partition(" ")
            if name == AGENT and (step := _read_step(parameters, version)):
                yield item, step


def _read_step(parameters: str, version: str) -> Step | None:
    """Return the step of the JSON of its parameters; None where anything in it has not the form that is written."""
    try:
        facts = json.loads(parameters)
        tool, options, weights = facts["tool"], facts["options"], facts["weights"]
        named = len(options) <= _MAX_ITEMS and len(weights) <= _MAX_ITEMS
        named = named and all(map(_NAME.fullmatch, [tool, *options, *weights]))
        good = named and all(map(_is_value, options.values())) and all(map(_SHA256.fullmatch, weights.values()))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return Step(tool, options, weights, version) if good and _VERSION.fullmatch(version) else None


def _is_value(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= _MAX_NUMBERS and all(
            isinstance(each, int | float) and math.isfinite(each) for each in value
        )
    if isinstance(value, str):
        return bool(_TEXT.fullmatch(value))
    return value is None or isinstance(value, int | float) and math.isfinite(value)


def _read_text(node: minidom.Node) -> str:
    texts = (child.data for child in node.childNodes if child.nodeType in (child.TEXT_NODE, child.CDATA_SECTION_NODE))
    return "".join(texts)


def _remove_provenance(document: minidom.Document) -> None:
    for node in document.getElementsByTagNameNS(_RDF, "Description"):
        if node.hasAttributeNS(_IPTC, "DigitalSourceType"):
            node.removeAttributeNS(_IPTC, "DigitalSourceType")
    outdated = [item for item, _ in _find_steps(document)]
    for node in [*document.getElementsByTagNameNS(_IPTC, "DigitalSourceType"), *outdated]:
        _remove(node)


def _insert(document: minidom.Document, provenance: Provenance) -> None:
    """Put it into the packet: the steps at the end of the history that there is, where there is one."""
    rdf = _find_root(minidom.parseString(_write_rdf(provenance).encode()))
    histories = document.getElementsByTagNameNS(_XMP_MM, "History")
    present = [each for history in histories for each in history.getElementsByTagNameNS(_RDF, "Seq")]
    if present:
        ours = rdf.getElementsByTagNameNS(_XMP_MM, "History")[0]
        for item in ours.getElementsByTagNameNS(_RDF, "li"):
            present[0].appendChild(document.importNode(item, True))
        _remove(ours)
    target = document.getElementsByTagNameNS(_RDF, "RDF")
    if not target:
        _find_root(document).appendChild(document.importNode(rdf, True))
        return
    description = document.importNode(rdf.getElementsByTagNameNS(_RDF, "Description")[0], True)
    description.setAttribute("xmlns:rdf", _RDF)
    target[0].appendChild(description)


def _find_root(document: minidom.Document) -> minidom.Element:
    root = document.documentElement
    assert root is not None  # what was parsed has one
    return root


def _remove(node: minidom.Element) -> None:
    assert node.parentNode is not None  # it was found in a document
    node.parentNode.removeChild(node)
