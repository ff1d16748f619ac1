import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from training.common.archives import (
    Member,
    is_held_back,
    list_members,
    list_pictures,
    read_folder,
    read_grey,
    read_rgb,
    split_held_back,
)


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
    assert [member.name for member in list_members(data, "set.zip", "b/")] == ["b/1.mask.png", "b/1.png", "b/2.png"]


def test_a_picture_and_its_mask_share_a_stem(data):
    mask, picture, _ = list_members(data, "set.zip", "b/")
    assert mask.stem == picture.stem == "b/1"


def test_masks_can_be_left_out(data):
    assert [member.name for member in list_pictures(data, "set.zip", "b/")] == ["b/1.png", "b/2.png"]


def test_each_member_is_learnt_from_or_held_back(data):
    listed = [Member(data, f"set/{number:04}.png") for number in range(60)]
    train, held = split_held_back(listed)
    assert [member.stem[-4:] for member in held] == ["0041", "0046", "0048"]
    assert sorted(train + held) == listed


def test_the_pictures_of_a_folder_are_read_in_the_order_of_their_names(tmp_path):
    for name, value in (("b.png", 20), ("a.jpg", 10)):
        Image.fromarray(np.full((4, 6), value, np.uint8)).save(tmp_path / name)
    (tmp_path / "readme.txt").write_text("no picture")
    assert [picture[0, 0].tolist() for picture in read_folder(tmp_path)] == [[10] * 3, [20] * 3]


def test_pictures_are_read_as_rgb_and_as_grey(data):
    member = list_members(data, "set.zip", "c/")[0]
    assert read_rgb(member).shape == (4, 6, 3) and read_rgb(member)[0, 0].tolist() == [200, 0, 0]
    assert read_grey(member).shape == (4, 6) and read_grey(member).dtype == np.uint8


def test_about_a_tenth_is_held_back():
    assert 160 < sum(is_held_back(f"set/{number:04}") for number in range(2000)) < 240


def test_which_tenth_never_changes():
    assert [number for number in range(60) if is_held_back(f"set/{number:04}")] == [41, 46, 48]
