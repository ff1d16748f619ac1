"""How far a mask can be trusted."""

import numpy as np

from imaging.matting.confidence import (
    Signals,
    combine_signals,
    measure_agreement,
    measure_signals,
    measure_wholeness,
)
from imaging.matting.people import MIN_CONFIDENCE


def draw(*parts, value=1):
    mask = np.zeros((60, 60), np.float32)
    for rows, columns in parts:
        mask[slice(*rows), slice(*columns)] = value
    return mask


WHOLE = ((10, 50), (20, 40))


def test_looks_that_agree_are_trusted_and_the_worst_one_counts():
    mask = draw(WHOLE)
    assert measure_agreement(mask, [mask, mask[::2, ::2]]) > 0.9
    assert abs(measure_agreement(mask, [mask, draw(((10, 30), (20, 40)))]) - 0.5) < 0.01
    assert measure_agreement(mask, []) == 1.0 and measure_agreement(0 * mask, [0 * mask]) == 1.0


def pieces(*parts):
    return (draw(*parts) * 255).astype(np.uint8)


def test_a_head_apart_from_its_body_is_a_loose_piece_and_a_neighbour_is_not():
    assert measure_wholeness(pieces(((20, 50), (20, 40)), ((5, 16), (25, 35)))) < 0.9
    assert measure_wholeness(pieces(WHOLE, ((10, 50), (45, 58)))) == 1.0
    assert measure_wholeness(pieces(WHOLE)) == 1.0 and measure_wholeness(pieces()) == 1.0


def test_all_signals_of_a_clear_mask_are_high():
    mask = draw(WHOLE)
    assert min(measure_signals(pieces(WHOLE), mask, mask, [mask])) == 1.0


def test_the_worst_signal_decides_and_a_loose_piece_weighs_more_than_its_share():
    assert combine_signals(Signals(0.9, 0.7, 1.0)) == 0.7 and combine_signals(Signals(0.6, 1.0, 1.0)) == 0.6
    assert combine_signals(Signals(0.9, 0.9, 0.94)) < MIN_CONFIDENCE
    assert combine_signals(Signals(0.9, 0.9, 0.5)) == 0.0
