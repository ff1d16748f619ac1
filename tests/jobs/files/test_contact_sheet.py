"""The contact sheet of an album as a PDF: its pages and letters, what cannot be read, and who waits."""

import re
import zlib

import pytest
from PIL import Image

from jobs.errors import JobError, ServiceUnavailable
from jobs.files import contact_sheet, storage
from jobs.files.contact_sheet_pages import ContactSheet, Frame, fit_text, measure_text, split_by_font
from jobs.files.zip_stream import Archive
from jobs.photos import albums
from models import Album
from tests.jobs.support import make_from, make_job, run_job
from tests.support.stored import get_folder

A4, LETTER = "595.2756 841.8898", "612 792"


def make_album(user_id: int, count: int = 2) -> Album:
    jobs = [run_job(make_job(user_id, name=f"祖母 {number}.jpg")).id for number in range(count)]
    return albums.create(user_id, "祖母 Grandma", jobs)


def read_pages(pdf: bytes) -> list[str]:
    """What each page draws, as PDF's operators."""
    streams = re.findall(rb"/FlateDecode[^>]*>>\s*stream\r?\n(.*?)endstream", pdf, re.S)
    return [text for data in streams if "BT" in (text := zlib.decompress(data).decode("latin-1"))]


def encode(text: str) -> str:
    """A Chinese text as it stands in a page: two bytes a letter, those that would end a text escaped."""
    escaped = {"\\": "\\\\", "(": "\\(", ")": "\\)"}
    letters = (chr(byte) for byte in text.encode("utf-16-be"))
    return "".join(escaped.get(each, each if " " <= each <= "~" else f"\\{ord(each):03o}") for each in letters)


@pytest.mark.parametrize(("paper", "size"), [("a4", A4), ("letter", LETTER)])
@pytest.mark.parametrize(("pairs", "pages", "pictures"), [(False, 2, 21), (True, 3, 42)])
def test_every_frame_is_there_on_as_many_pages_as_it_takes(paper, size, pairs, pages, pictures):
    sheet = ContactSheet(paper, "Summer", "21 photos", 21, 2 if pairs else 1)
    for number in range(21):
        shown = tuple(Image.new("RGB", (320, 200 + number), "grey") for _ in range(1 + pairs))
        sheet.add(Frame(shown, f"{number}.jpg", "Adjust"))
    pdf = sheet.finish()
    drawn = read_pages(pdf)
    assert pdf.startswith(b"%PDF-") and f"/MediaBox [ 0 0 {size} ]".encode() in pdf
    assert len(drawn) == pages and f"({pages} / {pages})" in drawn[-1]
    assert sum(page.count(" Do") for page in drawn) == pictures and pdf.count(b"/DCTDecode") > 0


def test_frames_keep_their_shape_and_lie_in_their_boxes():
    sheet = ContactSheet("a4", "Summer", "", 2, 1)
    for size in ((320, 100), (100, 320)):
        sheet.add(Frame((Image.new("RGB", size),), "a", "b"))
    (page,) = read_pages(sheet.finish())
    shown = [tuple(map(float, found)) for found in re.findall(r"([\d.]+) 0 0 ([\d.]+) [\d.]+ [\d.]+ cm\s+/", page)]
    assert [round(width / height, 2) for width, height in shown] == [3.2, 0.31]


def test_each_letter_has_a_font_that_knows_it():
    fonts = dict(split_by_font("Zoë 祖母 かな 한국"))
    assert list(fonts) == ["Helvetica", "STSong-Light", "HeiseiKakuGo-W5", "HYGothic-Medium"]
    assert "".join(part for _, part in split_by_font("Žluťoučký Ελλάδα Фото 👵")) == "Žlutoucký Ελλαδα Фото □"
    cut = fit_text("祖母的照片" * 20, 8, 100)
    assert cut.endswith("…") and 80 < measure_text(cut, 8) <= 100 and fit_text("short", 8, 100) == "short"


def test_an_album_is_printed_with_its_names_and_a_lost_picture_leaves_an_empty_frame(owner, owner_id):
    album = make_album(owner_id)
    jobs, _ = albums.list_photos(owner_id, album.id, 10)
    storage.remove_files(jobs[0].id, "result-thumbnail.webp")
    (get_folder(jobs[1].id) / "result-thumbnail.webp").write_bytes(b"no picture")
    albums.add(owner_id, album.id, [make_job(owner_id, name="waits.jpg")])
    response = owner.get(f"/12345/albums/{album.id}/contact-sheet.pdf?paper=letter")
    assert response.mimetype == "application/pdf" and response.headers["Cache-Control"] == "private, no-store"
    named = response.headers["Content-Disposition"]
    assert named.isascii() and "filename*=UTF-8''revive-album-%E7%A5%96%E6%AF%8D%20Grandma.pdf" in named
    (page,) = read_pages(response.data)
    assert encode("祖母") in page and "(waits.jpg)" in page and page.count("(could not be read)") == 2
    assert page.count(" Do") == 1, "of a photo without a result its original"


def test_before_stands_beside_after_also_after_several_steps(in_app, user_id, monkeypatch):
    album_id = make_album(user_id, 1).id
    first = albums.list_photos(user_id, album_id, 10)[0][0].id
    last = run_job(make_from(user_id, first, "adjust", "result", transform="90")).id
    shown = []
    monkeypatch.setattr(contact_sheet, "_read_picture", lambda _app, job, of: shown.append((job.id, of)))
    with in_app.test_request_context():
        b"".join(contact_sheet.make_pdf(albums.find(user_id, album_id), "a4", pairs=True))
    assert shown == [(first, "original"), (last, "result")]


def test_another_paper_is_refused_and_so_is_a_second_sheet_meanwhile(in_app, user_id):
    album_id = make_album(user_id, 1).id
    with in_app.test_request_context():
        album = albums.find(user_id, album_id)
        with pytest.raises(JobError) as refused:
            contact_sheet.make_pdf(album, "a3", pairs=False)
        assert (refused.value.key, refused.value.allowed) == ("unknown_paper", ("a4", "letter"))
        sheet = contact_sheet.make_pdf(album, "a4", pairs=False)
        assert isinstance(sheet, Archive)
        with pytest.raises(ServiceUnavailable):
            contact_sheet.make_pdf(album, "a4", pairs=False)
        sheet.close()
        contact_sheet.make_pdf(album, "a4", pairs=False).close()


def test_a_full_album_in_pairs_takes_little_memory():
    """Noise is the largest that a small copy can be; pictures are held once, as JPEG."""
    pixels = Image.effect_noise((320, 213), 60).convert("RGB")
    sheet, pairs = ContactSheet("a4", "Summer", "", 20, 2), 20
    for number in range(pairs):
        pixels.putpixel((0, 0), (number, 0, 0))
        sheet.add(Frame((pixels, pixels), f"{number}.jpg", "Adjust"))
    assert len(sheet.finish()) / pairs * albums.MAX_PHOTOS < 64 * 2**20
