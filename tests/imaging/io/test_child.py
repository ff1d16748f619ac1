"""How a child process is treated while it works."""

from contextlib import contextmanager

import pytest

from imaging.io import child
from imaging.io.check import inspect
from imaging.io.errors import TooCostly
from tests.imaging.io.test_memory import float_tiff


def lowered_by(monkeypatch, seconds: float, memory=None) -> int:
    monkeypatch.setattr(child, "_MOMENT_SECONDS", seconds)
    return child.ask("tests.imaging.io.long_child", [], 60, memory)["lowered_by"]


def test_what_works_for_longer_than_a_moment_gives_way_to_what_is_quick(monkeypatch):
    assert lowered_by(monkeypatch, 0.05) == 5


def test_the_moment_begins_when_there_is_memory(monkeypatch):
    begun = []

    class Later(child.threading.Timer):
        def start(self):
            begun.append(self.function.__name__)
            super().start()

    @contextmanager
    def memory(megabytes):
        assert "lower" not in begun
        yield

    monkeypatch.setattr(child.threading, "Timer", Later)
    assert lowered_by(monkeypatch, 0.05, memory) == 5 and "lower" in begun


def test_what_cannot_have_its_memory_anyway_does_not_wait_for_it(tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(float_tiff())
    with pytest.raises(TooCostly):
        inspect(path, tmp_path / "a.webp", tmp_path / "b.webp", memory_mb=100, memory=pytest.fail)
    assert [each.name for each in tmp_path.iterdir()] == ["upload"]
