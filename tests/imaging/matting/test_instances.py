"""The people of one mask told apart, and one of them kept."""

import numpy as np
import pytest

from imaging.matting.instances import FaceBox, find_at, find_main, keep_instance, split_instances

HEIGHT, WIDTH = 200, 300
GREY = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)


def draw(*parts):
    """A mask of rectangles (rows, columns)."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for rows, columns in parts:
        mask[slice(*rows), slice(*columns)] = 255
    return mask


LEFT, RIGHT = ((40, 180), (60, 100)), ((40, 180), (140, 190))
ARM = ((90, 100), (100, 140))


def columns_of(instance):
    columns = np.nonzero(instance.mask)[1]
    return columns.min(), columns.max()


@pytest.mark.parametrize("parts", [(LEFT, RIGHT), (LEFT, RIGHT, ARM)], ids=["apart", "hand in hand"])
def test_people_who_hardly_touch_are_told_apart(parts):
    right, left = split_instances(draw(*parts), GREY)
    assert abs(columns_of(right)[1] - 189) < 2 and abs(columns_of(left)[0] - 60) < 2
    assert columns_of(left)[1] < columns_of(right)[0] and not (right.is_joined or left.is_joined)


def test_head_arms_and_legs_are_no_people_of_their_own():
    body = draw(((20, 50), (140, 165)), ((50, 120), (130, 175)), ((120, 195), (130, 148)), ((120, 195), (157, 175)))
    body |= draw(((60, 70), (90, 210)))
    assert len(split_instances(body, GREY)) == 1


def test_faces_tell_people_apart_who_touch_everywhere():
    block = draw(((40, 200), (60, 190)))
    colours = GREY.copy()
    colours[:, 125:] = 200
    faces = [
        FaceBox(95 / WIDTH, 60 / HEIGHT, 12 / WIDTH, 12 / HEIGHT),
        FaceBox(155 / WIDTH, 60 / HEIGHT, 12 / WIDTH, 12 / HEIGHT),
    ]
    right, left = sorted(split_instances(block, colours, faces), key=lambda one: -columns_of(one)[0])
    assert abs(columns_of(left)[1] - 125) < 4 and abs(columns_of(right)[0] - 125) < 4


def test_a_wide_group_that_nothing_tells_apart_stays_together_and_says_so():
    [group] = split_instances(draw(((80, 190), (60, 240))), GREY)
    assert group.is_joined
    [person] = split_instances(draw(((40, 190), (120, 180))), GREY)
    assert not person.is_joined


def test_one_wide_person_with_a_large_face_is_one():
    face = FaceBox(0.5, 0.35, 30 / WIDTH, 30 / HEIGHT)
    [person] = split_instances(draw(((40, 200), (40, 260))), GREY, [face])
    assert not person.is_joined


def test_a_crumb_belongs_to_who_is_near_and_else_to_nobody():
    people = split_instances(draw(LEFT, ((30, 36), (75, 85)), ((10, 20), (280, 290))), GREY)
    assert len(people) == 2 and people[0].mask[33, 80] and not people[0].mask[15, 285]


def test_the_main_person_is_large_and_near_the_middle():
    people = split_instances(draw(((20, 190), (0, 60)), ((30, 190), (125, 180))), GREY)
    assert find_main(people).mask[100, 150]


def test_a_point_on_somebody_or_right_beside_means_them():
    people = split_instances(draw(LEFT, RIGHT), GREY)
    assert find_at(people, 80 / WIDTH, 0.5).mask[100, 80]
    assert find_at(people, 105 / WIDTH, 0.5).mask[100, 80]
    assert find_at(people, 1.0, 0.0) is None and find_at([], 0.5, 0.5) is None


def test_who_is_not_chosen_goes_and_the_chosen_keep_their_soft_edge():
    mask = draw(LEFT, RIGHT)
    mask[40:180, 56:60] = 90
    people = split_instances(mask, GREY)
    kept = keep_instance(mask, people, find_at(people, 80 / WIDTH, 0.5))
    assert not kept[:, 130:].any() and np.array_equal(kept[:, :110], mask[:, :110])
    assert keep_instance(mask, people[:1], people[0]) is mask


def test_a_mask_of_other_proportions_is_laid_over_the_photo():
    square = np.zeros((320, 320), np.uint8)
    square[64:288, 64:107] = square[64:288, 149:203] = 255
    people = split_instances(square, GREY)
    assert len(people) == 2 and people[0].mask.shape == (HEIGHT, WIDTH)
    kept = keep_instance(square, people, find_at(people, 80 / WIDTH, 0.5))
    assert kept.shape == square.shape and kept[100, 80] and not kept[:, 149:].any()
    assert split_instances(np.zeros((320, 320), np.uint8), GREY) == []
