"""Marks for tests that must hold on both database engines."""

import pytest

both_engines = pytest.mark.parametrize("engine", ["sqlite", "mariadb"], indirect=True)
