"""What earlier runs on the same original left of their steps, so that a step is not run again for another's sake.

A step is known again by a name: a hash of all that decides what it makes, and of the name of the step before. Its
picture is cached under that name as a file of its own, without loss, which says what made it; what it filled is cached
as a mask, and what it said in one JSON for all.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
from PIL import Image

from imaging.change_map import REPLACED, encode_map
from imaging.io import files
from services.base import STEP_MASK, Picture

FACTS = "steps"
MAX_PICTURES = 8  # cached pictures, the latest ones: a 6-megapixel one takes some 10 MB of the owner's room
_HASH_LENGTH = 24


@dataclass(frozen=True)
class Facts:
    """What a step said: key of a verdict or "", the weights that it asked, and whether it made a picture.

    Of one that only looked, `verdict` is the share that it saw, or "".
    """

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
                replaced = np.asarray(Image.open(io.BytesIO(self.found[name + STEP_MASK])).convert("L")) > 0
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
            self.added[name] = files.encode_lossless(picture)
        if replaced is not None:
            self.added[name + STEP_MASK] = _encode_mask(replaced)

    def holds(self, name: str) -> bool:
        """Say whether the picture of a step is cached."""
        return name in self.known and self.known[name].changed

    def finish(self) -> tuple[dict[str, bytes], tuple[str, ...]]:
        """Return what to store, and the names of what gives way to it."""
        pictures = [name for name, facts in self.known.items() if facts.changed]
        for name in pictures[:-MAX_PICTURES]:
            del self.known[name]
        facts = {name: vars(each) for name, each in self.known.items()}
        kept = {file for name in self.known for file in (name, name + STEP_MASK)} | {FACTS}
        added = {name: data for name, data in self.added.items() if name in kept}
        dropped = tuple(name for name in self.found if _is_ours(name) and name not in kept)
        return added | {FACTS: json.dumps(facts).encode()}, dropped


def make_name(before: str, decides: Any) -> str:
    """Return the name of a step: `before` is that of the step before, `decides` what JSON can hold."""
    text = json.dumps([before, decides], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def _is_ours(name: str) -> bool:
    return len(name.removesuffix(STEP_MASK)) == _HASH_LENGTH


def _read_facts(data: bytes) -> dict[str, Facts]:
    try:
        return {
            name: Facts(each["verdict"], tuple(each["weights"]), each["changed"], each["replaced"])
            for name, each in json.loads(data).items()
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _encode_mask(mask: np.ndarray) -> bytes:
    """Return what was filled, bool (H, W), as the PNG of a change map that tells of nothing else."""
    return encode_map(np.where(mask, np.uint8(REPLACED), np.uint8(0)))
