"""The table of official checkpoints, and their way from the authors' file to a network of ours."""

import pickle
import re
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import torch

import services
from checkpoints.conversion import ConversionRefused, convert, find_function, read
from networks import weights
from networks.manifest import WEIGHTS, hash_file, put, read_entries
from networks.releases import OFFICIAL, find_official
from tests.fixtures import parity
from tests.imaging.io.test_landlock import needs_landlock

# A release whose file has the form of another's.
FORM = {
    "u2net-human-seg": "u2net",
    "deoldify-stable": "deoldify-artistic",
    "dfnet-places2": "dfnet",
    "dfnet-celeba": "dfnet",
}
MAX_BYTES = 2**30
ROW = find_official("u2netp")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("official") / "u2netp.pth"
    torch.save(parity.checkpoint("u2netp"), path)
    return path


def change(checkpoint, tmp_path, change):
    tensors = torch.load(checkpoint, weights_only=True)
    change(tensors)
    torch.save(tensors, tmp_path / "changed.pth")
    return tmp_path / "changed.pth"


def refusal(source, tmp_path, row=ROW, most=MAX_BYTES):
    with pytest.raises(ConversionRefused) as caught:
        convert(row, source, tmp_path / "out.safetensors", most)
    assert not (tmp_path / "out.safetensors").exists()
    return caught.value


@pytest.mark.parametrize("row", OFFICIAL, ids=lambda row: row.name)
def test_every_row_names_things_that_exist(row):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.name)
    assert row.network in weights.NETWORKS and services.get(row.service)
    assert bool(row.rename) != bool(row.convert) and callable(find_function(row.rename or row.convert))
    assert row.licence and row.source and row.file


def test_names_are_unique_and_none_is_that_of_shipped_weights():
    names = [row.name for row in OFFICIAL]
    assert len(set(names)) == len(names) and not set(names) & set(read_entries(WEIGHTS))


@pytest.mark.parametrize("row", [row for row in OFFICIAL if row.name not in FORM], ids=lambda row: row.name)
def test_every_release_becomes_a_network_that_loads_strictly(row, tmp_path):
    tensors = parity.checkpoint(row.name)
    torch.save({row.wrapped_as: tensors} if row.wrapped_as else tensors, tmp_path / row.file)
    partial, kept = tmp_path / "partial", tmp_path / "kept"
    kept.mkdir()
    convert(row, tmp_path / row.file, partial, MAX_BYTES)
    entry = {
        "network": row.network,
        "arguments": row.arguments,
        "file": "a.safetensors",
        "sha256": hash_file(partial),
        "bytes": partial.stat().st_size,
        "licence": row.licence,
        "card": "",
    }
    put(kept, row.name, entry, partial)
    network = weights.load(row.name, folder=kept)
    assert all(torch.isfinite(tensor).all() for tensor in network.state_dict().values())


def test_an_imported_network_still_computes_what_the_authors_does(checkpoint, tmp_path):
    convert(ROW, checkpoint, tmp_path / "partial", MAX_BYTES)
    sha256, size = hash_file(tmp_path / "partial"), (tmp_path / "partial").stat().st_size
    entry = {"network": "u2netp", "arguments": {}, "file": "a.safetensors", "sha256": sha256, "bytes": size}
    put(tmp_path, "u2netp", entry | {"licence": "", "card": ""}, tmp_path / "partial")
    network, arrays = weights.load("u2netp", folder=tmp_path), parity.arrays("u2netp")
    with torch.inference_mode():
        maps = network.predict_maps(torch.from_numpy(arrays["in_normalized"]))
    np.testing.assert_allclose(torch.sigmoid(maps[0]), arrays["out_d0"], atol=1e-4)


