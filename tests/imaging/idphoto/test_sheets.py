"""Sheets to print: true sizes, whole copies, lines beside them."""

import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from imaging.idphoto.sheets import PAPERS, as_jpeg, as_pdf, make_sheet

DPI = 300
ONE_INCH = np.full((413, 295, 3), (10, 20, 200), np.uint8)  # 25 x 35 mm


def blue_pixels(image: Image.Image) -> int:
    return int((np.asarray(image) == ONE_INCH[0, 0]).all(axis=2).sum())


@pytest.mark.parametrize("paper, count", [("5inch", 9), ("6inch", 12), ("a4", 50)])
def test_a_sheet_holds_as_many_whole_copies_as_fit(paper, count):
    image = make_sheet(ONE_INCH, paper, DPI)
    assert blue_pixels(image) == count * 413 * 295


@pytest.mark.parametrize("paper", PAPERS)
def test_a_jpeg_and_a_pdf_have_the_size_of_the_paper(paper):
    image = make_sheet(ONE_INCH, paper, DPI)
    printed = Image.open(BytesIO(as_jpeg(image, DPI)))
    millimetres = sorted(side / dpi * 25.4 for side, dpi in zip(printed.size, printed.info["dpi"], strict=True))
    assert np.allclose(millimetres, sorted(PAPERS[paper]), atol=0.1)
    box = re.search(rb"/MediaBox \[ 0 0 ([0-9.]+) ([0-9.]+) \]", as_pdf(image, DPI))
    assert np.allclose(sorted(float(side) / 72 * 25.4 for side in box.groups()), sorted(PAPERS[paper]), atol=0.1)


def test_lines_to_cut_along_run_from_edge_to_edge_beside_every_photo():
    pixels = np.asarray(make_sheet(ONE_INCH, "5inch", DPI))
    blue = (pixels == (10, 20, 200)).all(axis=2)
    lefts = np.flatnonzero(np.diff(blue.any(axis=0).astype(int)) == 1)  # the last column before a photo
    tops = np.flatnonzero(np.diff(blue.any(axis=1).astype(int)) == 1)
    assert len(lefts) == len(tops) == 3
    assert all((pixels[:, column] == 150).all() for column in lefts)
    assert all((pixels[row] == 150).all() for row in tops)


def test_the_paper_lies_the_way_that_holds_more():
    wide = np.zeros((295, 650, 3), np.uint8)
    assert make_sheet(wide, "5inch", DPI).size == (1500, 1050)


def test_a_photo_larger_than_the_paper_is_refused():
    with pytest.raises(ValueError):
        make_sheet(np.zeros((4000, 4000, 3), np.uint8), "5inch", DPI)
