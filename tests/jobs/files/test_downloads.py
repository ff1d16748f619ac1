"""Downloads: format, quality and details as asked for; what is stored stays as it is."""

import io

import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from tests.accounts.people import JSON
from tests.jobs.support import address, make_job, noise, open_image, picture, run_job
from tests.support.stored import get_folder

CAMERA, DPI = "Lubitel", (300, 300)


def photo(format: str = "JPEG") -> bytes:
    """A photo with a camera, a place, and 300 dots per inch."""
    exif = Image.Exif()
    exif[Base.Make] = CAMERA
    exif.get_ifd(IFD.GPSInfo)[1] = "N"
    out = io.BytesIO()
    open_image(picture(80, 50, "PNG")).save(out, format, exif=exif, dpi=DPI)
    return out.getvalue()


@pytest.fixture
def done(owner, owner_id) -> str:
    return run_job(make_job(owner_id, photo(), "Oma.jpg", brightness="0.9")).id


def send(owner, job_id: str, query: str, variant: str = "result"):
    return owner.get(address(job_id, f"/{variant}?{query}"))


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_a_lower_quality_makes_a_smaller_file(owner, owner_id, format):
    job_id = run_job(make_job(owner_id, noise(0.2), brightness="0.9")).id
    sizes = [len(send(owner, job_id, f"format={format}&quality={quality}").data) for quality in (1, 50, 100)]
    assert sizes == sorted(sizes) and sizes[0] < sizes[2] / 3
    usual = len(send(owner, job_id, f"format={format}").data)
    assert sizes[1] < usual < sizes[2]


def test_quality_means_nothing_to_png_and_the_stored_result_stays_lossless(owner, done):
    before = (get_folder(done) / "result.png").read_bytes()
    assert send(owner, done, "format=png&quality=10").data == before
    assert send(owner, done, "quality=10").data == before
    send(owner, done, "format=jpeg&quality=10")
    assert (get_folder(done) / "result.png").read_bytes() == before


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_details_are_kept_or_stripped_and_the_resolution_always_stays(owner, done, format):
    kept = open_image(send(owner, done, f"format={format}&metadata=keep").data)
    assert kept.getexif()[Base.Make] == CAMERA
    stripped = open_image(send(owner, done, f"format={format}&metadata=strip").data)
    assert not {Base.Make, IFD.GPSInfo, IFD.Exif} & set(stripped.getexif())
    for image in (kept, stripped):
        dpi = image.info.get("dpi") or (image.getexif()[Base.XResolution], image.getexif()[Base.YResolution])
        assert tuple(round(float(value)) for value in dpi) == DPI


def test_the_result_without_a_format_can_be_stripped_as_well(owner, done):
    image = open_image(send(owner, done, "metadata=strip").data)
    assert image.format == "PNG" and not image.getexif()


def test_an_original_is_stripped_in_its_own_format_and_kept_byte_for_byte(owner, done):
    assert send(owner, done, "metadata=keep", "original").data == photo()
    stripped = open_image(send(owner, done, "metadata=strip", "original").data)
    assert (stripped.format, stripped.size, dict(stripped.getexif())) == ("JPEG", (80, 50), {})
    smaller = send(owner, done, "quality=5", "original").data
    assert open_image(smaller).format == "JPEG" and len(smaller) < len(photo())


def test_an_original_that_cannot_be_written_again_comes_in_the_nearest_format(owner, owner_id):
    job_id = make_job(owner_id, photo("TIFF"), "scan.tif")
    plain = send(owner, job_id, "download=1", "original")
    assert (plain.data, plain.mimetype) == (photo("TIFF"), "image/tiff")
    stripped = send(owner, job_id, "metadata=strip&download=1", "original")
    assert (open_image(stripped.data).format, stripped.mimetype) == ("PNG", "image/png")
    assert stripped.headers["Content-Disposition"].endswith("scan.png")


@pytest.mark.parametrize("quality", ["0", "101", "-1", "x", "1.5", "1e2", "９０", "9" * 40, "²", "0000000019999999"])
def test_a_quality_out_of_range_is_refused_in_words(owner, done, quality):
    response = owner.get(address(done, f"/result?format=jpeg&quality={quality}"), headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (400, "bad_quality")
    assert "from 1 to 100" in response.json["error"]["message"]


@pytest.mark.parametrize("metadata", ["all", "none", "KEEP", "../x"])
def test_an_unknown_word_for_the_details_is_refused_in_words(owner, done, metadata):
    response = owner.get(address(done, f"/original?metadata={metadata}"), headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (400, "unknown_metadata")
    assert "keep" in response.json["error"]["message"]


def test_empty_parameters_count_as_absent(owner, done):
    assert send(owner, done, "format=&quality=&metadata=").data == send(owner, done, "").data


def test_a_download_is_called_what_its_owner_calls_it(owner, done):
    owner.post(address(done, "/title"), {"title": "Grandma, ca. 1950"})
    name = send(owner, done, "download=1&format=jpeg").headers["Content-Disposition"]
    assert name == 'attachment; filename="revive-adjust-Grandma_ ca. 1950.jpg"'
