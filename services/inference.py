"""Where networks run: the device, the loaded networks, the precision.

Code that must not import torch asks `services.runtime`. All functions may be called from several threads.
"""

import ctypes
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, dtype, nn

from errors import N_
from networks.manifest import WeightsUnavailable
from networks.precision import find_half_type
from networks.weights import load
from services import runtime
from services.base import ServiceError

# Numbers of glibc's malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
UNSTABLE = "unstable_network"
PRECISIONS = {"torch.bfloat16": "bf16", "torch.float16": "fp16"}


class Network:
    """A loaded network, ready to be called by any thread."""

    def __init__(self, module: nn.Module, device: str, half: dtype | None, weights: str = "", sha256: str = ""):
        self.multiple_of = cast(int, module.multiple_of)
        self.minimum_side = cast(int, module.minimum_side)
        # Of networks that are asked about photos in their proportions (`imaging.matting.predictors`).
        self.photo_sides: tuple[int, ...] = getattr(module, "photo_sides", ())
        self.crop_side: int = getattr(module, "crop_side", 0)
        self.device = device
        self._kind = device.partition(":")[0]
        self._module = module
        self._half = half  # None: float32 throughout
        self._weights = weights, sha256

    def __call__(self, tensor: Tensor, method: str = "forward") -> Tensor:
        """Return the network's output in float32. Raises ServiceError when it holds a NaN or an infinity.

        `method` names another method of the network's class that returns a tensor.
        """
        return check_finite(self.call(tensor, method))

    def call(self, tensor: Tensor, method: str = "forward") -> Tensor:
        """Return the same without a look whether it is `finite`, for which a graphics card would be waited for."""
        asked = self.module if method == "forward" else getattr(self.module, method)
        try:
            with torch.inference_mode(), torch.autocast(self._kind, self._half, enabled=self._half is not None):
                output: Tensor = asked(tensor.to(self.device, memory_format=torch.channels_last)).float()
                return output
        except torch.OutOfMemoryError as error:  # a graphics card's; the processor's is a MemoryError already
            raise MemoryError from error

    @property
    def module(self) -> nn.Module:
        """The module itself, for what needs gradients or more than one tensor: on `device`, in float32, in eval mode.

        Nobody looks whether its outputs are finite.
        """
        runtime.note_use(describe_device(), *self._weights)
        return self._module


class LoadedNetworks:
    """The networks of this process, each loaded once, shared by all its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Weights name -> (where they lay and their SHA-256, the network made of them).
        self._networks: dict[str, tuple[tuple[Path, str], Network]] = {}

    def get(self, name: str) -> Network:
        """Return the network of these weights, shipped or imported. Raises ServiceError: it cannot be used.

        Weights that were imported, replaced or removed meanwhile are noticed without a restart.
        """
        with self._lock:
            try:
                where = runtime.folders.locate(name)
                if name not in self._networks or self._networks[name][0] != where:
                    self._networks.pop(name, None)  # two of them at once may not fit
                    self._networks[name] = where, _load(name, *where)
            except WeightsUnavailable as error:
                self._networks.pop(name, None)
                raise runtime.make_unavailable_error() from error
            return self._networks[name][1]

    def clear(self) -> None:
        """Forget all of them; each is loaded anew when it is next asked for."""
        with self._lock:
            self._networks.clear()


networks = LoadedNetworks()


def check_finite(output: Tensor) -> Tensor:
    """Return a network's output. Raises ServiceError when it holds a NaN or an infinity."""
    if not torch.isfinite(output).all():
        raise make_unstable_error()
    return output


def make_unstable_error() -> ServiceError:
    """Return the error that says that a network gave nothing usable."""
    return ServiceError(UNSTABLE, N_("The network gave no usable answer for this picture. Nothing was saved."))


def set_threads(count: int) -> None:
    """Choose how many processor threads a network takes."""
    torch.set_num_threads(count)


def load_networks(names: Iterable[str]) -> str:
    """Load the networks of these weights and return `device_name()`. Raises ServiceError: one cannot be used."""
    for name in names:
        networks.get(name)
    return describe_device()


def choose_device() -> str:
    """Return the device that was chosen (`runtime.configure`), else "cuda" when there is such a device, else "cpu"."""
    return runtime.folders.device or ("cuda" if torch.cuda.is_available() else "cpu")


def is_device_there() -> bool:
    """Say whether PyTorch finds the device of `choose_device`."""
    kind, _, number = choose_device().partition(":")
    if kind == "cuda":
        return torch.cuda.is_available() and int(number or 0) < torch.cuda.device_count()
    if kind == "mps":
        return torch.backends.mps.is_available()
    return kind == "cpu" or (kind == "xpu" and torch.xpu.is_available())


def choose_half_precision() -> dtype | None:
    """Return the type of 16 bits in which networks calculate on `choose_device()`, None where they keep to float32."""
    kind = choose_device().partition(":")[0]
    return find_half_type(kind) if kind in ("cpu", "cuda") else None


def describe_device() -> str:
    """Return the name of the device that networks really run on, for people; with a precision that is not float32."""
    device = choose_device()
    kind = device.partition(":")[0]
    if kind == "cuda":
        name = torch.cuda.get_device_name(device)
    elif kind == "xpu":
        name = torch.xpu.get_device_name(device)
    else:
        name = "Apple GPU" if kind == "mps" else torch.cpu.get_capabilities().get("cpu_name") or "CPU"
    return f"{name}, {PRECISIONS[half]}" if (half := str(choose_half_precision())) in PRECISIONS else name


def _load(name: str, folder: Path, sha256: str) -> Network:
    _keep_pages()
    module = load(name, choose_device(), folder)
    fold = getattr(module, "fold_norms", None)
    if fold is not None:  # a network that can be made faster for good says so
        module = fold()
    module = module.to(memory_format=torch.channels_last)
    return Network(module, choose_device(), choose_half_precision(), name, sha256)


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