def test_a_file_in_the_format_of_old_torch_is_read(checkpoint, tmp_path):
    torch.save(parity.checkpoint("u2netp"), tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    convert(ROW, tmp_path / "old.pth", tmp_path / "out", MAX_BYTES)
    convert(ROW, checkpoint, tmp_path / "new", MAX_BYTES)
    assert hash_file(tmp_path / "out") == hash_file(tmp_path / "new")


def test_a_missing_tensor_is_named(checkpoint, tmp_path):
    error = refusal(change(checkpoint, tmp_path, lambda held: held.pop("outconv.bias")), tmp_path)
    assert (error.key, error.detail) == ("tensors", "outconv.bias is missing")


def test_a_tensor_too_many_is_named(checkpoint, tmp_path):
    error = refusal(change(checkpoint, tmp_path, lambda held: held.update(extra=torch.ones(1))), tmp_path)
    assert (error.key, error.detail) == ("tensors", "extra is not expected")


def test_a_tensor_of_another_shape_is_named(checkpoint, tmp_path):
    error = refusal(change(checkpoint, tmp_path, lambda held: held.update({"outconv.bias": torch.ones(2)})), tmp_path)
    assert (error.key, error.detail) == ("tensors", "fuse.bias is (2,) instead of (1,)")


def test_the_file_of_another_release_is_refused(checkpoint, tmp_path):
    assert refusal(checkpoint, tmp_path, find_official("u2net")).key == "tensors"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_is_no_number_is_refused(checkpoint, tmp_path, value):
    source = change(checkpoint, tmp_path, lambda held: held["outconv.bias"].fill_(value))
    assert refusal(source, tmp_path).key == "values"


@pytest.mark.parametrize("odd", [lambda t: t.to_sparse(), lambda t: t.to("meta"), lambda t: t.to(torch.complex64)])
def test_a_tensor_that_is_not_plain_is_refused(checkpoint, tmp_path, odd):
    name = "outconv.bias"
    error = refusal(change(checkpoint, tmp_path, lambda held: held.update({name: odd(held[name])})), tmp_path)
    assert (error.key, error.detail) == ("tensors", "outconv.bias is no plain tensor")


def test_a_fault_is_told_in_plain_characters_and_briefly(checkpoint, tmp_path):
    name = "\ud800\n\x1b[31m" + "é" * 300
    error = refusal(change(checkpoint, tmp_path, lambda held: held.update({name: torch.ones(1)})), tmp_path)
    assert error.detail.startswith(r"\ud800\n\x1b[31m\xe9") and len(error.detail) == 200


class Canary:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("way", ["torch", "old_torch", "pickle", "beside_the_tensors"])
def test_G01_code_in_a_file_is_not_run(tmp_path, way):
    canary, source = tmp_path / "canary", tmp_path / "evil.pth"
    if way == "pickle":
        source.write_bytes(pickle.dumps(Canary(canary)))
    else:
        held = parity.checkpoint("u2netp") | {"x": Canary(canary)} if way == "beside_the_tensors" else Canary(canary)
        torch.save(held, source, _use_new_zipfile_serialization=way != "old_torch")
    assert refusal(source, tmp_path).key == "unreadable"
    assert not canary.exists()


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 half a zip", b"\x80\x02}q\x00."], ids=str)
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    (tmp_path / "some.pth").write_bytes(content)
    assert refusal(tmp_path / "some.pth", tmp_path).key == "unreadable"


def test_a_damaged_list_of_parts_is_refused(checkpoint, tmp_path):
    (tmp_path / "some.pth").write_bytes(checkpoint.read_bytes().replace(b"PK\x01\x02", b"XX\x01\x02", 1))
    assert refusal(tmp_path / "some.pth", tmp_path).key == "unreadable"


def test_a_file_above_the_limit_is_refused_unread(checkpoint, tmp_path):
    assert refusal(checkpoint, tmp_path, most=1000).key == "too_large"


def test_the_real_size_of_a_compressed_file_counts(checkpoint, tmp_path):
    tight = tmp_path / "tight.pth"
    source = change(checkpoint, tmp_path, lambda held: [tensor.zero_() for tensor in held.values()])
    with zipfile.ZipFile(source) as loose, zipfile.ZipFile(tight, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in loose.infolist():
            packed.writestr(part.filename, loose.read(part))
    most = 2**20
    assert tight.stat().st_size < most < source.stat().st_size
    assert refusal(tight, tmp_path, most=most).key == "too_large"


def test_the_state_dict_is_taken_from_where_the_release_keeps_it(tmp_path):
    torch.save({"params": {"a": torch.ones(1)}, "more": 1}, tmp_path / "wrapped.pth")
    assert list(read(tmp_path / "wrapped.pth", "params", MAX_BYTES)) == ["a"]
    with pytest.raises(ConversionRefused):
        read(tmp_path / "wrapped.pth", "model", MAX_BYTES)


def test_reading_the_table_does_not_import_torch():
    program = "import sys, networks.releases, checkpoints.conversion; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


CURIOUS = """
import sys
from pathlib import Path
from checkpoints import conversion
source, target, *others = map(Path, sys.argv[1:])
conversion.LIBRARIES = ()  # it is quicker without
conversion.limit_process(source, target, 10**6)
for path, mode in ((source, "rb"), (target, "wb"), (source, "ab"), *((other, "rb") for other in others)):
    try:
        path.open(mode).close()
        print(path.name, mode)
    except PermissionError:
        pass
"""


@needs_landlock
def test_what_reads_a_strangers_file_opens_that_and_its_output_only(tmp_path):
    for name in ("official.pth", "secret_key", "revive.db"):
        (tmp_path / name).write_bytes(b"something")
    names = ("official.pth", "out.partial", "secret_key", "revive.db")
    command = [sys.executable, "-c", CURIOUS, *(str(tmp_path / name) for name in names)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["official.pth rb", "out.partial wb", ""]
