"""What follows from the points of a face: its pose, and the head with the outline's crown."""

import cv2
import numpy as np
import pytest

from imaging.idphoto import checks
from imaging.idphoto.heads import estimate_head
from imaging.idphoto.points import MIRRORED, NAMES, estimate_pose, find_eyes, rotation_to_crop
from tests.imaging.face_points import face_points
from tests.imaging.idphoto.test_heads import person


def rotate_picture(points: np.ndarray, degrees: float) -> np.ndarray:
    angle = np.deg2rad(degrees)
    middle = points.mean(0)
    return (points - middle) @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) + middle


@pytest.mark.parametrize("degrees", [-20, 0, 7, 90])
def test_a_turned_face_has_its_tilt_and_the_same_size(degrees):
    upright = estimate_pose(face_points(100, 80, 60))
    pose = estimate_pose(rotate_picture(face_points(100, 80, 60), degrees))
    assert pose.tilt == pytest.approx(degrees, abs=0.01) and pose.side == pytest.approx(upright.side)


def test_a_crop_around_a_pose_has_the_face_upright_in_its_middle():
    points = rotate_picture(face_points(100, 80, 60), 25)
    pose = estimate_pose(points)
    move = rotation_to_crop(pose.centre, 1.5 * pose.side, pose.tilt, 96)
    within = points @ move[:, :2].T + move[:, 2]
    assert estimate_pose(within).tilt == pytest.approx(0, abs=0.01)
    assert estimate_pose(within).centre == pytest.approx([48, 48]) and estimate_pose(within).side == pytest.approx(64)


def test_in_a_mirrored_picture_left_is_right():
    assert NAMES[MIRRORED[NAMES.index("right_eye_outer")]] == "left_eye_outer"
    assert np.allclose(face_points(50, 80, 40)[MIRRORED] * [-1, 1] + [100, 0], face_points(50, 80, 40))
    right, left = find_eyes(face_points(50, 80, 40))
    assert right[0] < 50 < left[0]


def test_the_chin_is_the_faces_and_the_crown_the_outlines():
    head, sure = estimate_head(person(head=200, centre=250, crown=40), face_points(250, 144, 96))
    assert sure and head.crown == pytest.approx(40, abs=3)
    assert head.chin == pytest.approx(242, abs=3) and head.centre == pytest.approx(250, abs=1)


def test_an_arm_above_the_head_is_no_crown():
    alpha = person(head=200, centre=250, crown=100)
    cv2.line(alpha, (420, 420), (330, 10), 255, 30)
    cv2.line(alpha, (330, 20), (180, 20), 255, 30)
    head, sure = estimate_head(alpha, face_points(250, 204, 96))
    assert sure and head.crown == pytest.approx(100, abs=3)


def test_a_tall_hat_and_no_outline_leave_the_crown_unsure():
    hat = person(head=200, centre=250, crown=140)
    hat[10:200, 190:310] = 255
    for alpha in (hat, None, np.zeros_like(hat)):
        head, sure = estimate_head(alpha, face_points(250, 244, 96))
        assert not sure and 80 < head.crown < 150 and head.chin == pytest.approx(342, abs=3)


def test_a_plain_wall_is_even_and_a_window_beside_it_is_not():
    photo, alpha = np.full((300, 240, 3), 180, np.uint8), np.zeros((300, 240), np.uint8)
    cv2.ellipse(alpha, (120, 200), (70, 130), 0, 0, 360, 255, -1)
    noise = np.random.default_rng(0).integers(-4, 5, photo.shape)
    assert checks.measure_background_spread((photo + noise).astype(np.uint8), alpha) < 10
    photo[:120, :60] = 250
    assert checks.measure_background_spread(photo, alpha) > 50
    assert checks.measure_background_spread(photo, np.full_like(alpha, 255)) is None
