import json
import subprocess
import sys

import pytest
import torch

from networks import weights
from networks.manifest import WeightsUnavailable, read_entries, verify
from networks.u2net import U2NetP
from training.common.export import export


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(1)
    export("background", "u2netp", {}, U2NetP(), "test", "background.md", {"iou": 0.5}, tmp_path)
    return tmp_path


def reason(name, folder, act=verify):
    with pytest.raises(WeightsUnavailable) as caught:
        act(name, folder=folder)
    return caught.value.reason_key


def rewrite(folder, **fields):
    listed = json.loads((folder / "manifest.json").read_text())
    listed["background"].update(fields)
    (folder / "manifest.json").write_text(json.dumps(listed))


def test_an_exported_network_is_listed_and_verified(folder):
    entry = verify("background", folder)
    assert entry.network == "u2netp" and entry.figures == {"iou": 0.5}
    assert read_entries(folder) == {"background": entry}


def test_a_flipped_bit_is_refused(folder):
    path = folder / "background.safetensors"
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(content)
    assert reason("background", folder) == "checksum"


def test_a_truncated_file_is_refused(folder):
    path = folder / "background.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    assert reason("background", folder) == "checksum"


def test_a_missing_file_is_said_to_be_missing(folder):
    (folder / "background.safetensors").unlink()
    assert reason("background", folder) == "missing"


def test_a_name_the_manifest_does_not_know_is_unlisted(folder):
    assert reason("colorize", folder) == "unlisted"


def test_a_folder_without_a_manifest_lists_nothing(tmp_path):
    assert read_entries(tmp_path) == {}
    assert reason("background", tmp_path) == "unlisted"


@pytest.mark.parametrize("content", ["not json", "[]", '{"background": {"file": "x"}}'])
def test_a_manifest_of_another_form_is_refused(folder, content):
    (folder / "manifest.json").write_text(content)
    assert reason("background", folder) == "form"


def test_a_manifest_may_not_point_outside_its_folder(folder):
    rewrite(folder, file="../background.safetensors")
    assert reason("background", folder) == "form"


def test_loading_gives_the_exported_network_back_at_half_precision(folder):
    torch.manual_seed(1)
    original, loaded = U2NetP().eval(), weights.load("background", folder=folder)
    picture = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.allclose(original(picture), loaded(picture), atol=5e-3)
    assert not loaded.training
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}


def test_loading_into_another_network_is_refused(folder):
    rewrite(folder, network="u2net")
    assert reason("background", folder, weights.load) == "form"


def test_loading_an_unknown_kind_of_network_is_refused(folder):
    rewrite(folder, network="perceptron")
    assert reason("background", folder, weights.load) == "form"


def test_reading_the_manifest_does_not_import_torch():
    program = "import sys, networks.manifest; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
