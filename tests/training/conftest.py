import numpy as np
import pytest


@pytest.fixture
def scene():
    """Rectangles of many colours, uint8 (160, 176, 3): edges for a network to sharpen."""
    random = np.random.default_rng(4)
    scene = np.zeros((160, 176, 3), np.uint8)
    for _ in range(60):
        top, left = random.integers(0, 140, 2)
        height, width = random.integers(8, 60, 2)
        scene[top : top + height, left : left + width] = random.integers(0, 256, 3)
    return scene
