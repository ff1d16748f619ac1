"""Finding people with made networks: seen small, faintly, in part, or not at all."""

import numpy as np
import torch
from torch.nn.functional import max_pool2d

from imaging.matting.confidence import measure_sharpness
from imaging.matting.people import MIN_CONFIDENCE, find_by_both, find_in_whole, find_people, raise_faint
from imaging.matting.predictors import SquarePredictor

HEIGHT, WIDTH = 240, 200


def photo(*people):
    """A black photo with red rectangles for people: (rows, columns, red)."""
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for rows, columns, red in people:
        rgb[slice(*rows), slice(*columns), 0] = red
    return rgb


class Fake:
    """Sees what is red, as sure as it is red; in crops, where it fills the frame, surely. Counts its batches."""

    def __init__(self, least=0.0):
        self.batches, self.least = [], least

    def __call__(self, rgb):
        self.batches.append(tuple(rgb.shape))
        red = rgb[:, :1]
        share = (red > 0.02).float().mean(dim=(1, 2, 3), keepdim=True)
        return torch.where(share > 0.2, (red > 0.02).float(), torch.where(red > self.least, red, 0 * red))


def test_where_two_networks_agree_the_mask_is_their_mean():
    person = photo(((60, 240), (60, 140), 255))
    thinner = SquarePredictor(lambda rgb: -max_pool2d(-Fake()(rgb), 5, 1, 2))
    masks = [find_people(one, person).mask.astype(int) for one in (SquarePredictor(Fake()), thinner)]
    people = find_by_both(SquarePredictor(Fake()), thinner, person)
    assert (people.mask == (masks[0] + masks[1] + 1) // 2).all() and (masks[0] > masks[1]).any()


def test_where_two_networks_see_different_people_the_finder_counts():
    person = photo(((60, 240), (60, 140), 255))
    elsewhere = SquarePredictor(lambda rgb: Fake()(rgb.flip(3)) * (rgb.shape[2] > 100))
    found = find_people(SquarePredictor(Fake()), person)
    moved = find_by_both(SquarePredictor(Fake()), elsewhere, photo(((60, 240), (20, 60), 255)))
    assert moved.mask[200, 64] == 255 and moved.mask[200, 256] == 0
    blind = SquarePredictor(lambda rgb: 0 * rgb[:, :1])
    assert (find_by_both(SquarePredictor(Fake()), blind, person).mask == found.mask).all()
    assert find_by_both(blind, SquarePredictor(Fake()), person) is None


def test_a_sure_person_costs_one_look():
    network = Fake()
    people = find_people(SquarePredictor(network), photo(((60, 240), (60, 140), 255)))
    assert people.mask.shape == (320, 320) and people.mask[200, 160] == 255
    assert len(network.batches) == 3 and people.confidence > 0.9


def test_a_faint_small_person_is_found_by_the_second_look():
    network = Fake()
    people = find_people(SquarePredictor(network), photo(((60, 110), (60, 90), 60)))
    assert len(network.batches) == 4
    height, width = people.mask.shape
    inside = people.mask[round(85 / HEIGHT * height), round(75 / WIDTH * width)]
    assert inside > 240 and (people.mask > 127).mean() < 0.06 and people.confidence > MIN_CONFIDENCE


def test_where_nothing_is_seen_tiles_are_asked_and_nobody_is_found():
    network = Fake(least=0.5)
    assert find_people(SquarePredictor(network), photo(((4, 10), (4, 10), 60))) is None
    assert set(network.batches[3:]) == {(1, 3, 144, 144)} and len(network.batches) == 3 + 4


def test_who_is_seen_only_in_a_tile_is_asked_about_in_a_crop_and_found():
    network = Fake(least=0.5)
    people = find_people(SquarePredictor(network), photo(((20, 90), (20, 80), 60)))
    assert network.batches[-1] == (2, 3, 160, 160) and (people.mask > 127).mean() < 0.15


def test_a_wide_photo_gets_its_second_look_too():
    wide = np.zeros((100, 200, 3), np.uint8)
    wide[35:70, 150:166, 0] = 70
    people = find_people(SquarePredictor(Fake()), wide)
    height, width = people.mask.shape
    assert abs(width - 2 * height) <= 1 and people.mask[round(0.52 * height), round(0.79 * width)] > 240


def draw(value, columns=(20, 40)):
    mask = np.zeros((60, 60), np.float32)
    mask[10:50, slice(*columns)] = value
    return mask


def test_a_sharp_mask_is_trusted_and_a_veil_is_not():
    sharp, veil = draw(1), draw(0.55)
    assert measure_sharpness(sharp, sharp, sharp) == 1.0
    assert measure_sharpness(veil, veil, veil) < MIN_CONFIDENCE
    assert measure_sharpness(sharp, sharp, np.maximum(sharp, draw(0.4, (45, 60)))[::2, ::2]) > 0.9
    assert measure_sharpness(draw(0), draw(0), draw(0)) == 0.0


def test_who_is_faint_alone_is_raised_and_a_veil_beside_somebody_sure_stays_one():
    alone = raise_faint(draw(0.4))
    assert alone[30, 30] > 0.9 and alone[30, 10] == 0
    beside = raise_faint(np.maximum(draw(1), draw(0.3, (40, 43))))
    assert beside[30, 30] == 1 and beside[30, 41] < 0.5
    assert raise_faint(draw(0.1)).max() < 0.5  # too faint to be trusted


def test_a_network_of_others_is_asked_once_about_the_whole():
    network = Fake()
    people = find_in_whole(network, photo(((60, 240), (60, 140), 255)))
    assert network.batches == [(1, 3, 320, 320)] and people.mask.shape == (320, 320)
    assert find_in_whole(network, photo()) is None
