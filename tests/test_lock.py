"""requirements.lock: every package at one version that requirements.txt allows, every file with its hash."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.lock").read_text()
GPU = re.compile(r"torch|torchvision|triton|nvidia-.*|cuda-.*")


def list_wanted() -> list[Requirement]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def list_locked(text: str = LOCK) -> dict[str, tuple[str, list[str]]]:
    """Package -> its version and the hashes of its files."""
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.M)[1:]
    found = {}
    for entry in entries:
        requirement = Requirement(entry.split("\\", 1)[0].strip())
        (pin,) = requirement.specifier
        assert pin.operator == "==", entry
        found[canonicalize_name(requirement.name)] = pin.version, re.findall(r"--hash=sha256:([0-9a-f]{64})\b", entry)
    return found


def test_the_lock_has_a_version_in_the_range_of_everything_that_is_asked_for():
    versions = list_locked()
    wrong = [str(each) for each in list_wanted() if versions[canonicalize_name(each.name)][0] not in each.specifier]
    assert not wrong, "run: make lock"


def test_every_locked_file_has_a_hash_and_nothing_says_where_it_is_from():
    assert len(list_locked()) > len(list_wanted())
    assert all(hashes for _, hashes in list_locked().values())
    assert "://" not in LOCK and "--index" not in LOCK


def test_the_lines_of_the_guide_take_out_pytorch_and_nothing_else():
    page = (ROOT / "docs" / "deployment.md").read_text()
    take_out = re.search(r"^ *(awk .* requirements\.lock) > without", page, re.M)[1]
    names = re.search(r"\$\((sed .* requirements\.lock)\)", page)[1]
    assert take_out in (dockerfile := (ROOT / "deploy" / "Dockerfile").read_text()) and names in dockerfile
    rest, pins = (
        subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for line in (take_out, names)
    )
    assert list_locked(rest) == {name: entry for name, entry in list_locked().items() if not GPU.fullmatch(name)}
    assert pins.split() == [f"{name}=={list_locked()[name][0]}" for name in ("torch", "torchvision")]


@pytest.mark.parametrize(
    ("output", "status", "end"),
    [
        ("No known vulnerabilities found", 0, "No known vulnerabilities found"),
        ("Found 1 known vulnerability in 1 package", 1, "Error 1"),
        ("ERROR: Dependency not found on PyPI and could not be audited: flask (3.1.2)", 1, "AUDIT SKIPPED"),
    ],
)
def test_an_audit_fails_for_what_it_found_and_says_when_it_was_skipped(tmp_path, output, status, end):
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    program = tmp_path / ".tools" / "audit" / "bin" / "pip-audit"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{output}' >&2\nexit {status}\n")
    program.chmod(0o700)
    # Without what an outer make hands on: the inner one would end with a warning about it.
    environment = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    }
    done = subprocess.run(["make", "audit"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode != 0) == (end == "Error 1")
    assert output in done.stdout and end in (done.stdout + done.stderr).splitlines()[-1]
