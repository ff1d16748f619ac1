"""Official weights: imported and removed by command and by page, offered where they are, used without a restart."""

import errno
import io
import json
import os
import time
from datetime import timedelta

import pytest
import torch

import services
from accounts.administration import Administrator
from jobs import availability, lifecycle, sweep, weights, weights_line
from jobs.identity import worker_id
from jobs.uploads import FormFile
from models import Job, WeightsImport, db, utc_now
from networks.manifest import WeightsUnavailable, entries, sha256_of, verify
from services import engine
from services.base import N_, Choice, InvalidOption, Option, Service, ServiceError
from tests.accounts.people import signed_in
from tests.admin.conftest import ANNA, CHIEF, act, audit_lines
from tests.fixtures import parity
from tests.jobs.support import picture, promise_weights
from tests.support.engines import both_engines

BY = Administrator(CHIEF, "192.0.2.7")


@pytest.fixture(scope="session")
def official_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("official") / "u2netp.pth"
    torch.save(parity.checkpoint("u2netp"), path)
    return path


@pytest.fixture
def flask(app):
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=["weights", *map(str, words)])


@pytest.fixture
def in_app(app):
    with app.app_context():
        yield app


def send(browser, name: str, data: bytes, file_name: str = "u2netp.pth", **options):
    token = browser.token_of("/admin/")
    fields = {"name": name, "file": (io.BytesIO(data), file_name)}
    return browser.post("/admin/weights", fields, token=token, content_type="multipart/form-data", **options)


def convert_what_waits(app) -> int:
    with app.app_context():
        return weights_line.work(worker_id())


def stored(app) -> list[str]:
    folder = app.config["IMPORTED_WEIGHTS_DIR"]
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@both_engines
def test_the_command_imports_lists_and_removes(app, flask, official_file):
    told = flask("import", "u2netp", official_file)
    assert told.exit_code == 0, told.output
    entry = entries(app.config["IMPORTED_WEIGHTS_DIR"])["u2netp"]
    assert entry.source_sha256 == sha256_of(official_file) and entry.sha256 in told.output
    verify("u2netp", app.config["IMPORTED_WEIGHTS_DIR"])
    told = flask("list")
    assert "u2netp  imported  matches its SHA-256  background" in told.output
    assert entry.sha256 in told.output and entry.source_sha256 in told.output
    assert "u2net-human-seg  can be imported from u2net_human_seg.pth" in told.output
    told = flask("remove", "u2netp")
    assert told.exit_code == 0 and stored(app) == ["manifest.json"]
    assert [line[:3] for line in audit_lines(app, "weights_imported", "weights_removed")] == [
        ("weights_imported", "command line", "u2netp"), ("weights_removed", "command line", "u2netp"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("perceptron", "file", "There is no official checkpoint of this name."),
     ("u2net", "file", "The tensors in this file are not those of the official release. (encoders.0"),
     ("u2netp", None, "There is no such file."), ("u2netp", b"", "This file is empty."),
     ("u2netp", b"some text", "This is no checkpoint file, or it holds something other than tensors."),
     ("u2netp", b"x" * (2**20 * 33), "This file is larger than this server takes.")],
)  # fmt: skip
def test_what_cannot_be_imported_is_a_sentence_and_an_exit_status(
    app, flask, official_file, tmp_path, name, content, said
):
    app.config["MAX_WEIGHTS_MEGABYTES"] = 32
    source = official_file if content == "file" else tmp_path / "some.pth"
    if isinstance(content, bytes):
        source.write_bytes(content)
    told = flask("import", name, source)
    assert told.exit_code == 1 and told.output.startswith(f"Error: {said}") and "Traceback" not in told.output
    assert stored(app) == []


def test_a_refused_file_leaves_the_weights_imported_before(app, flask, official_file, tmp_path):
    flask("import", "u2netp", official_file)
    before = stored(app)
    (tmp_path / "broken.pth").write_bytes(official_file.read_bytes()[:-2000])
    assert flask("import", "u2netp", tmp_path / "broken.pth").exit_code == 1
    assert stored(app) == before


