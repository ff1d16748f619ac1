"""From a trained network to a released file: half precision, hashed, listed in the manifest."""

import os
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from networks.manifest import WEIGHTS, hash_file, put


def export(
    name: str,
    network_name: str,
    arguments: dict,
    network: nn.Module,
    licence: str,
    card: str,
    figures: dict,
    folder: Path = WEIGHTS,
) -> Path:
    """Write `folder/NAME.safetensors` and its entry in the manifest; return the file's path.

    Floating point tensors are stored as float16, counters in their own dtype. Other entries of the
    manifest are left as they are, also while another recipe exports at the same time. Raises
    OverflowError when a value does not fit half precision.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.safetensors"
    partial = path.with_suffix(".partial")
    save_file({key: cast_to_half(key, value) for key, value in network.state_dict().items()}, partial)
    os.chmod(partial, 0o644)  # the writer makes it private; the site may run as another user
    entry = {
        "network": network_name,
        "arguments": arguments,
        "file": path.name,
        "sha256": hash_file(partial),
        "bytes": partial.stat().st_size,
        "licence": licence,
        "card": card,
        "figures": figures,
    }
    put(folder, name, entry, partial)
    return path


def cast_to_half(key: str, tensor: torch.Tensor) -> torch.Tensor:
    tensor = tensor.detach().cpu().contiguous()
    if not tensor.is_floating_point():
        return tensor
    half = tensor.half()
    if not torch.isfinite(half).all():
        raise OverflowError(f"{key} does not fit half precision")
    return half
