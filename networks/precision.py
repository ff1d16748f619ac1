"""Which numbers networks calculate in."""

import torch


def find_half_type(device: str) -> torch.dtype | None:
    """Return the type of 16 bits to calculate in on "cuda" or "cpu"; None where only float32 pays.

    bfloat16 has the range of float32, and the networks were measured in it. It halves the time on processors whose
    instructions for it do more than those for float32, AMX and AMD's, and is slower on all others. A graphics card
    without it gets float16.
    """
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    able = torch.cpu.get_capabilities()
    pays = able.get("amx_bf16") or able.get("avx512_bf16") and "Intel" not in able.get("cpu_name", "")
    return torch.bfloat16 if pays else None
