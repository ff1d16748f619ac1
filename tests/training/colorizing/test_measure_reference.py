"""What is measured of "Colours like this photo"."""

import numpy as np
import pytest
import torch

from networks.palette_colorizer import PaletteColorizer
from training.colorizing.reference.measure import draw_sheet, measure_kind, shoot_again


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return PaletteColorizer().eval()


def test_a_picture_that_is_its_own_reference_comes_out_nearer_to_itself(network, scene, tmp_path):
    figures, rows = measure_kind(network, [(scene, scene)])
    assert figures["pictures"] == 1 and figures["nothing_matched_percent"] == 0
    assert figures["ciede2000_reference"] < 0.8 * figures["ciede2000_own"] and figures["better_by_half_percent"] == 100
    draw_sheet(rows, tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").stat().st_size > 1000


def test_another_photo_of_a_scene_is_mirrored_cut_and_brighter(scene):
    again = shoot_again(scene)
    assert again.shape == (140, 154, 3) and again.mean() > scene.mean()
    assert np.abs(again[:, ::-1].astype(float) - scene[20:, :154]).mean() < 30
