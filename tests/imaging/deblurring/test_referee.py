"""The referee keeps what was sharp and what an output destroyed, and nothing else."""

import cv2
import numpy as np
import pytest

from imaging.deblurring import referee
from imaging.tensors import to_tensor
from tests.imaging.deblurring.test_edges import scene, smear


def run_referee(source: np.ndarray, restored: np.ndarray) -> np.ndarray:
    return referee.measure_kept_share(to_tensor(source, "cpu"), to_tensor(restored, "cpu"))[0, 0].numpy()


def test_a_shaken_picture_that_came_out_sharp_is_taken_whole():
    assert not run_referee(smear(scene(), 3, 1), scene()).any()


def test_what_was_sharp_is_kept_whatever_the_output_looks_like():
    assert run_referee(scene(), smear(scene(), 1, 1)).min() == 1


def test_a_destroyed_structure_is_kept():
    source = cv2.GaussianBlur(scene(), None, 0.7)
    assert run_referee(source, cv2.GaussianBlur(source, None, 2)).min() == 1


def test_only_the_sharp_part_is_kept_and_passes_softly_into_the_rest():
    source = smear(scene(300, 500), 4, 2)
    source[:, :200] = scene(300, 500)[:, :200]
    share = run_referee(source, scene(300, 500))
    assert share[:, :180].min() == 1 and share[:, 300:].max() == 0
    assert np.abs(np.diff(share, axis=1)).max() < 0.1


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (95, 97), (193, 64)])
def test_pictures_of_any_shape_are_covered(shape):
    assert run_referee(*[np.full((*shape, 3), 99, np.uint8)] * 2).shape == shape
