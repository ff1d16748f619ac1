"""Sheets to print: as many copies of a small photo as fit, at their true size, with lines to cut along. Pillow only."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

# Paper in millimetres, (width, height), upright.
PAPERS = {"5inch": (88.9, 127.0), "6inch": (101.6, 152.4), "a4": (210.0, 297.0)}
_EDGE_MM, _GAP_MM, _LINE_MM = 3.0, 2.0, 0.1
_LINE_COLOUR = (150, 150, 150)


def make_sheet(photo: np.ndarray, paper: str, dpi: int) -> Image.Image:
    """Return the sheet, RGB, of a photo uint8 (h, w, 3) with `dpi` pixels per inch, on one of PAPERS.

    The paper lies the way that holds more copies. Lines to cut along run beside the photos from edge to edge, never
    over them. Raises ValueError for a photo that the paper cannot hold.
    """
    size, columns, rows = _choose_layout(photo.shape[1], photo.shape[0], paper, dpi)
    if not columns * rows:
        raise ValueError("the photo is larger than the paper")
    image = Image.new("RGB", size, "white")
    lefts = _list_places(size[0], photo.shape[1], columns, dpi)
    tops = _list_places(size[1], photo.shape[0], rows, dpi)
    _draw_lines(image, lefts, tops, photo.shape[1], photo.shape[0], dpi)
    one = Image.fromarray(np.ascontiguousarray(photo))
    for top in tops:
        for left in lefts:
            image.paste(one, (left, top))
    return image


def as_pdf(image: Image.Image, dpi: int) -> bytes:
    """Return a PDF of one page whose size is that of the paper."""
    out = BytesIO()
    image.save(out, "PDF", resolution=dpi, quality=95)
    return out.getvalue()


def as_jpeg(image: Image.Image, dpi: int) -> bytes:
    """Return a JPEG with the resolution written in it."""
    out = BytesIO()
    image.save(out, "JPEG", dpi=(dpi, dpi), quality=95, subsampling=0)
    return out.getvalue()


def _choose_layout(width: int, height: int, paper: str, dpi: int) -> tuple[tuple[int, int], int, int]:
    """Return the sheet's size in pixels and the numbers of columns and rows."""
    across, down = PAPERS[paper]
    upright = mm_to_pixels(across, dpi), mm_to_pixels(down, dpi)
    counted = []
    for size in (upright, upright[::-1]):
        columns, rows = _count(size[0], width, dpi), _count(size[1], height, dpi)
        counted.append((columns * rows, size, columns, rows))
    _, size, columns, rows = max(counted, key=lambda way: way[0])
    return size, columns, rows


def _count(paper: int, photo: int, dpi: int) -> int:
    gap = mm_to_pixels(_GAP_MM, dpi)
    return max(0, (paper - 2 * mm_to_pixels(_EDGE_MM, dpi) + gap) // (photo + gap))


def _list_places(paper: int, photo: int, count: int, dpi: int) -> list[int]:
    gap = mm_to_pixels(_GAP_MM, dpi)
    start = (paper - count * photo - (count - 1) * gap) // 2
    return [start + number * (photo + gap) for number in range(count)]


def _draw_lines(image: Image.Image, lefts: list[int], tops: list[int], width: int, height: int, dpi: int) -> None:
    draw, thick = ImageDraw.Draw(image), max(1, mm_to_pixels(_LINE_MM, dpi))
    for left in lefts:
        for start in (left - thick, left + width):
            draw.rectangle((start, 0, start + thick - 1, image.height), fill=_LINE_COLOUR)
    for top in tops:
        for start in (top - thick, top + height):
            draw.rectangle((0, start, image.width, start + thick - 1), fill=_LINE_COLOUR)


def mm_to_pixels(millimetres: float, dpi: float) -> int:
    return round(millimetres * dpi / 25.4)
