"""The upload: what is taken, what is refused with which words, and that nothing is left of what was refused."""

import io
import resource

import numpy as np
import pytest

from jobs.files import uploads
from models import Job, db
from tests.accounts.people import JSON
from tests.imaging.containers import tiff_of, tiff_page
from tests.jobs.support import (
    BRIGHTER,
    list_stored_files,
    noise,
    open_image,
    picture,
    promise_weights,
    upload,
    upload_by_script,
)

HOSTILE_NAMES = [
    "../../etc/passwd",
    "..\\..\\windows\\system.ini",
    "a\0b.jpg",
    "x" * 300 + ".jpg",
    "\u202egpj.exe",
    "$(id).jpg",
    ".htaccess",
    "..",
    "é中.jpg",
    "<script>.jpg",
    "a;x=y.jpg",
]


def only_job() -> Job:
    return db.session.scalars(db.select(Job)).one()


def job_count() -> int:
    return db.session.query(Job).count()


def test_the_script_of_a_page_gets_the_job_from_the_api(browser, in_app):
    response = upload_by_script(browser, picture())
    assert response.status_code == 201
    job = response.json
    assert (job["service"], job["status"], job["position"]) == ("adjust", "queued", 1)
    assert (job["error"], job["result_url"], job["eta_seconds"]) == (None, None, None)
    assert job["original_url"] == f"/api/v1/jobs/{job['id']}/original" == f"{job['url']}/original"
    assert job["page_url"] == f"/12345/jobs/{job['id']}"
    neutral = {"straighten": 0.0, "crop": None, "contrast": 1.0, "temperature": 0.0, "tint": 0.0}
    assert only_job().options == {"transform": "none", "brightness": 1.5} | neutral


@pytest.mark.parametrize(("language", "words"), [("en", "holds 2 pictures"), ("zh", "包含 2 张图片")])
def test_of_a_tiff_of_two_pages_the_largest_is_taken_and_that_is_told(browser, in_app, language, words):
    data = tiff_of(tiff_page(np.zeros((8, 8, 3), np.uint8)), tiff_page(np.zeros((30, 40, 3), np.uint8)))
    job = upload_by_script(browser, data, headers={"Accept-Language": language}).json
    assert (job["width"], job["height"], job["pages"]) == (40, 30, 2) and words in job["pages_note"]
    assert words in browser.get(job["page_url"], headers={"Accept-Language": language}).text
    other = upload_by_script(browser, picture()).json
    assert (other["pages"], other["pages_note"]) == (1, "")


def test_a_person_is_sent_to_the_page_of_the_job(browser, in_app):
    response = upload(browser, picture())
    assert (response.status_code, response.location) == (303, f"/12345/jobs/{only_job().id}")
    assert browser.get(response.location).status_code == 200


def test_the_job_keeps_the_upload_as_it_was_with_small_copies(browser, in_app, app):
    upload(browser, picture(3000, 100))
    job = only_job()
    assert list_stored_files(app) == [
        f"{job.id[:2]}/{job.id}/original-preview.webp",
        f"{job.id[:2]}/{job.id}/original-thumbnail.webp",
        f"{job.id[:2]}/{job.id}/original.jpg",
    ]
    assert browser.get(f"/12345/jobs/{job.id}/original").data == picture(3000, 100)
    assert open_image(browser.get(f"/12345/jobs/{job.id}/preview").data).size == (2048, 68)
    assert (job.width, job.height, job.image_format) == (3000, 100, "jpeg")