def test_importing_again_replaces_the_file(app, flask, tmp_path, official_file):
    flask("import", "u2netp", official_file)
    tensors = parity.checkpoint("u2netp")
    tensors["outconv.bias"] += 1
    torch.save(tensors, tmp_path / "other.pth")
    assert flask("import", "u2netp", tmp_path / "other.pth").exit_code == 0
    file = entries(app.config["IMPORTED_WEIGHTS_DIR"])["u2netp"].file
    assert stored(app) == sorted([file, "manifest.json"])


def test_imported_weights_never_stand_in_for_shipped_ones(app, flask, official_file):
    promise_weights(app.config["WEIGHTS_DIR"], "u2netp")
    told = flask("import", "u2netp", official_file)
    assert told.exit_code == 1 and "come with Revive" in told.output
    promise_weights(app.config["IMPORTED_WEIGHTS_DIR"], "u2netp", "u2net")
    with app.app_context():
        views = {view.name: view for view in availability.all_weights()}
    assert not views["u2netp"].imported and views["u2net"].imported
    assert flask("remove", "u2nethuman").exit_code == 1


def test_a_changed_file_is_told_and_not_used(app, flask, official_file, chief):
    flask("import", "u2netp", official_file)
    folder = app.config["IMPORTED_WEIGHTS_DIR"]
    path = folder / entries(folder)["u2netp"].file
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsUnavailable):
        verify("u2netp", folder)
    page = chief.get("/admin/weights").text
    assert "fails its checksum" in page


@both_engines
def test_an_uploaded_file_waits_for_a_worker_and_is_then_there(app, chief, official_file):
    answer = send(chief, "u2netp", official_file.read_bytes())
    assert answer.status_code == 303 and answer.location == "/admin/weights"
    assert chief.get("/admin/weights", headers={"Accept": "application/json"}).json == {"busy": True}
    page = chief.get("/admin/weights").text
    assert "waits for a worker" in page and "No worker is running, so the file waits." in page
    assert convert_what_waits(app) == 1
    page = chief.get("/admin/weights").text
    entry = entries(app.config["IMPORTED_WEIGHTS_DIR"])["u2netp"]
    assert entry.sha256 in page and entry.source_sha256 == sha256_of(official_file)
    assert chief.get("/admin/weights", headers={"Accept": "application/json"}).json == {"busy": False}
    assert audit_lines(app, "weights_imported") == [
        ("weights_imported", CHIEF, "u2netp", "192.0.2.7", sha256_of(official_file))
    ]
    assert stored(app) == sorted([entry.file, "manifest.json"])
    assert act(chief, "/weights/u2netp/deletion").status_code == 303
    assert stored(app) == ["manifest.json"]
    assert audit_lines(app, "weights_removed") == [("weights_removed", CHIEF, "u2netp", "192.0.2.7", "")]


