"""What earlier runs on the same original left of their steps, so that a step is not run again for another's sake.

A step is known again by a name: a hash of all that decides what it makes, and of the name of the step before. Its
picture is cached without loss under that name, what it filled as a mask, and what it said in one JSON for all.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
from PIL import Image

from services.base import Picture

FACTS = "steps"
MASK = "m"  # after the name of a step's picture
MAX_PICTURES = 8  # cached pictures, the latest ones: a 6-megapixel one takes some 10 MB of the owner's room
_HASH_LENGTH = 24
_MAX_WEBP_SIDE = 16383


@dataclass(frozen=True)
class Facts:
    """What a step said: key of a verdict or "", the weights that it asked, and whether it made a picture."""

    verdict: str = ""
    weights: tuple[str, ...] = ()
    changed: bool = False
    replaced: bool = False


@dataclass
class CachedSteps:
    """The cache as it was found, and as it will be left. `known`: name -> facts, the latest last."""

    found: Mapping[str, bytes]
    known: dict[str, Facts] = field(default_factory=dict)
    added: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known = _read_facts(self.found.get(FACTS, b"{}"))

    def find(self, name: str) -> Facts | None:
        """Return what is known of a step, unless its picture is missing; it counts as used now."""
        facts = self.known.get(name)
        if facts is None or facts.changed and name not in self.found:
            return None
        self.known[name] = self.known.pop(name)
        return facts

    def read(self, name: str, facts: Facts, before: Picture) -> tuple[Picture, np.ndarray | None] | None:
        """Return a cached picture with the metadata of the one before, and what was filled; None where it is damaged.

        before: of the same size.
        """
        try:
            rgb = np.asarray(Image.open(io.BytesIO(self.found[name])).convert("RGB"))
            replaced = None
            if facts.replaced:
                replaced = np.asarray(Image.open(io.BytesIO(self.found[name + MASK])).convert("L")) > 0
        except (KeyError, OSError, ValueError, SyntaxError):
            return None
        if rgb.shape != before.rgb.shape or replaced is not None and replaced.shape != rgb.shape[:2]:
            return None
        return before.with_rgb(rgb), replaced

    def add(self, name: str, facts: Facts, picture: Picture | None, replaced: np.ndarray | None) -> None:
        """Cache what a step said and made."""
        self.known.pop(name, None)
        self.known[name] = facts
        if picture is not None:
            self.added[name] = _encode(picture.rgb)
        if replaced is not None:
            self.added[name + MASK] = _encode_mask(replaced)

    def finish(self) -> tuple[dict[str, bytes], tuple[str, ...]]:
        """Return what to store, and the names of what gives way to it."""
        pictures = [name for name, facts in self.known.items() if facts.changed]
        for name in pictures[:-MAX_PICTURES]:
            del self.known[name]
        facts = {name: vars(each) for name, each in self.known.items()}
        kept = {file for name in self.known for file in (name, name + MASK)} | {FACTS}
        added = {name: data for name, data in self.added.items() if name in kept}
        dropped = tuple(name for name in self.found if _is_ours(name) and name not in kept)
        return added | {FACTS: json.dumps(facts).encode()}, dropped


def make_name(before: str, decides: Any) -> str:
    """Return the name of a step: `before` is that of the step before, `decides` what JSON can hold."""
    text = json.dumps([before, decides], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def _is_ours(name: str) -> bool:
    return len(name.removesuffix(MASK)) == _HASH_LENGTH


def _read_facts(data: bytes) -> dict[str, Facts]:
    try:
        return {
            name: Facts(each["verdict"], tuple(each["weights"]), each["changed"], each["replaced"])
            for name, each in json.loads(data).items()
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _encode(rgb: np.ndarray) -> bytes:
    """Return a picture without loss, quickly: WebP, or PNG where a side is too long for it."""
    out, image = io.BytesIO(), Image.fromarray(np.ascontiguousarray(rgb))
    if max(image.size) > _MAX_WEBP_SIDE:
        image.save(out, "PNG", compress_level=1)
    else:
        image.save(out, "WEBP", lossless=True, quality=0, method=0)
    return out.getvalue()


def _encode_mask(mask: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(mask).save(out, "PNG")
    return out.getvalue()
