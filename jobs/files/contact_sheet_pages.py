"""The pages of a contact sheet as a PDF: whole frames in rows, their names below, a heading and page numbers.

Texts need no font file: ReportLab names fonts that every PDF reader brings along or replaces.
"""

import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from PIL import Image
from reportlab import rl_config
from reportlab.lib.pagesizes import A4, letter
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

rl_config.useA85 = 0  # pictures go in as bytes, not as letters that take a quarter more
PAPERS = {"a4": A4, "letter": letter}
LATIN, CHINESE, JAPANESE, KOREAN = "Helvetica", "STSong-Light", "HeiseiKakuGo-W5", "HYGothic-Medium"
for _name in (CHINESE, JAPANESE, KOREAN):
    pdfmetrics.registerFont(UnicodeCIDFont(_name))
COLUMNS, ROWS = 4, 5
# All in points, 72 of which are an inch.
_MARGIN, _GAP, _HEADING, _FOOTING, _CAPTION = 36.0, 9.0, 34.0, 20.0, 30.0
_TITLE_SIZE, _TEXT_SIZE, _SMALL_SIZE = 15.0, 8.0, 7.0
_INK, _FAINT, _LINE = 0.1, 0.38, 0.75  # greys, 0 is black
_JPEG_QUALITY = 85
_ELLIPSIS = "…"
_GREEK = range(0x370, 0x400)


@dataclass(frozen=True)
class Frame:
    """One photo: one picture, or before and after; None stands for one that is not there, for which `missing` says why.

    `name` stands below in black, `about` under it in grey.
    """

    pictures: tuple[Image.Image | None, ...]
    name: str
    about: str
    missing: str = ""


class ContactSheet:
    """A PDF to which frames are added one after the other; `finish` returns its bytes.

    Pictures are kept as JPEG until then: some 20 kB for each that has 320 pixels at its longer side.
    """

    def __init__(self, paper: str, title: str, about: str, frames: int, pictures_per_frame: int):
        self._width, self._height = PAPERS[paper]
        self._buffer = io.BytesIO()
        self._canvas = Canvas(self._buffer, pagesize=PAPERS[paper], pageCompression=1)
        self._canvas.setTitle(title)
        self._canvas.setCreator("Revive")
        self._title, self._about = title, about
        self._parts = pictures_per_frame
        self._per_row = COLUMNS // pictures_per_frame
        self._pages = max(1, -(-frames // (self._per_row * ROWS)))
        self._count = 0

    def add(self, frame: Frame) -> None:
        """Draw one more frame, on a new page where the last is full."""
        on_page = self._count % (self._per_row * ROWS)
        if on_page == 0:
            self._begin_page()
        row, column = divmod(on_page, self._per_row)
        width = (self._width - 2 * _MARGIN + _GAP) / COLUMNS - _GAP
        height = (self._height - 2 * _MARGIN - _HEADING - _FOOTING) / ROWS
        left = _MARGIN + column * self._parts * (width + _GAP)
        top = self._height - _MARGIN - _HEADING - row * height
        box_height = height - _CAPTION
        for number, picture in enumerate(frame.pictures):
            self._draw_picture(
                picture, frame.missing, left + number * (width + _GAP), top - box_height, width, box_height
            )
        whole = self._parts * (width + _GAP) - _GAP
        self._draw_text(frame.name, left, top - box_height - 10, whole, _TEXT_SIZE, _INK)
        self._draw_text(frame.about, left, top - box_height - 19, whole, _SMALL_SIZE, _FAINT)
        self._count += 1

    def finish(self) -> bytes:
        """Return the PDF; without frames it has one page that holds the heading alone."""
        if not self._count:
            self._begin_page()
        self._canvas.showPage()
        self._canvas.save()
        return self._buffer.getvalue()

    def _begin_page(self) -> None:
        if self._count:
            self._canvas.showPage()
        page = 1 + self._count // (self._per_row * ROWS)
        whole = self._width - 2 * _MARGIN
        top = self._height - _MARGIN
        self._draw_text(self._title, _MARGIN, top - _TITLE_SIZE, whole * 0.7, _TITLE_SIZE, _INK)
        self._draw_text(self._about, _MARGIN + whole, top - _TITLE_SIZE, whole * 0.28, _TEXT_SIZE, _FAINT, to_left=True)
        self._draw_text("Revive", _MARGIN, _MARGIN, whole, _TEXT_SIZE, _FAINT)
        self._draw_text(f"{page} / {self._pages}", _MARGIN + whole, _MARGIN, whole, _TEXT_SIZE, _FAINT, to_left=True)

    def _draw_picture(
        self, picture: Image.Image | None, missing: str, left: float, bottom: float, width: float, height: float
    ) -> None:
        """Draw the whole picture in the middle of its box, or why there is none."""
        if picture is None:
            self._canvas.setStrokeGray(_LINE)
            self._canvas.rect(left, bottom, width, height)
            self._draw_text(missing, left + 6, bottom + height / 2 - 3, width - 12, _SMALL_SIZE, _FAINT)
            return
        scale = min(width / picture.width, height / picture.height)
        shown = picture.width * scale, picture.height * scale
        place = left + (width - shown[0]) / 2, bottom + (height - shown[1]) / 2
        encoded = io.BytesIO()
        picture.save(encoded, "JPEG", quality=_JPEG_QUALITY)
        encoded.seek(0)
        self._canvas.drawImage(ImageReader(encoded), *place, *shown)

    def _draw_text(
        self, text: str, left: float, baseline: float, room: float, size: float, grey: float, to_left: bool = False
    ) -> None:
        """Write one line, cut where there is no more room; with `to_left` it ends at `left`."""
        shown = fit_text(text, size, room)
        place = left - measure_text(shown, size) * to_left
        self._canvas.setFillGray(grey)
        for font, part in split_by_font(shown):
            self._canvas.setFont(font, size)
            self._canvas.drawString(place, baseline, part)
            place += pdfmetrics.stringWidth(part, font, size)


def fit_text(text: str, size: float, room: float) -> str:
    """Return as much of the beginning of a text as there is room for, in points, with "…" where it was cut."""
    if measure_text(text, size) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measure_text(text[:middle] + _ELLIPSIS, size) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + _ELLIPSIS


def measure_text(text: str, size: float) -> float:
    """Return how long a text is, in points."""
    return float(sum(pdfmetrics.stringWidth(part, font, size) for font, part in split_by_font(text)))


def split_by_font(text: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of a text with the font that has their letters; an accent that no font has is left out."""
    for font, letters in groupby(map(_find_nearest, text), key=_choose_font):
        yield font, "".join(letters)


def _find_nearest(character: str) -> str:
    """Return a letter, without its accents where no font has it so; "□" for what is beyond Unicode's first plane."""
    plain = unicodedata.normalize("NFD", character)[0]
    if _is_latin(character) or (not _is_latin(plain) and ord(plain) not in _GREEK):
        return character if ord(character) < 0x10000 else "□"
    return plain


def _is_latin(character: str) -> bool:
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _choose_font(character: str) -> str:
    """Fonts without a file know the alphabets of their countries only: the Chinese one also Greek and Cyrillic."""
    if _is_latin(character):
        return LATIN
    code = ord(character)
    if 0x3040 <= code <= 0x30FF or 0xFF61 <= code <= 0xFF9F:
        return JAPANESE
    return KOREAN if 0xAC00 <= code <= 0xD7A3 or 0x1100 <= code <= 0x11FF else CHINESE
