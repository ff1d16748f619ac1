"""A network completes holes of any size, and nothing else changes."""

import numpy as np
import pytest
import torch

from imaging.inpainting.completion import WINDOW, complete_photo

RULE = (256, 256)


def mean_of_the_known(holed_and_known: torch.Tensor) -> torch.Tensor:
    """Stands for a network: the hole gets the mean of what is known in the window."""
    assert holed_and_known.shape[1] == 4 and not holed_and_known.shape[2] % 256 and not holed_and_known.shape[3] % 256
    assert max(holed_and_known.shape[2:]) <= WINDOW
    rgb, known = holed_and_known[:, :3], holed_and_known[:, 3:]
    assert not (rgb * (1 - known)).any()
    mean = rgb.sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True).clamp(min=1)
    return rgb + (1 - known) * mean


@pytest.mark.parametrize("shape", [(200, 300), (513, 200), (1300, 900)])
def test_a_plain_picture_is_completed_plainly_at_every_size(shape):
    picture = np.full((*shape, 3), (180, 90, 40), np.uint8)
    hole = np.zeros(shape, bool)
    hole[shape[0] // 5 : shape[0] * 4 // 5, shape[1] // 5 : shape[1] * 4 // 5] = True
    spoilt = np.where(hole[:, :, None], np.uint8([255, 0, 255]), picture)
    heard = []
    filled = complete_photo(spoilt, hole, mean_of_the_known, RULE, heard.append)
    assert np.abs(filled.astype(int) - picture).max() <= 2
    assert np.array_equal(filled[~hole], picture[~hole])
    assert heard == sorted(heard) and heard[-1] == 1.0


def test_between_the_windows_of_a_large_hole_it_can_be_given_up():
    class Enough(Exception):
        pass

    def give_up(share: float) -> None:
        if asked and share > 2 / 3:  # in the middle of the last of three scales
            raise Enough

    asked = []

    def counting(planes: torch.Tensor) -> torch.Tensor:
        asked.append(planes.shape)
        return mean_of_the_known(planes)

    picture, hole = np.zeros((1300, 1300, 3), np.uint8), np.zeros((1300, 1300), bool)
    hole[100:1200, 100:1200] = True
    with pytest.raises(Enough):
        complete_photo(picture, hole, counting, RULE, give_up)
    given_up_after = len(asked)
    complete_photo(picture, hole, counting, RULE)
    assert len(asked) - given_up_after > given_up_after + 4


def test_near_the_rim_the_full_size_counts():
    """Left and right differ: far inside the whole decides, near the rim what lies near."""
    picture = np.zeros((400, 1600, 3), np.uint8)
    picture[:, 800:] = 200
    hole = np.zeros((400, 1600), bool)
    hole[100:300, 200:1400] = True
    filled = complete_photo(picture, hole, mean_of_the_known, RULE)
    assert filled[200, 204, 0] < filled[200, 1395, 0] - 20
