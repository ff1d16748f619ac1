"""The nearest source of every target patch.

Barnes, Shechtman, Finkelstein, Goldman: "PatchMatch: A Randomized Correspondence Algorithm for Structural Image
Editing", SIGGRAPH 2009, with all patches improved at once instead of one after the other: good matches travel by
leaps that halve, as in jump flooding. Small problems are solved exactly.
"""

from dataclasses import dataclass

import numpy as np

from imaging.inpainting.patches import PAD, Level, compute_products, cut_chunks

EXACT_PAIRS = 6e7  # up to so many pairs of target and source, all are compared
STEPS = ((0, 1), (0, -1), (1, 0), (-1, 0))


@dataclass
class Field:
    """For each target of a level, the position of its source and how far the two differ (squared)."""

    sources: np.ndarray  # int64 (N,)
    distances: np.ndarray  # float32 (N,)


class Search:
    """Finds the nearest sources at one level, again and again as the hole's colours change."""

    def __init__(self, level: Level, random: np.random.Generator):
        self.level = level
        self.random = random
        self.basis = level.compute_basis(random)
        self.described = level.describe(level.sources, self.basis)
        self.exact = len(level.targets) * len(level.sources) <= EXACT_PAIRS
        columns = np.asarray([level.sources % level.stride, level.sources // level.stride])
        self.low, self.high = columns.min(1), columns.max(1)
        self.reach = int((self.high - self.low).max())

    def draw_field(self) -> Field:
        """Return a field of random sources."""
        level = self.level
        sources = level.sources[self.random.integers(len(level.sources), size=len(level.targets))]
        return Field(sources, self._distances(level.describe(level.targets, self.basis), sources))

    def improve(self, field: Field, rounds: int, reach: int | None = None) -> None:
        """Replace the sources of `field` by nearer ones, for the colours that the level has now.

        reach: how far from the present source the random search looks, in pixels; None for everywhere.
        """
        wanted = self.level.describe(self.level.targets, self.basis)
        if self.exact:
            self._all_pairs(wanted, field)
            return
        field.distances[:] = self._distances(wanted, field.sources)
        for number in range(rounds):
            self._propagate(wanted, field, max(1, PAD >> number))
            self._search(wanted, field, min(self.reach, reach or self.reach))
        self._propagate(wanted, field, 1)

    def _all_pairs(self, wanted: np.ndarray, field: Field) -> None:
        known = self.described
        norms = np.einsum("ij,ij->i", known, known)
        rows = max(1, int(4e6 // len(known)))
        for start in range(0, len(wanted), rows):
            pairs = compute_products(wanted[start : start + rows], known)
            pairs *= -2
            pairs += norms
            best = pairs.argmin(1)
            field.sources[start : start + rows] = self.level.sources[best]
        field.distances[:] = self._distances(wanted, field.sources)

    def _propagate(self, wanted: np.ndarray, field: Field, step: int) -> None:
        level = self.level
        while step:
            for down, across in STEPS:
                shift = (down * level.stride + across) * step
                neighbour = level.target_rows[level.targets + shift]
                proposed = np.where(neighbour >= 0, field.sources[neighbour] - shift, 0)
                self._take(wanted, field, proposed)
            step //= 2

    def _search(self, wanted: np.ndarray, field: Field, reach: int) -> None:
        while reach >= 1:
            across, down = field.sources % self.level.stride, field.sources // self.level.stride
            moved = self.random.integers(-reach, reach + 1, (2, len(across)), dtype=np.int32)
            across = np.clip(across + moved[0], self.low[0], self.high[0])
            down = np.clip(down + moved[1], self.low[1], self.high[1])
            self._take(wanted, field, down * self.level.stride + across)
            reach //= 2

    def _take(self, wanted: np.ndarray, field: Field, proposed: np.ndarray) -> None:
        """Take the proposed sources that are real and nearer than the present ones."""
        rows = np.flatnonzero((self.level.source_rows[proposed] >= 0) & (proposed != field.sources))
        distances = self._distances(wanted, proposed[rows], rows)
        nearer = distances < field.distances[rows]
        field.sources[rows[nearer]] = proposed[rows[nearer]]
        field.distances[rows[nearer]] = distances[nearer]

    def _distances(self, wanted: np.ndarray, sources: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        out = np.empty(len(sources), np.float32)
        described_rows = self.level.source_rows[sources]
        for part in cut_chunks(len(sources)):
            mine = wanted[part] if rows is None else wanted[rows[part]]
            apart = mine - self.described[described_rows[part]]
            out[part] = np.einsum("ij,ij->i", apart, apart)
        return out
