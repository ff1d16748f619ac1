"""From an official checkpoint (`networks.releases`) to verified safetensors, once. Nothing here unpickles.

`python -m checkpoints.conversion NAME SOURCE TARGET BYTES` does it in a process of its own, with hard limits on its
time, memory and output, where it opens no other file of the site, and prints one JSON line; `checkpoints.imports` calls
it so. Floats are kept as float32: in half precision the network would no longer agree with the authors' to 1e-4.
"""

import json
import os
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path

from imaging.io import child
from networks.releases import Official, find_official

CPU_SECONDS = 600
# A file is read whole, converted and written: at most so many times its size, beside what torch itself takes.
COPIES, TORCH_BYTES = 7, 6000 * 2**20
# What looks for its libraries by running programs, so it is loaded before files are closed to the process.
LIBRARIES = ("safetensors.torch", "networks.weights")
# What is loaded later: the classes of networks, and how to rename their tensors.
CODE = tuple(Path(__file__).resolve().parents[1] / room for room in ("checkpoints", "networks"))
DETAIL_LENGTH = 200


class ConversionRefused(Exception):
    """A file that is not converted.

    `key` is one of "unreadable" (no checkpoint of tensors, or one that holds code), "too_large", "tensors" (names or
    shapes are not those of the release) and "values" (a value is not finite); `detail` names the first fault, in
    printable ASCII: the names in a hostile file may hold anything.
    """

    def __init__(self, key: str, detail: str = ""):
        super().__init__(f"{key}: {detail}")
        self.key = key
        self.detail = detail.encode("unicode_escape").decode()[:DETAIL_LENGTH]


def convert(row: Official, source: Path, target: Path, max_bytes: int) -> None:
    """Write the tensors of the official file `source` to `target` (safetensors, float32). Raises Refused."""
    from safetensors.torch import save  # it loads torch, for which the child needs its limits first

    from networks.weights import build  # so does this

    network = build(row.network, row.arguments)
    tensors = find_state_dict(row, network, read(Path(source), row.wrapped_as, max_bytes))
    expected = network.state_dict()
    compare({name: tuple(tensor.shape) for name, tensor in expected.items()}, tensors)
    tensors = {name: tensor.detach().to(expected[name].dtype).contiguous() for name, tensor in tensors.items()}
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise ConversionRefused("values", f"{name} holds a value that is no number")
    network.load_state_dict(tensors, strict=True)
    # Not `save_file`, which writes another file first: the child may write this one only.
    target.write_bytes(save({name: tensor.clone() for name, tensor in tensors.items()}))
    os.chmod(target, 0o644)


def read(source: Path, wrapped_as: str, max_bytes: int) -> dict:
    """Return the state dict in an official file: name -> tensor. Raises Refused.

    A file of torch's own format is a ZIP whose parts may be compressed, so their real sizes count.
    """
    import torch  # see `convert`

    try:
        if max(source.stat().st_size, _count_unpacked_bytes(source)) > max_bytes:
            raise ConversionRefused("too_large")
        held = torch.load(source, map_location="cpu", weights_only=True)
    except (MemoryError, ConversionRefused):
        raise
    except Exception as error:  # a reader of hostile files may raise anything
        raise ConversionRefused("unreadable", type(error).__name__) from error
    held = held.get(wrapped_as) if wrapped_as and isinstance(held, dict) else held
    if not isinstance(held, dict) or not held:
        raise ConversionRefused("unreadable", f"no state dict under {wrapped_as!r}" if wrapped_as else "no state dict")
    if not all(isinstance(name, str) and isinstance(tensor, torch.Tensor) for name, tensor in held.items()):
        raise ConversionRefused("unreadable", "something in it is no tensor")
    for name, tensor in held.items():
        odd = tensor.layout != torch.strided or tensor.is_meta or tensor.is_quantized or tensor.is_complex()
        if odd:  # sparse, without values, ...: none of ours is, and what is done with one is anybody's guess
            raise ConversionRefused("tensors", f"{name} is no plain tensor")
    return dict(held)


def _count_unpacked_bytes(source: Path) -> int:
    if not zipfile.is_zipfile(source):
        return 0
    with zipfile.ZipFile(source) as archive:
        return sum(part.file_size for part in archive.infolist())


def find_state_dict(row: Official, network, held: dict) -> dict:
    """Return the network's state dict, made of all tensors of the file. Raises Refused: one is missing or too many."""
    watched = Watched(held)
    try:
        if row.convert:
            tensors = find_function(row.convert)(network, watched)
        else:
            rename = find_function(row.rename)
            tensors = {name: watched[rename(network, name)] for name in network.state_dict()}
    except KeyError as error:
        raise ConversionRefused("tensors", f"{error.args[0]} is missing") from error
    except (RuntimeError, ValueError, IndexError) as error:
        raise ConversionRefused("tensors", str(error).splitlines()[0]) from error
    spare = sorted(name for name in held if name not in watched.seen and not any(fnmatch(name, p) for p in row.unused))
    if spare:
        raise ConversionRefused("tensors", f"{spare[0]} is not expected")
    return tensors


def compare(expected: Mapping[str, tuple], tensors: Mapping) -> None:
    """Raise Refused unless every tensor is there and has its shape."""
    for name in sorted(expected.keys() ^ tensors.keys()):
        raise ConversionRefused("tensors", f"{name} is {'missing' if name in expected else 'not expected'}")
    for name, shape in expected.items():
        if (found := tuple(tensors[name].shape)) != shape:
            raise ConversionRefused("tensors", f"{name} is {found} instead of {shape}")


class Watched(Mapping):
    """A state dict that remembers which of its tensors were looked at."""

    def __init__(self, held: dict):
        self._held = held
        self.seen: set[str] = set()

    def __getitem__(self, name: str):
        self.seen.add(name)
        return self._held[name]

    def __contains__(self, name: object) -> bool:
        return name in self._held

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


def find_function(place: str) -> Callable:
    """Return the function that "module:function" names."""
    module, name = place.split(":")
    return getattr(import_module(module), name)


def limit_process(source: Path, target: Path, max_bytes: int) -> None:
    """In the child: limit time, memory and output, and open no files but these and libraries. Raises OSError."""
    child.restrict()
    for kind, limit in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 2 * max_bytes),
        (resource.RLIMIT_DATA, COPIES * max_bytes + TORCH_BYTES),
    ):
        _, hard = resource.getrlimit(kind)
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (limit, limit))
    for module in LIBRARIES:
        import_module(module)
    child.restrict_files([source, *CODE], [target])


def main(name: str, source: str, target: str, max_bytes: str) -> None:
    """In the child: set the limits, convert, print what became of it."""
    row = find_official(name)
    if row is None:
        sys.exit(f"No official weights are called {name}.")
    reply: dict[str, str | int] = {}
    try:
        limit_process(Path(source), Path(target), int(max_bytes))
        convert(row, Path(source), Path(target), int(max_bytes))
    except ConversionRefused as error:
        reply = {"error": error.key, "detail": error.detail}
    except OSError as error:
        reply = {"error": "os_error", "number": error.errno or 0}
    print(json.dumps(reply))


if __name__ == "__main__":
    main(*sys.argv[1:])
