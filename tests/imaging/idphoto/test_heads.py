"""Where the head is in drawn outlines whose crown, chin and centre are known."""

import cv2
import numpy as np
import pytest

from imaging.idphoto.heads import find_head


def person(height=600, width=450, head=120, centre=225, crown=80, neck=True, hair=0) -> np.ndarray:
    """An alpha: an ellipse of a head, `head` pixels from crown to chin, a neck, and shoulders down to the edge."""
    alpha = np.zeros((height, width), np.uint8)
    across, chin = round(head / 1.35 / 2), crown + head
    cv2.ellipse(alpha, (centre, crown + head // 2), (across, head // 2), 0, 0, 360, 255, -1)
    if neck:
        half = round(across * 0.6)
        cv2.rectangle(alpha, (centre - half, crown + head // 2), (centre + half, chin + head // 4), 255, -1)
    shoulders = chin + head // 5
    cv2.ellipse(alpha, (centre, shoulders + head), (round(head * 1.1), head), 0, 180, 360, 255, -1)
    cv2.rectangle(alpha, (centre - round(head * 1.1), shoulders + head), (centre + round(head * 1.1), height), 255, -1)
    if hair:
        cv2.rectangle(alpha, (centre - across - 4, crown + head // 2), (centre + across + 4, chin + hair), 255, -1)
    return alpha


@pytest.mark.parametrize("head, centre, crown", [(120, 225, 80), (200, 250, 20), (70, 140, 200)])
def test_crown_chin_and_centre_are_found(head, centre, crown):
    found = find_head(person(head=head, centre=centre, crown=crown))
    assert abs(found.crown - crown) < 0.05 * head
    assert abs(found.centre - centre) < 0.05 * head
    assert abs(found.chin - (crown + head)) < 0.15 * head


def test_long_hair_that_hides_the_neck_moves_the_chin_little():
    found = find_head(person(hair=60))
    assert abs(found.chin - 200) < 0.2 * 120


def test_the_larger_of_two_people_counts():
    alpha = person(width=900, head=150, centre=250)
    alpha |= np.roll(person(width=900, head=60, centre=225, crown=300), 500, axis=1)
    assert abs(find_head(alpha).centre - 250) < 12


def test_the_size_of_the_photo_does_not_matter():
    small, large = find_head(person()), find_head(cv2.resize(person(), (1800, 2400), interpolation=cv2.INTER_NEAREST))
    assert np.allclose([large.crown / 4, large.height / 4], [small.crown, small.height], atol=4)


@pytest.mark.parametrize("width", [1000, 3600])
def test_in_a_panorama_the_head_is_not_lost(width):
    beside = width - 450 - 100
    found = find_head(np.pad(person(head=100), ((0, 0), (beside, 100))))
    assert abs(found.crown - 80) < 5 and abs(found.chin - 180) < 15 and abs(found.centre - (beside + 225)) < 5


@pytest.mark.parametrize(
    "alpha",
    [
        np.zeros((90, 60), np.uint8),
        np.full((90, 60), 255, np.uint8),
        np.full((1, 1), 255, np.uint8),
        np.pad(np.full((1, 40), 255, np.uint8), ((60, 30), (10, 10))),
    ],
)
def test_what_has_no_head_gives_none(alpha):
    assert find_head(alpha) is None
