import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from training.common.archives import is_held_back, members, read_grey, read_rgb


@pytest.fixture
def data(tmp_path):
    red = np.zeros((4, 6, 3), np.uint8)
    red[..., 0] = 200
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for name in ("b/2.png", "b/1.mask.png", "b/1.png", "c/9.png"):
            file = io.BytesIO()
            Image.fromarray(red).save(file, "PNG")
            archive.writestr(name, file.getvalue())
        archive.writestr("b/readme.txt", "no picture")
    return tmp_path


def test_members_are_the_pictures_under_a_prefix_in_order(data):
    assert [member.name for member in members(data, "set.zip", "b/")] == ["b/1.mask.png", "b/1.png", "b/2.png"]


def test_a_picture_and_its_mask_share_a_stem(data):
    mask, picture, _ = members(data, "set.zip", "b/")
    assert mask.stem == picture.stem == "b/1"


def test_pictures_are_read_as_rgb_and_as_grey(data):
    member = members(data, "set.zip", "c/")[0]
    assert read_rgb(member).shape == (4, 6, 3) and read_rgb(member)[0, 0].tolist() == [200, 0, 0]
    assert read_grey(member).shape == (4, 6) and read_grey(member).dtype == np.uint8


def test_about_a_tenth_is_held_back():
    assert 160 < sum(is_held_back(f"set/{number:04}") for number in range(2000)) < 240


def test_which_tenth_never_changes():
    assert [number for number in range(60) if is_held_back(f"set/{number:04}")] == [41, 46, 48]
