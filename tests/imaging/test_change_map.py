"""The change map: what it calls kept, changed and replaced."""

from io import BytesIO

import numpy as np
from PIL import Image

from imaging import change_map
from imaging.change_map import Shares, count_shares, draw_map, encode_map, measure_changes


def make_pair(channels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """A picture of 130 rows, and a copy with one channel of one pixel of its last row changed by 7."""
    source = np.random.default_rng(0).integers(0, 200, (130, 70, channels), dtype=np.uint8)
    result = source.copy()
    result[129, 3, 1] += 7
    return source, result


def test_a_place_is_kept_only_where_every_channel_is_bit_identical():
    changes = measure_changes(*make_pair())
    assert changes.shape == (130, 70) and changes.dtype == np.uint8
    assert np.argwhere(changes).tolist() == [[129, 3]] and changes[129, 3] == 7


def test_the_largest_change_of_a_channel_counts_and_255_counts_as_254():
    source, result = np.zeros((1, 2, 3), np.uint8), np.zeros((1, 2, 3), np.uint8)
    result[0, 0], result[0, 1] = (3, 200, 1), (255, 0, 0)
    assert measure_changes(source, result).tolist() == [[200, 254]]


def test_replaced_places_are_so_whatever_their_values_are():
    source, result = make_pair()
    replaced = np.zeros((130, 70), bool)
    replaced[:13] = True
    changes = measure_changes(source, result, replaced)
    assert (changes[:13] == 255).all() and changes[13:129].max() == 0
    assert count_shares(changes) == Shares(8189 / 9100, 1 / 9100, 0.1)


def test_transparency_counts_as_a_channel_and_what_has_none_is_opaque():
    source, result = make_pair(4)
    result[0, 0, 3] ^= 1
    assert measure_changes(source, result)[0, 0] == 1
    opaque = np.dstack([source[:, :, :3], np.full((130, 70), 255, np.uint8)])
    assert not measure_changes(source[:, :, :3], opaque).any()
    assert (measure_changes(source, source[:, :, :3]) == np.minimum(255 - source[:, :, 3], 254)).all()


def test_the_file_of_a_map_has_its_values_and_says_what_they_mean():
    changes = np.arange(256, dtype=np.uint8).reshape(16, 16)
    with Image.open(BytesIO(encode_map(changes))) as image:
        assert (image.mode, image.format) == ("L", "PNG") and "255: replaced" in image.info["Description"]
        assert np.array_equal(np.asarray(image), changes)


def test_the_picture_of_a_map_covers_what_changed_the_more_the_stronger_it_is():
    changes = np.zeros((400, 600), np.uint8)
    changes[:, 150:300], changes[:, 300:450], changes[:, 450:] = 3, 200, 255
    with Image.open(BytesIO(draw_map(changes, 300, 90))) as image:
        drawn = np.asarray(image.convert("RGBA")).astype(int)
    kept, slight, strong, replaced = (drawn[20:180, start : start + 55] for start in (10, 85, 160, 235))
    assert drawn.shape == (200, 300, 4) and kept[:, :, 3].max() == 0
    assert 40 < slight[:, :, 3].mean() < strong[:, :, 3].mean()
    assert np.ptp(replaced[:, :, 3]) > 50  # striped
    for part, colour in ((strong, change_map.CHANGED_COLOUR), (replaced, change_map.REPLACED_COLOUR)):
        assert np.abs(part[:, :, :3].mean((0, 1)) - colour).max() < 30
