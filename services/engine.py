"""Where networks run: the device, the loaded networks, the precision. The only module of `services` that meets torch.

Torch is imported when a network is first asked for, so that the web process can import every service. All
functions may be called from several threads.
"""

import ctypes
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from errors import N_
from networks.manifest import WEIGHTS, WeightsUnavailable, entries, find
from services.base import ServiceError

if TYPE_CHECKING:
    from torch import Tensor, dtype, nn

# Numbers of glibc's malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
# How often a thread of libgomp, which torch brings, looks whether there is work before it sleeps.
_SPINS = "1000"
UNSTABLE = "unstable_network"
PRECISIONS = {"torch.bfloat16": "bf16", "torch.float16": "fp16"}
_lock = threading.Lock()
_thread = threading.local()  # `used`: whether this thread asked a network since `forget_use`
# Weights name -> (where they lay and their SHA-256, the network made of them).
_loaded: dict[str, tuple[tuple[Path, str], "Network"]] = {}
_weights_folder = WEIGHTS
_imported_folder: Path | None = None


class Network:
    """A loaded network, ready to be called by any thread."""

    def __init__(self, module: "nn.Module", device: str, half: "dtype | None"):
        self.multiple_of: int = module.multiple_of
        self.minimum_side: int = module.minimum_side
        self.device = device
        self._module = module
        self._half = half  # None: float32 throughout

    def __call__(self, tensor: "Tensor", method: str = "forward") -> "Tensor":
        """Return the network's answer in float32. Raises ServiceError when it holds a NaN or an infinity.

        `method` names another method of the network's class that answers with a tensor.
        """
        return finite(self.unchecked(tensor, method))

    def unchecked(self, tensor: "Tensor", method: str = "forward") -> "Tensor":
        """Return the same without a look whether it is `finite`, for which a graphics card would be waited for."""
        import torch

        _thread.used = True
        asked = self._module if method == "forward" else getattr(self._module, method)
        try:
            with torch.inference_mode(), torch.autocast(self.device, self._half, enabled=self._half is not None):
                return asked(tensor.to(self.device, memory_format=torch.channels_last)).float()
        except torch.OutOfMemoryError as error:  # a graphics card's; the processor's is a MemoryError already
            raise MemoryError from error


def finite(answer: "Tensor") -> "Tensor":
    """Return a network's answer. Raises ServiceError when it holds a NaN or an infinity."""
    import torch

    if not torch.isfinite(answer).all():
        raise unstable()
    return answer


def unstable() -> ServiceError:
    """Return the error that says that a network gave nothing usable."""
    return ServiceError(UNSTABLE, N_("The network gave no usable answer for this picture. Nothing was saved."))


def configure(weights: Path | None = None, imported: Path | None = None, threads: int | None = None) -> None:
    """Choose the folder of the shipped weights, that of the imported ones, and the number of processor threads.

    None leaves each as it is. Call it before torch is imported: it sees to it, too, that threads which wait for each
    other soon go to sleep.
    """
    global _weights_folder, _imported_folder
    _sleep_soon()
    if weights is not None:
        _weights_folder = Path(weights)
    if imported is not None:
        _imported_folder = Path(imported)
    if threads is not None:
        import torch

        torch.set_num_threads(threads)


def network(name: str) -> Network:
    """Return the network of these weights, shipped or imported, loaded once. Raises ServiceError: it cannot be used.

    Weights that were imported, replaced or removed meanwhile are noticed without a restart.
    """
    with _lock:
        try:
            where = _whereabouts(name)
            if name not in _loaded or _loaded[name][0] != where:
                _loaded.pop(name, None)  # two of them at once may not fit
                _loaded[name] = where, _load(name, where[0])
        except WeightsUnavailable as error:
            _loaded.pop(name, None)
            raise _unavailable() from error
        return _loaded[name][1]


def fingerprint(name: str) -> str:
    """Return the SHA-256 of these weights, which tells what they made from what others did; nothing is loaded.

    Raises ServiceError: they are not there.
    """
    try:
        return _whereabouts(name)[1]
    except WeightsUnavailable as error:
        raise _unavailable() from error


def module(name: str) -> "nn.Module":
    """Return the module of these weights itself, for what needs gradients or more than one tensor. Raises ServiceError.

    It is on `device()`, in float32 and in eval mode; nobody looks whether its answers are finite.
    """
    found = network(name)._module
    _thread.used = True
    return found


def device() -> str:
    """Return "cuda" when there is such a device, else "cpu"."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def forget_use() -> None:
    """Begin to look whether this thread asks a network."""
    _thread.used = False


def was_used() -> bool:
    """Say whether this thread has asked a network since `forget_use`."""
    return getattr(_thread, "used", False)


def half_precision() -> "dtype | None":
    """Return the type of 16 bits in which networks calculate on `device()`, None where they keep to float32."""
    from networks.precision import half_type

    return half_type(device())


def device_name() -> str:
    """Return the name of the device that networks really run on, for people; with a precision that is not float32."""
    import torch

    on_card = device() == "cuda"
    name = torch.cuda.get_device_name() if on_card else torch.cpu.get_capabilities().get("cpu_name") or "CPU"
    return f"{name}, {PRECISIONS[half]}" if (half := str(half_precision())) in PRECISIONS else name


def _unavailable() -> ServiceError:
    return ServiceError("weights_unavailable", N_("The weights of this tool are missing or damaged, so it cannot run."))


def _whereabouts(name: str) -> tuple[Path, str]:
    folder = find(name, [_weights_folder, _imported_folder] if _imported_folder else [_weights_folder])
    return folder, entries(folder)[name].sha256


def _load(name: str, folder: Path) -> Network:
    import torch

    from networks.weights import load

    _keep_pages()
    module = load(name, device(), folder)
    if hasattr(module, "folded"):  # a network that can be made faster for good says so
        module = module.folded()
    module = module.to(memory_format=torch.channels_last)
    return Network(module, device(), half_precision())


def _keep_pages() -> None:
    """Let glibc keep the pages of activations instead of asking for fresh ones each time: a tenth of a forward's time.

    What is larger than 32 MiB, such as a photo, still goes back to the system at once. Elsewhere nothing happens.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for parameter, megabytes in ((_MMAP_THRESHOLD, 32), (_TRIM_THRESHOLD, 256), (_TOP_PAD, 64)):
        mallopt(parameter, megabytes << 20)


def _sleep_soon() -> None:
    """Let waiting threads soon give their core away, where the environment says nothing about it.

    Where other programs keep all cores busy, threads that spin hold up the very ones they wait for: a forward of a
    tenth of a second took a quarter of a minute.
    """
    if not os.environ.keys() & {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}:
        os.environ["GOMP_SPINCOUNT"] = _SPINS