def test_an_upload_is_taken_where_the_disk_knows_no_links(app, chief, official_file, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    assert send(chief, "u2netp", official_file.read_bytes()).status_code == 303
    assert convert_what_waits(app) == 1
    assert "u2netp" in entries(app.config["IMPORTED_WEIGHTS_DIR"])


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
    assert stored(app) == []
    assert [line[:3] for line in audit_lines(app, "weights_refused")] == [("weights_refused", CHIEF, "u2netp")]


@pytest.mark.parametrize(
    ("name", "data", "file_name", "field"),
    [("perceptron", b"x", "a.pth", "name"), ("u2netp", b"", "a.pth", "file"), ("u2netp", b"x", "", "file")],
)
def test_what_is_wrong_with_the_form_is_told_beside_its_field(app, chief, name, data, file_name, field):
    answer = send(chief, name, data, file_name)
    assert answer.status_code == 400 and f'id="{field}-error"' in answer.text
    assert convert_what_waits(app) == 0 and stored(app) == []


def test_D03_a_file_above_the_limit_is_refused_before_it_is_read(app, chief):
    app.config["MAX_WEIGHTS_MEGABYTES"] = 1
    assert send(chief, "u2netp", b"x" * (2 * 2**20)).status_code == 413
    assert stored(app) == [] and convert_what_waits(app) == 0


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
    member = signed_in(app, ANNA)
    token = member.token_of(f"/{ANNA}/account")
    fields = {"name": "u2netp", "file": (io.BytesIO(official_file.read_bytes()), "u2netp.pth")}
    answer = member.post("/admin/weights", fields, token=token, content_type="multipart/form-data")
    assert answer.status_code == 404 and stored(app) == []


@both_engines
def test_F03_what_a_dead_worker_left_is_tried_once_more_and_then_given_up(app, chief, official_file):
    send(chief, "u2netp", official_file.read_bytes())
    gone = worker_id().rsplit(":", 2)[0] + ":999999:1"
    with app.app_context():
        row = weights_line._claimed(gone)
        weights_line._rescue()
        assert db.session.get(WeightsImport, row.id).status == "queued"
        weights_line._claimed(gone)
        assert weights_line.work(worker_id()) == 0
        row = db.session.get(WeightsImport, row.id, populate_existing=True)
        assert row.status == "failed" and "stopped twice" in row.error_message
    assert stored(app) == []


def test_what_lies_about_for_a_day_is_tidied_away(in_app):
    folder = weights_line.incoming()
    old, young, half = folder / "old.pth", folder / "young.pth", weights.folder() / ".u2netp.aa.partial"
    for path in (old, young, half):
        path.write_bytes(b"x")
    for path in (old, half):
        os.utime(path, (time.time() - 90_000,) * 2)
    db.session.add(WeightsImport(id="a", name="u2netp", status="done", asked_by=CHIEF,
                                 created_at=utc_now() - timedelta(days=100)))  # fmt: skip
    db.session.commit()
    weights_line.tidy()
    assert [path.exists() for path in (old, young, half)] == [False, True, False]
    assert weights_line.recent() == []


def test_a_network_is_used_replaced_and_given_up_without_a_restart(in_app, flask, official_file, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "_loaded", {})
    monkeypatch.setattr(engine, "_weights_folder", in_app.config["WEIGHTS_DIR"])
    monkeypatch.setattr(engine, "_imported_folder", in_app.config["IMPORTED_WEIGHTS_DIR"])
    with pytest.raises(ServiceError):
        engine.network("u2netp")
    flask("import", "u2netp", official_file)
    first = engine.network("u2netp")
    assert engine.network("u2netp") is first
    tensors = parity.checkpoint("u2netp")
    tensors["outconv.bias"] += 1
    torch.save(tensors, tmp_path / "other.pth")
    flask("import", "u2netp", tmp_path / "other.pth")
    second = engine.network("u2netp")
    assert not torch.equal(second._module.fuse.bias, first._module.fuse.bias)
    flask("remove", "u2netp")
    with pytest.raises(ServiceError):
        engine.network("u2netp")


CHOICES = (Choice("own", N_("Ours")), Choice("authors", N_("The authors'"), weights="u2netp"))
OPTION = Option("weights", "choice", N_("Weights"), default="own", choices=CHOICES)
TOOL = Service("adjust", N_("Adjust"), "", lambda *_: None, options=(OPTION,))


def test_a_choice_is_offered_where_its_weights_are(in_app, flask, official_file):
    assert [choice.value for choice in availability.offered_choices(OPTION)] == ["own"]
    flask("import", "u2netp", official_file)
    assert [choice.value for choice in availability.offered_choices(OPTION)] == ["own", "authors"]
    folder = weights.folder()
    listed = json.loads((folder / "manifest.json").read_text())
    (folder / listed["u2netp"]["file"]).unlink()
    assert [choice.value for choice in availability.offered_choices(OPTION)] == ["own"]


def test_a_choice_whose_weights_are_not_there_is_refused(in_app, chief, flask, official_file):
    user_id = db.session.scalar(db.select(db.func.min(db.metadata.tables["users"].c.id)))

    def start():
        image = FormFile(io.BytesIO(picture()), "a.jpg")
        return lifecycle.create(user_id, TOOL, {"weights": "authors"}, {"image": image})

    with pytest.raises(InvalidOption) as caught:
        start()
    assert caught.value.option == "weights" and "not installed" in caught.value.message
    assert db.session.query(Job).count() == 0
    flask("import", "u2netp", official_file)
    assert start().options["weights"] == "authors"


def test_the_services_that_use_weights_are_named(in_app):
    assert "background" in [service.key for service in availability.users("u2netp")]
    assert all(availability.users(name) for service in services.SERVICES for name in service.weights)


def test_the_purge_leaves_imported_weights_alone(in_app, flask, official_file):
    flask("import", "u2netp", official_file)
    before = stored(in_app)
    sweep.purge()
    weights_line.tidy()
    assert stored(in_app) == before
