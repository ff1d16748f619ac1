"""Official weights by page: an upload waits for a worker, is converted or refused, and leaves nothing lying about."""

import errno
import io
import os
import time
from datetime import timedelta

import pytest
import torch

from checkpoints import imports, uploads
from jobs.process_identity import make_worker_id
from models import WeightsImport, db, utc_now
from networks.manifest import hash_file, read_entries
from tests.accounts.people import sign_in_person
from tests.admin.conftest import ANNA, CHIEF, act, audit_lines, list_stored
from tests.fixtures import parity
from tests.support.engines import both_engines


def send(browser, name: str, data: bytes, file_name: str = "u2netp.pth", **options):
    token = browser.token_of("/admin/")
    fields = {"name": name, "file": (io.BytesIO(data), file_name)}
    return browser.post("/admin/weights", fields, token=token, content_type="multipart/form-data", **options)


def convert_what_waits(app) -> int:
    with app.app_context():
        return uploads.work(make_worker_id())


@both_engines
def test_an_uploaded_file_waits_for_a_worker_and_is_then_there(app, chief, official_file):
    response = send(chief, "u2netp", official_file.read_bytes())
    assert response.status_code == 303 and response.location == "/admin/weights"
    assert chief.get("/admin/weights", headers={"Accept": "application/json"}).json == {"busy": True}
    page = chief.get("/admin/weights").text
    assert "waits for a worker" in page and "No worker is running, so the file waits." in page
    assert convert_what_waits(app) == 1
    page = chief.get("/admin/weights").text
    entry = read_entries(app.config["IMPORTED_WEIGHTS_DIR"])["u2netp"]
    assert entry.sha256 in page and entry.source_sha256 == hash_file(official_file)
    assert chief.get("/admin/weights", headers={"Accept": "application/json"}).json == {"busy": False}
    assert audit_lines(app, "weights_imported") == [
        ("weights_imported", CHIEF, "u2netp", "192.0.2.7", hash_file(official_file))
    ]
    assert list_stored(app) == sorted([entry.file, "manifest.json"])
    assert act(chief, "/weights/u2netp/deletion").status_code == 303
    assert list_stored(app) == ["manifest.json"]
    assert audit_lines(app, "weights_removed") == [("weights_removed", CHIEF, "u2netp", "192.0.2.7", "")]


def test_an_upload_is_taken_where_the_disk_knows_no_links(app, chief, official_file, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    assert send(chief, "u2netp", official_file.read_bytes()).status_code == 303
    assert convert_what_waits(app) == 1
    assert "u2netp" in read_entries(app.config["IMPORTED_WEIGHTS_DIR"])


def test_a_file_with_hostile_names_is_refused_and_ends(app, chief, tmp_path):
    tensors = parity.checkpoint("u2netp") | {"\ud800\n<b>": torch.ones(1)}
    torch.save(tensors, tmp_path / "hostile.pth")
    send(chief, "u2netp", (tmp_path / "hostile.pth").read_bytes())
    assert convert_what_waits(app) == 1
    page = chief.get("/admin/weights").text
    assert r"\ud800\n&lt;b&gt; is not expected" in page
    assert chief.get("/admin/weights", headers={"Accept": "application/json"}).json == {"busy": False}


def test_a_file_that_is_refused_says_why_on_the_page(app, chief):
    send(chief, "u2netp", b"<script>alert(1)</script>", "<b>.pth")
    assert convert_what_waits(app) == 1
    page = chief.get("/admin/weights").text
    assert "Nothing of it was run." in page and "<b>.pth" not in page
    assert list_stored(app) == []
    assert [line[:3] for line in audit_lines(app, "weights_refused")] == [("weights_refused", CHIEF, "u2netp")]


@pytest.mark.parametrize(
    ("name", "data", "file_name", "field"),
    [("perceptron", b"x", "a.pth", "name"), ("u2netp", b"", "a.pth", "file"), ("u2netp", b"x", "", "file")],
)
def test_what_is_wrong_with_the_form_is_told_beside_its_field(app, chief, name, data, file_name, field):
    response = send(chief, name, data, file_name)
    assert response.status_code == 400 and f'id="{field}-error"' in response.text
    assert convert_what_waits(app) == 0 and list_stored(app) == []


def test_D03_a_file_above_the_limit_is_refused_before_it_is_read(app, chief):
    app.config["MAX_WEIGHTS_MEGABYTES"] = 1
    response = send(chief, "u2netp", b"x" * (2 * 2**20))
    assert response.status_code == 413 and "This file is larger than this server takes." in response.text
    assert list_stored(app) == [] and convert_what_waits(app) == 0


def test_G01_code_in_an_uploaded_file_is_not_run(app, chief, tmp_path):
    canary = tmp_path / "canary"

    class Evil:
        def __reduce__(self):
            return (open, (str(canary), "w"))

    torch.save({"x": Evil()}, tmp_path / "evil.pth")
    send(chief, "u2netp", (tmp_path / "evil.pth").read_bytes())
    assert convert_what_waits(app) == 1
    assert not canary.exists() and "it holds something other than tensors" in chief.get("/admin/weights").text


def test_others_cannot_send_files_nor_see_the_page(app, official_file):
    member = sign_in_person(app, ANNA)
    token = member.token_of(f"/{ANNA}/account")
    fields = {"name": "u2netp", "file": (io.BytesIO(official_file.read_bytes()), "u2netp.pth")}
    response = member.post("/admin/weights", fields, token=token, content_type="multipart/form-data")
    assert response.status_code == 404 and list_stored(app) == []


@both_engines
def test_F03_what_a_dead_worker_left_is_tried_once_more_and_then_given_up(app, chief, official_file):
    send(chief, "u2netp", official_file.read_bytes())
    gone = make_worker_id().rsplit(":", 2)[0] + ":999999:1"
    with app.app_context():
        row = uploads._claim_upload(gone)
        uploads._rescue()
        assert db.session.get(WeightsImport, row.id).status == "queued"
        uploads._claim_upload(gone)
        assert uploads.work(make_worker_id()) == 0
        row = db.session.get(WeightsImport, row.id, populate_existing=True)
        assert row.status == "failed" and "stopped twice" in row.error_message
    assert list_stored(app) == []


def test_an_upload_that_waits_for_days_is_still_converted(app, chief, official_file):
    send(chief, "u2netp", official_file.read_bytes())
    with app.app_context():
        for path in uploads.make_incoming_folder().iterdir():
            os.utime(path, (time.time() - 90_000,) * 2)
        db.session.query(WeightsImport).update({"created_at": utc_now() - timedelta(days=100)})
        db.session.commit()
        uploads.tidy()
    assert "waits for a worker" in chief.get("/admin/weights").text
    assert convert_what_waits(app) == 1
    assert "u2netp" in read_entries(app.config["IMPORTED_WEIGHTS_DIR"])


def test_what_lies_about_for_a_day_is_tidied_away(in_app):
    folder = uploads.make_incoming_folder()
    old, young, half = folder / "old.pth", folder / "young.pth", imports.get_folder() / ".u2netp.aa.partial"
    for path in (old, young, half):
        path.write_bytes(b"x")
    for path in (old, half):
        os.utime(path, (time.time() - 90_000,) * 2)
    db.session.add(
        WeightsImport(id="a", name="u2netp", status="done", asked_by=CHIEF, created_at=utc_now() - timedelta(days=100))
    )
    db.session.commit()
    uploads.tidy()
    assert [path.exists() for path in (old, young, half)] == [False, True, False]
    assert uploads.list_recent() == []
