"""Fixtures of the tests of pictures' files."""

import subprocess

import pytest

from imaging.io import child


@pytest.fixture(autouse=True)
def real_children(monkeypatch):
    """These tests are about the children themselves, from their start on."""
    monkeypatch.setattr(child, "subprocess", subprocess)
