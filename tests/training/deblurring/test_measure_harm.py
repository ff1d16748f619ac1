"""Harm and gain are counted as the service would cause them."""

import argparse
import zipfile

import cv2
import numpy as np
import pytest

from networks.deconvolver import Deconvolver
from tests.imaging.deblurring.test_edges import scene, smear
from training.deblurring import measure_harm
from training.deblurring.measure import photograph_all


@pytest.fixture
def data(tmp_path):
    """An archive of three people with masks."""
    with zipfile.ZipFile(tmp_path / "people.zip", "w") as archive:
        for name in ("a", "b", "c"):
            mask = np.zeros((160, 120), np.uint8)
            mask[40:120, 30:90] = 255
            archive.writestr(f"street/{name}.webp", cv2.imencode(".webp", scene(160, 120))[1].tobytes())
            archive.writestr(f"street/{name}.mask.png", cv2.imencode(".png", mask)[1].tobytes())
    return tmp_path


def test_each_picture_comes_in_sizes_up_to_twice_its_own_and_every_third_before_a_soft_background(data):
    arguments = argparse.Namespace(data=data, count=3)
    sizes = {
        size: list(pictures) for size, pictures in measure_harm.load_sharp_pictures(arguments, "people.zip", "street/")
    }
    assert list(sizes) == [80, 120, 200, 320]
    assert [picture.shape for picture in sizes[80]] == [(80, 60, 3)] * 3
    plain, _, soft = (picture.astype(int) for picture in sizes[320])
    assert np.abs(plain - soft)[100:220, 80:160].mean() < 1 < np.abs(plain - soft)[:50].mean()


def test_sharp_pictures_are_declined_and_shaken_ones_given_to_the_network():
    network = Deconvolver(width=4, restorer_width=4, encoder=(1,), middle=1, decoder=(1,)).eval()
    assert measure_harm.restore(network, scene()) is None
    network.kernel = lambda tile: tile.new_full((1, 33, 33), 1 / 33**2)
    assert measure_harm.restore(network, smear(scene(), 4, 2)).shape == (240, 240, 3)


def test_harm_counts_what_is_treated_and_how_far_it_is_from_the_input():
    results = iter([None, np.full((8, 8, 3), 60, np.uint8), np.full((8, 8, 3), 51, np.uint8), None])
    figures = measure_harm.measure_harm(iter([np.full((8, 8, 3), 50, np.uint8)] * 4), lambda picture: next(results))
    assert figures == {"pictures": 4, "treated_percent": 50.0, "below_40_dB": 1, "worst_psnr_to_input": 28.1}


def test_what_is_not_treated_gains_nothing():
    figures = measure_harm.measure_gain(photograph_all([scene(64, 64)]), lambda picture: None)
    assert set(figures) == {"light", "medium", "heavy"}
    assert figures["light"] == {"treated_percent": 0.0, "gain": 0.0, "worst": 0.0}
