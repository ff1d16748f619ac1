"""A disc is told from the path of a hand, and from a point."""

import cv2
import numpy as np
import pytest
import torch

from imaging.deblurring.focus import is_out_of_focus
from tests.imaging.deblurring.test_edges import scene


def draw(shape: str) -> np.ndarray:
    drawn = np.zeros((33, 33), np.float32)
    if shape == "disc":
        cv2.circle(drawn, (16, 16), 4, 1, -1)
    elif shape == "path":
        cv2.polylines(drawn, [np.array([(10, 10), (16, 13), (23, 22)])], False, 1)
    else:
        drawn[16, 16] = 1
    return drawn / drawn.sum()


@pytest.mark.parametrize("shape, expected", [("disc", True), ("path", False), ("point", False)])
def test_a_disc_is_the_blur_of_a_lens(shape, expected):
    kernel = torch.from_numpy(draw(shape))[None]
    assert is_out_of_focus(scene(), lambda tile: kernel, 8, 64) is expected
