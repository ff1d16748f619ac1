"""How networks are asked about a photo: in squares, or in its proportions, as their class says."""

import numpy as np
import pytest
import torch

from imaging.matting.people import find_people
from imaging.matting.predictors import ProportionalPredictor, SquarePredictor, choose_predictor, choose_size
from networks.lite_u2net import LiteU2Net
from networks.u2net import U2NetP


class Red:
    """Sees what is red, surer in a larger picture; counts its batches."""

    photo_sides, crop_side, multiple_of = (64, 96), 64, 32

    def __init__(self):
        self.batches = []

    def __call__(self, rgb):
        self.batches.append(tuple(rgb.shape))
        return (rgb[:, :1] > 0.5).float()


def photo(rows, columns, size=(120, 360)):
    rgb = np.zeros((*size, 3), np.uint8)
    rgb[slice(*rows), slice(*columns), 0] = 255
    return rgb


def test_the_class_of_a_network_says_how_it_is_asked():
    assert isinstance(choose_predictor(torch.nn.Identity(), U2NetP), SquarePredictor)
    predictor = choose_predictor(torch.nn.Identity(), LiteU2Net)
    assert isinstance(predictor, ProportionalPredictor) and predictor.sides == LiteU2Net.photo_sides
    assert choose_predictor(torch.nn.Identity(), LiteU2Net, sides=(192,), crop_side=160).sides == (192,)


@pytest.mark.parametrize(
    ("size", "asked"),
    [((600, 600), (256, 256)), ((400, 300), (288, 224)), ((100, 4000), (96, 640)), ((1, 1), (256, 256))],
)
def test_a_photo_is_asked_about_in_its_proportions_at_about_so_many_pixels(size, asked):
    assert choose_size(size, 256, 32) == asked


def test_no_side_is_under_what_the_network_takes():
    assert choose_size((10, 900), 96, 32) == (64, 224)


def test_a_photo_is_asked_about_at_each_size_with_its_mirror_image():
    network = Red()
    people = find_people(choose_predictor(network, network), photo((10, 120), (40, 100)))
    assert network.batches[:2] == [(2, 3, 32 * 2, 32 * 3), (2, 3, 64, 160)]
    height, width = people.mask.shape
    assert people.mask[height // 2, width * 70 // 360] == 255 and not people.mask[:, width // 2 :].any()


def test_who_is_small_is_seen_again_in_a_crop_of_the_photos_own_pixels():
    network = Red()
    people = find_people(choose_predictor(network, network), photo((60, 90), (200, 215)))
    assert len(network.batches) == 3
    height, width = people.mask.shape
    assert height > 64 and people.mask[height * 75 // 120, width * 207 // 360] > 200


def test_who_fills_the_frame_is_not_asked_about_twice():
    network = Red()
    find_people(choose_predictor(network, network), photo((0, 300), (50, 250), (300, 300)))
    assert len(network.batches) == 2
