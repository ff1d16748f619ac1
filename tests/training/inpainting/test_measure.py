"""Methods of filling are measured on the same holes, and one that touches more than the hole is caught."""

import cv2
import numpy as np
import pytest
import torch

from networks.dfnet import DFNet
from networks.features import FeatureNetwork
from training.inpainting import measure_stroke_width
from training.inpainting.measure import BANDS, list_methods, measure

PHOTO = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (72, 96, 3), dtype=np.uint8), (0, 0), 4)


def test_every_method_is_measured_in_every_band(tmp_path):
    methods = list_methods(DFNet(width=4).eval())
    assert {"telea", "navier_stokes", "patch", "dfnet", "automatic"} <= set(methods)
    figures = measure(methods, [np.ascontiguousarray(PHOTO[:48, :64])], tmp_path)
    assert figures["photos"] == 1
    for name in methods:
        assert set(figures[name]) == set(BANDS)
        assert all(value["hole_l1"] > 0 and value["hole_psnr"] < value["psnr"] for value in figures[name].values())
    assert len(list(tmp_path.glob("*.webp"))) == len(BANDS)


def test_the_truth_scores_best_and_the_same_twice():
    figures = [measure({"truth": lambda picture, hole: PHOTO.copy()}, [PHOTO]) for _ in range(2)]
    for band in BANDS:
        one, other = (found["truth"][band] for found in figures)
        assert one["hole_l1"] == other["hole_l1"] == 0 and one["hole_psnr"] == 100 and one["hole_ssim"] == 1


def test_a_run_whose_time_is_over_begins_no_further_photo():
    truth = {"truth": lambda picture, hole: PHOTO.copy()}
    assert measure(truth, [PHOTO, PHOTO], minutes=1e-9)["photos"] == 1


def test_a_method_that_changes_a_pixel_outside_the_hole_is_caught():
    with pytest.raises(AssertionError):
        measure({"careless": lambda picture, hole: 255 - picture}, [PHOTO])


@pytest.mark.parametrize("percent", [1.0, 4.0])
def test_lines_are_as_thick_as_asked_and_cover_what_they_should(percent):
    drawn = measure_stroke_width.draw_lines((200, 300), percent, np.random.default_rng(0))
    assert 0.04 <= drawn.mean() < 0.1
    depth, thick = cv2.distanceTransform(drawn.astype(np.uint8), cv2.DIST_L2, 5), 2 * percent
    assert 0.2 * thick <= np.median(depth[drawn]) <= 0.5 * thick + 0.5


def test_a_blur_has_less_detail_and_other_features_than_the_photo():
    torch.manual_seed(0)
    hole, features = np.zeros(PHOTO.shape[:2], bool), FeatureNetwork(width=4).eval()
    hole[20:50, 20:60] = True
    blurred = np.where(hole[:, :, None], cv2.GaussianBlur(PHOTO, (0, 0), 6), PHOTO)
    assert measure_stroke_width.measure_detail(PHOTO, PHOTO, hole) == pytest.approx(1)
    assert measure_stroke_width.measure_detail(blurred, PHOTO, hole) < 0.7
    assert measure_stroke_width.measure_distance(features, PHOTO, PHOTO, hole) == pytest.approx(0, abs=1e-6)
    assert measure_stroke_width.measure_distance(features, blurred, PHOTO, hole) > 1e-4
