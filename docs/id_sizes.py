"""Write docs/id-photo-sizes.md from the table in the code: `python docs/id_sizes.py`. A test compares them."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from imaging.idphoto.sheets import mm_to_pixels  # noqa: E402
from services.idphoto.sizes import SIZES  # noqa: E402

PAGE = Path(__file__).with_name("id-photo-sizes.md")
HEAD = """# Sizes of ID photos

What the ID photo tool offers, from `services/idphoto/sizes.py`. Head is from chin to crown, in millimetres; the pixels
are those at 300 dpi. "As taken" means that the office refuses altered photos, and with them a replaced background: for
these the tool only crops and sizes, and warns whoever asks for more.

Dates are those of the text the row was made from, or the year in which it was last looked at. "Copy" means that the
office's own page was not reached: its text was read in an archive or where others quote it, and may have changed since
that date. **Rules change**: what counts is what the office says today. Where a source names no height of the head, the
row has that of ICAO Doc 9303 (70 to 80 % of the photo) or two thirds of the photo.

| photo | mm | pixels | head | above | background | source | date |
|---|---|---|---|---|---|---|---|
"""


def page() -> str:
    return HEAD + "".join(
        f"| {row.label.rpartition(', ')[0]} | {row.width:g} × {row.height:g} | {mm_to_pixels(row.width, 300)} × "
        f"{mm_to_pixels(row.height, 300)} | {row.head[0]:g} to {row.head[1]:g} | {row.top:g} | "
        f"{'as taken' if row.as_taken else f'`{row.colour}`'} | {row.source} | {row.date} |\n"
        for row in SIZES
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