@pytest.mark.parametrize(
    ("data", "status", "key"),
    [
        (b"", 400, "empty_file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 400, "foreign_format"),
        (picture()[:600], 400, "broken_picture"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(99), 400, "raw_photo"),
        (tiff_of(tiff_page(np.zeros((9, 9, 3), np.uint8), t259=52546)), 400, "unsupported_picture"),
        (picture(1100, 1000, "PNG"), 400, "too_many_pixels"),
    ],
    ids=["empty", "foreign", "broken", "raw", "unsupported", "too many pixels"],
)
def test_what_cannot_be_used_is_refused_in_words_and_not_kept(app, browser, in_app, data, status, key):
    app.config["MAX_MEGAPIXELS"] = 1
    response = upload(browser, data, headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (status, key)
    assert len(response.json["error"]["message"]) > 15
    page = upload(browser, data)
    assert page.status_code == status
    assert 'id="image-error"' in page.text
    assert (list_stored_files(app), job_count()) == ([], 0)


def test_each_picture_of_a_form_has_the_limit_of_bytes(app, browser, in_app):
    app.config["MAX_UPLOAD_MEGABYTES"] = 1
    promise_weights(app.config["WEIGHTS_DIR"], "background", "people")
    response = upload(browser, noise(1.2), service="background", headers=JSON, background="blue")
    assert (response.status_code, response.json["error"]["key"]) == (413, "too_many_bytes")
    assert 'id="image-error"' in upload(browser, noise(1.2), service="background", background="blue").text
    assert (list_stored_files(app), job_count()) == ([], 0)


def test_a_server_that_is_too_busy_to_look_asks_to_come_again(app, browser, in_app, monkeypatch):
    monkeypatch.setattr("imaging.io.check.PATIENCE", 0)
    response = upload(browser, picture(), headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (503, "busy")
    assert int(response.headers["Retry-After"]) > 0
    assert (list_stored_files(app), job_count()) == ([], 0)


def test_a_picture_that_browsers_cannot_show_comes_back_small_and_nothing_is_kept(app, browser, in_app):
    form = {"image": (io.BytesIO(picture(3000, 2000, format="TIFF")), "scan.tif")}
    response = browser.post("/12345/preview", form, content_type="multipart/form-data", headers=JSON)
    assert (response.status_code, response.mimetype) == (200, "image/webp")
    assert open_image(response.data).size == (2048, 1365) and "no-store" in response.headers["Cache-Control"]
    form = {"image": (io.BytesIO(b"no picture"), "scan.tif")}
    response = browser.post("/12345/preview", form, content_type="multipart/form-data", headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (400, "foreign_format")
    assert (list_stored_files(app), job_count()) == ([], 0)
    assert browser.post("/54321/preview", {}, headers=JSON).status_code in (403, 404)


def test_a_form_without_a_picture_is_refused(browser, in_app):
    response = browser.post("/12345/adjust", {"brightness": "2"}, content_type="multipart/form-data", headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (400, "no_picture")


@pytest.mark.parametrize("fields", [{"brightness": "0.1"}, {"brightness": "nan"}, {"transform": "45"}])
def test_a_wrong_option_is_told_beside_its_field_and_nothing_is_kept(app, browser, in_app, fields):
    page = upload(browser, picture(), **fields)
    assert page.status_code == 400
    assert f'id="{next(iter(fields))}-error"' in page.text
    assert upload(browser, picture(), headers=JSON, **fields).json["error"]["key"] == "invalid_option"
    assert (list_stored_files(app), job_count()) == ([], 0)


def test_neutral_options_have_nothing_to_change(browser, in_app):
    response = upload(browser, picture(), headers=JSON, brightness="1", transform="none")
    assert (response.status_code, response.json["error"]["key"]) == (400, "nothing_to_change")


def test_D09_the_clients_name_of_a_file_never_reaches_the_disk(app, browser, in_app):
    for name in HOSTILE_NAMES:
        address = upload(browser, picture(), name).location
        sent = browser.get(f"{address}/original?download=1").headers["Content-Disposition"]
        assert sent.startswith("attachment; filename") and "revive-adjust" in sent
        assert not set(sent.split("filename")[1].split(";")[0]) & set("/\\\r\n<>$")
    assert all(1 <= len(job.original_name) <= 100 for job in db.session.scalars(db.select(Job)))
    assert {path.split("/")[-1] for path in list_stored_files(app)} == {
        "original.jpg",
        "original-preview.webp",
        "original-thumbnail.webp",
    }


def test_a_name_is_shown_without_folders_and_control_characters():
    assert uploads.clean_name("C:\\photos\\Oma\x07 1950.jpg") == "Oma 1950.jpg"
    assert uploads.clean_name("a\r\nSet-Cookie: x=1.jpg") == "aSet-Cookie: x=1.jpg"
    assert uploads.clean_name("../") == "picture"


def test_D03_a_body_above_the_limit_is_refused_before_it_is_read(app, browser, in_app):
    app.config["MAX_UPLOAD_MEGABYTES"] = 1
    response = upload(browser, b"x" * (3 * 2**20), headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (413, "too_large")
    assert "Choose a smaller picture" in response.json["error"]["message"]
    assert (list_stored_files(app), job_count()) == ([], 0)


def test_other_forms_take_no_large_bodies(browser):
    response = browser.client.post("/login", data={"username": "x" * 100_000})
    assert response.status_code == 413 and "picture" not in response.text.split("<main")[1].split("</main")[0]


def post_body(browser, data: bytes, headers=None):
    """Post an upload whose body is put together in memory: the test client would write it to the full disk."""
    head = 'Content-Disposition: form-data; name="{}"'
    parts = [f"{head.format(name)}\r\n\r\n{value}\r\n" for name, value in BRIGHTER.items()]
    parts += [f"{head.format('csrf_token')}\r\n\r\n{browser.token()}\r\n", head.format("image")]
    text = "--limit\r\n" + "--limit\r\n".join(parts) + '; filename="a.png"\r\n\r\n'
    return browser.client.post(
        "/12345/adjust",
        data=text.encode() + data + b"\r\n--limit--\r\n",
        headers=headers,
        content_type="multipart/form-data; boundary=limit",
    )


def test_F06_a_full_disk_is_told_with_507_and_leaves_nothing(app, browser, in_app):
    data, kept = noise(3), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, kept[1]))
    try:
        response = post_body(browser, data, headers=JSON)
        page = post_body(browser, data)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
    assert (response.status_code, response.json["error"]["key"]) == (507, "storage_full")
    assert page.status_code == 507 and "no space left" in page.text
    assert (list_stored_files(app), job_count()) == ([], 0)
    assert upload(browser, data).status_code == 303


def test_a_service_whose_weights_are_missing_or_changed_is_shown_with_the_reason(app, browser, in_app):
    folder = app.config["WEIGHTS_DIR"]
    assert "not listed" in browser.get("/12345/deblur").text
    response = upload(browser, picture(), service="deblur", headers=JSON, strength="1")
    assert (response.status_code, response.json["error"]["key"]) == (503, "service_unavailable")
    promise_weights(folder, "deblur")
    assert "not available" not in browser.get("/12345/deblur").text
    (folder / "deblur.safetensors").write_bytes(b"x" * 600)
    assert "checksum" in browser.get("/12345/deblur").text
    (folder / "deblur.safetensors").unlink()
    assert "missing" in browser.get("/12345/").text


def test_a_background_picture_is_a_second_upload_and_then_required(app, browser, in_app):
    promise_weights(app.config["WEIGHTS_DIR"], "background", "people")
    page = upload(browser, picture(), service="background", background="picture")
    assert page.status_code == 400 and 'id="background_image-error"' in page.text
    wrong = {"background": "picture", "background_image": (io.BytesIO(b"no picture"), "b.png")}
    assert 'id="background_image-error"' in upload(browser, picture(), service="background", **wrong).text
    assert list_stored_files(app) == []
    second = (io.BytesIO(picture(30, 20, "PNG")), "b.png")
    response = upload(browser, picture(), service="background", background="picture", background_image=second)
    assert response.status_code == 303
    job = only_job()
    assert job.options["background_image"] == "background_image.png"
    assert f"{job.id[:2]}/{job.id}/background_image.png" in list_stored_files(app)
    assert job.original_bytes == len(picture()) + len(picture(30, 20, "PNG"))


def test_a_background_picture_that_is_not_asked_for_is_not_kept(app, browser, in_app):
    promise_weights(app.config["WEIGHTS_DIR"], "background", "people")
    extra = {"background": "blue", "background_image": (io.BytesIO(b"whatever"), "b.png")}
    assert upload(browser, picture(), service="background", **extra).status_code == 303
    assert only_job().options["background_image"] is None


def test_an_unknown_tool_is_a_404(browser):
    assert browser.get("/12345/sharpen").status_code == 404
    assert browser.get("/tools/sharpen").status_code == 404


def test_the_short_address_of_a_tool_shows_a_stranger_what_it_does_beside_the_form(app, browser):
    assert browser.get("/tools/adjust").location == "/12345/adjust"
    stranger = app.test_client().get("/tools/adjust")
    assert stranger.status_code == 200
    assert 'action="/register"' in stranger.text and "adjust-after.webp" in stranger.text
    assert app.test_client().get("/tools/adjust", headers={"Accept": "application/json"}).status_code == 401


def test_the_name_of_a_download_is_ours():
    assert uploads.build_download_name("deblur", "Oma & Opa?.jpeg", "png") == "revive-deblur-Oma _ Opa.png"
    assert uploads.build_download_name("deblur", "...", "png") == "revive-deblur-picture.png"


MULTIPART = "multipart/form-data; boundary=xx"
PART = b'--xx\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"".join(PART % (b"a", b"b") for _ in range(10_001)), MULTIPART),
        (PART % (b"brightness", b"1" * 5 * 2**20), MULTIPART),
        (b"--xx\r\n" + b"\r\n" * 100_000, MULTIPART),
        (b'--xx\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n' + picture(), MULTIPART),
        (PART % (b"a", b"b"), "multipart/form-data"),
        (b"", MULTIPART),
        (b"{}", "application/json"),
    ],
    ids=["10,001 parts", "a field of 5 MB", "line breaks", "unterminated", "no boundary", "nothing", "json"],
)
def test_D14_abused_forms_are_refused_quickly(app, browser, in_app, body, content_type):
    headers = JSON | {"X-CSRFToken": browser.token()}
    response = browser.client.post("/12345/adjust", data=body, content_type=content_type, headers=headers)
    assert 400 <= response.status_code < 500
    assert (list_stored_files(app), job_count()) == ([], 0)
