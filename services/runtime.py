"""What must be said of networks before PyTorch is there: where weights lie, how threads wait, who asked a network.

No torch here, so that the web process, the worker's start and `revive --help` stay quick. `services.inference` loads
and runs the networks. All functions may be called from several threads.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from errors import N_
from networks.manifest import WEIGHTS, WeightsUnavailable, find, read_entries
from services.base import ServiceError, import_on_call

WEIGHTS_UNAVAILABLE = "weights_unavailable"
# How often a thread of libgomp, which torch brings, looks whether there is work before it sleeps.
_SPINS = "1000"
# Loads the networks of these weights and returns the name of the device that they run on.
load_networks = import_on_call("services.inference", "load_networks")
_set_threads = import_on_call("services.inference", "set_threads")
# Says whether PyTorch finds the chosen device.
is_device_there = import_on_call("services.inference", "is_device_there")


@dataclass
class Folders:
    """Where weights are looked for: those that are shipped, then those that an administrator imported.

    `device`: where their networks run, "" for a CUDA GPU where there is one.
    """

    weights: Path = WEIGHTS
    imported: Path | None = None
    device: str = ""

    def locate(self, name: str) -> tuple[Path, str]:
        """Return the folder that has these weights, and their SHA-256. Raises WeightsUnavailable."""
        folder = find(name, [self.weights, self.imported] if self.imported else [self.weights])
        return folder, read_entries(folder)[name].sha256


class _Use(threading.local):
    """Of this thread: what its run has asked since `begin_use`.

    device: of the networks, "" for none. weights: name -> SHA-256. cached: the same of what earlier runs asked.
    """

    def __init__(self) -> None:
        self.device = ""
        self.weights: dict[str, str] = {}
        self.cached: dict[str, str] = {}


folders = Folders()
_use = _Use()


def configure(
    weights: Path | None = None, imported: Path | None = None, *, threads: int | None = None, device: str | None = None
) -> None:
    """Choose the folder of the shipped weights, that of the imported ones, the number of processor threads, the device.

    None leaves each as it is. The device is one that PyTorch knows: "cpu", "cuda", "cuda:1", "mps", "xpu". Call it
    before torch is imported: it sees to it, too, that threads which wait for each other soon go to sleep. With
    `threads` it imports torch.
    """
    _sleep_soon()
    if weights is not None:
        folders.weights = Path(weights)
    if imported is not None:
        folders.imported = Path(imported)
    if device is not None:
        folders.device = device
    if threads is not None:
        _set_threads(threads)


def fingerprint_weights(name: str) -> str:
    """Return the SHA-256 of these weights, which tells what they made from what others did; nothing is loaded.

    Raises ServiceError: they are not there.
    """
    try:
        return folders.locate(name)[1]
    except WeightsUnavailable as error:
        raise make_unavailable_error() from error


def make_unavailable_error() -> ServiceError:
    """Return the error that says that weights are not there, or cannot be used."""
    return ServiceError(WEIGHTS_UNAVAILABLE, N_("The weights of this tool are missing or damaged, so it cannot run."))


def begin_use(cached: Mapping[str, str] | None = None) -> None:
    """Begin to look which networks this thread asks. `cached`: weights that an earlier run asked, name -> SHA-256."""
    _use.device, _use.weights, _use.cached = "", {}, dict(cached or {})


def note_use(device: str, weights: str = "", sha256: str = "") -> None:
    """Note that this thread asks the network of these weights ("": of none that are stored) on the device named."""
    _use.device = device
    if weights:
        _use.weights[weights] = sha256


def note_cached_use(weights: str) -> None:
    """Note that this thread uses what an earlier run got from the network of these weights."""
    _use.weights.setdefault(weights, _use.cached.get(weights, ""))


@contextmanager
def discard_uses() -> Iterator[None]:
    """Do not note the networks that this thread asks meanwhile: nothing of what they say is in the result."""
    device, weights = _use.device, dict(_use.weights)
    try:
        yield
    finally:
        _use.device, _use.weights = device, weights


def get_used_weights() -> dict[str, str]:
    """Return the weights whose output this thread has used since `begin_use`: name -> SHA-256, "" where unknown."""
    return dict(sorted(_use.weights.items()))


def get_used_device() -> str:
    """Return the name of the device whose networks this thread has asked since `begin_use`, "" for none."""
    return _use.device


def _sleep_soon() -> None:
    """Let waiting threads soon give their core away, where the environment says nothing about it.

    Where other programs keep all cores busy, threads that spin hold up the very ones they wait for: a forward of a
    tenth of a second took a quarter of a minute.
    """
    if not os.environ.keys() & {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}:
        os.environ["GOMP_SPINCOUNT"] = _SPINS
