"""Guided filter, mask refinement and foreground colours, on a drawn person with known truth."""

import cv2
import numpy as np
import pytest

from imaging.guided_filter import cut_strips, enlarge_rows, fit
from imaging.matting import matte

HEIGHT, WIDTH = 420, 300


@pytest.fixture(scope="module")
def scene():
    """(photo, true alpha 0..1, person's colours, background): a soft-edged disc of skin on green."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    distance = np.hypot(rows - 210, columns - 150)
    alpha = np.clip((100 - distance) / 6 + 0.5, 0, 1).astype(np.float32)
    texture = np.random.default_rng(0).normal(0, 3, (HEIGHT, WIDTH, 1))
    person = np.clip(np.array([200, 150, 120]) + texture, 0, 255).astype(np.float32)
    behind = np.broadcast_to(np.array([20, 200, 40], np.float32), person.shape)
    photo = np.rint(alpha[:, :, None] * person + (1 - alpha[:, :, None]) * behind).astype(np.uint8)
    return photo, alpha, person, behind


def coarse(alpha: np.ndarray) -> np.ndarray:
    return cv2.resize(alpha, (40, 40), interpolation=cv2.INTER_AREA)


def test_refinement_brings_a_coarse_mask_to_the_photos_edge(scene):
    photo, truth, _, _ = scene
    blurred = cv2.resize(coarse(truth), (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    refined = matte.refine_alpha(coarse(truth), photo).astype(np.float32) / 255
    band = (truth > 0) & (truth < 1) | (np.abs(blurred - truth) > 0.05)
    assert np.abs(refined - truth)[band].mean() < 0.6 * np.abs(blurred - truth)[band].mean()


def test_refinement_leaves_inside_and_outside_pure(scene):
    photo, truth, _, _ = scene
    refined = matte.refine_alpha(coarse(truth), photo)
    eroded = cv2.erode((truth == 1).astype(np.uint8), np.ones((41, 41)))
    outside = cv2.erode((truth == 0).astype(np.uint8), np.ones((41, 41)))
    assert (refined[eroded == 1] == 255).all() and (refined[outside == 1] == 0).all()


@pytest.mark.parametrize("value, expected", [(0.0, 0), (1.0, 255)])
def test_a_flat_mask_stays_flat(value, expected):
    noise = np.random.default_rng(0).integers(0, 256, (90, 70, 3), dtype=np.uint8)
    assert (matte.refine_alpha(np.full((32, 32), value, np.float32), noise) == expected).all()


def test_the_foreground_loses_the_old_backgrounds_colour(scene):
    photo, truth, person, _ = scene
    alpha = np.rint(truth * 255).astype(np.uint8)
    own = matte.estimate_foreground(photo, alpha).astype(np.float32)
    edge = (truth > 0.3) & (truth < 0.95)
    before = np.abs(photo.astype(np.float32) - person)[edge].mean()
    after = np.abs(own - person)[edge].mean()
    assert after < 0.35 * before


def test_inside_the_foreground_is_bit_identical_and_outside_is_blank(scene):
    photo, truth, _, _ = scene
    alpha = np.rint(truth * 255).astype(np.uint8)
    own = matte.estimate_foreground(photo, alpha)
    assert np.array_equal(own[alpha == 255], photo[alpha == 255])
    assert not own[alpha == 0].any()


def test_composition_is_exact_where_the_alpha_is_pure(scene):
    photo, truth, _, behind = scene
    alpha = np.rint(truth * 255).astype(np.uint8)
    new = np.random.default_rng(1).integers(0, 256, photo.shape, dtype=np.uint8)
    result = matte.composite(matte.estimate_foreground(photo, alpha), alpha, lambda rows: new[rows])
    assert np.array_equal(result[alpha == 255], photo[alpha == 255])
    assert np.array_equal(result[alpha == 0], new[alpha == 0])


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (3, 5)])
def test_tiny_and_thin_pictures_pass(shape):
    rgb = np.full((*shape, 3), 77, np.uint8)
    alpha = matte.refine_alpha(np.full((8, 8), 0.5, np.float32), rgb)
    assert alpha.shape == shape
    assert matte.estimate_foreground(rgb, alpha).shape == rgb.shape


def test_strips_join_without_a_trace():
    rng = np.random.default_rng(0)
    field = rng.random((37, 23, 2), dtype=np.float32)
    whole = enlarge_rows(field, 0, 301, (301, 190))
    joined = [enlarge_rows(field, s.start, s.stop - s.start, (301, 190)) for s in cut_strips(301, 64)]
    assert np.allclose(np.concatenate(joined), whole, atol=1e-6)
    assert np.allclose(whole, cv2.resize(field, (190, 301), interpolation=cv2.INTER_LINEAR), atol=1e-4)


def test_a_map_that_follows_the_guide_is_fitted_exactly():
    guide = np.random.default_rng(0).random((60, 80, 1), dtype=np.float32)
    source = np.concatenate([0.5 * guide + 0.1, -0.3 * guide], axis=2)
    fitted = fit(guide, source, radius=5, epsilon=1e-6)
    assert np.allclose(fitted.apply(guide, 0, 60), source, atol=1e-3)


def test_islands_beside_a_person_go_and_a_second_person_stays():
    mask = np.zeros((160, 160), np.uint8)
    mask[40:150, 20:80], mask[60:150, 100:150] = 250, 220
    people = mask.copy()
    mask[5:9, 5:9], mask[10:30, 120:150] = 255, 110  # tiny, and nowhere likely
    assert np.array_equal(matte.drop_islands(mask), people)


def test_an_island_that_the_look_at_the_whole_does_not_see_is_left_out():
    mask, whole = np.zeros((60, 90), np.uint8), np.zeros((60, 90), np.uint8)
    person, flag = np.s_[10:60, 30:60], np.s_[0:20, 0:12]
    mask[person] = mask[flag] = 250
    whole[person] = 200
    assert matte.drop_islands(mask)[flag].all()
    settled = matte.drop_islands(mask, whole)
    assert (settled[person] == 250).all() and not settled[flag].any()
    whole[person] = 60  # it does not know the person either
    assert np.array_equal(matte.drop_islands(mask, whole), mask)


def test_what_was_painted_counts_and_what_resizing_changed_does_not(scene):
    _, truth, _, _ = scene
    alpha = np.rint(truth * 255).astype(np.uint8)
    small = cv2.resize(alpha, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_LINEAR)
    assert matte.apply_touch_up(alpha, small) is alpha
    small[0:30, 0:40] = 255
    changed = matte.apply_touch_up(alpha, small)
    assert (changed[4:52, 4:72] == 255).all()
    assert np.array_equal(changed[70:], alpha[70:])


def test_where_the_mask_is_sure_the_photo_changes_nothing():
    stripes = np.tile(np.array([[0, 0, 0], [255, 255, 255]], np.uint8), (300, 150, 1))
    mask = np.zeros((60, 60), np.float32)
    mask[20:] = 0.9
    alpha = matte.refine_alpha(mask, stripes)
    assert (alpha[150:] == 255).all() and (alpha[:60] == 0).all()


def test_far_from_the_outline_nothing_stays_half_transparent():
    grey = np.full((400, 300, 3), 128, np.uint8)
    mask = np.zeros((200, 200), np.float32)
    mask[40:, 20:100], mask[40:, 100:180] = 1.0, 0.6
    mask[0:30, 60:140] = 0.35  # an echo of nothing
    refined = matte.refine_alpha(mask, grey)
    assert (refined[150:, 60:240] == 255).all() and (refined[:40] == 0).all()
