"""Batches for the NoGAN recipe: made beside the training where there are processors to spare."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from training.colorizing.adversarial.pictures import NoGanPictures
from training.colorizing.crops import Batch


class NoGanLoader:
    """Endless random batches of one size and side.

    `workers`: processes that crop and degrade ahead of the training; 0 does it in between, for one core. A graphics
    card wants a dozen. `seed` decides the pictures, for a given number of workers.
    """

    def __init__(self, pictures: NoGanPictures, size: int, side: int, seed: tuple[int, ...], workers: int = 0):
        loader = DataLoader(
            _Endless(pictures, size, side, seed),
            batch_size=None,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            multiprocessing_context="fork" if workers else None,
            collate_fn=_return_same,
        )
        self._batches = iter(loader)

    def next(self, device: str) -> Batch:
        return next(self._batches).to(device)


class _Endless(IterableDataset[Batch]):
    def __init__(self, pictures: NoGanPictures, size: int, side: int, seed: tuple[int, ...]):
        self.pictures, self.size, self.side, self.seed = pictures, size, side, seed

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        random = np.random.default_rng((*self.seed, worker.id if worker else 0))
        while True:
            yield self.pictures.draw_batch(self.size, self.side, random)


def _return_same(batch: Any) -> Any:
    return batch
