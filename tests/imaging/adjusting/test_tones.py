"""Brightness, contrast and white balance as tables."""

import numpy as np
import pytest

from imaging.adjusting.tones import apply_tables, compute_gains, make_tables

SAME = np.tile(np.arange(256, dtype=np.uint8), (3, 1))
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def test_neutral_tables_change_nothing():
    assert np.array_equal(make_tables(), SAME)


def test_brightness_multiplies_and_clips():
    assert np.array_equal(make_tables(brightness=2), np.minimum(SAME.astype(int) * 2, 255))


def test_contrast_moves_values_away_from_the_middle_or_towards_it():
    strong, weak = make_tables(contrast=1.5)[0].astype(int), make_tables(contrast=0.5)[0].astype(int)
    assert strong[[20, 64, 190, 240]].tolist() == [0, 32, 221, 255]
    assert weak[[0, 128, 255]].tolist() == [64, 128, 191]
    assert (strong[:128] <= SAME[0, :128]).all() and (weak[:128] >= SAME[0, :128]).all()


@pytest.mark.parametrize("temperature, tint", [(60, 0), (-60, 0), (0, 80), (0, -80), (100, -100)])
def test_white_balance_keeps_the_luminance_of_a_grey(temperature, tint):
    gains = compute_gains(temperature, tint)
    assert LUMINANCE @ gains == pytest.approx(1)
    assert np.sign(gains[0] / gains[2] - 1) == np.sign(temperature)


def test_a_warmer_grey_is_redder_and_less_blue_and_a_positive_tint_is_less_green():
    red, _, blue = make_tables(temperature=50)[:, 128].astype(int)
    assert red > 128 > blue
    red, green, blue = make_tables(tint=50)[:, 128].astype(int)
    assert green < 128 and red == blue > 128


def test_tables_grow_with_their_value():
    assert (np.diff(make_tables(1.3, 1.4, 30, -20).astype(int), axis=1) >= 0).all()


def test_each_channel_has_its_own_table():
    tables = np.stack([SAME[0], 255 - SAME[1], np.zeros(256, np.uint8)])
    pixels = np.array([[[10, 20, 30]]], np.uint8)
    assert apply_tables(pixels, tables).tolist() == [[[10, 235, 0]]]
