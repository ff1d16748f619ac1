"""Half precision only where it pays."""

import pytest
import torch

from networks.precision import find_half_type


@pytest.mark.parametrize(("has_bf16", "half"), [(True, torch.bfloat16), (False, torch.float16)])
def test_a_graphics_card_calculates_in_half_precision(monkeypatch, has_bf16, half):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has_bf16)
    assert find_half_type("cuda") == half


@pytest.mark.parametrize(
    ("able", "half"),
    [
        ({"avx512_bf16": True, "cpu_name": "AMD EPYC"}, torch.bfloat16),
        ({"avx512_bf16": True, "amx_bf16": True, "cpu_name": "Intel Xeon"}, torch.bfloat16),
        ({"avx512_bf16": True, "cpu_name": "Intel Xeon"}, None),
        ({"avx2": True}, None),
    ],
)
def test_a_processor_calculates_in_half_precision_only_where_that_pays(monkeypatch, able, half):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    assert find_half_type("cpu") == half
