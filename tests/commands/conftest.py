"""Fixtures of the tests of `revive`: its tools without the site, and without any weights."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from revive.cli import cli, tool_command
from services import get
from tests.jobs.sampler import install
from tests.jobs.support import picture


@pytest.fixture(autouse=True)
def no_weights(monkeypatch, tmp_path):
    """Adjust and the sampler need none."""
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path / "weights"))
    monkeypatch.setenv("INSTANCE_DIR", str(tmp_path / "instance"))


@pytest.fixture
def sampler(monkeypatch):
    """A service that can do all that a service may."""
    return install(monkeypatch)


@pytest.fixture
def revive():
    """Run `revive` with these arguments, in this process."""

    def run(*arguments: object, data: bytes = b"") -> Result:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=data)

    return run


@pytest.fixture
def brighten():
    """Run `revive adjust --brightness 2` with these arguments, in this process."""

    def run(*arguments: object, data: bytes = b"") -> Result:
        command = ["--brightness", "2", *map(str, arguments)]
        return CliRunner().invoke(tool_command(get("adjust")), command, input=data)

    return run


@pytest.fixture
def folder(tmp_path) -> Path:
    """Pictures a.png and b.jpg, a text, and sub/c.png."""
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "a.png").write_bytes(picture(format="PNG"))
    (tmp_path / "in" / "b.jpg").write_bytes(picture())
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    (tmp_path / "in" / "sub" / "c.png").write_bytes(picture(format="PNG"))
    return tmp_path / "in"


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out"


def names(folder: Path) -> list[str]:
    """Return the files below a folder, by their paths in it."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
