"""Official weights by command: imported, listed, refused in a sentence, replaced, removed."""

import pytest

from jobs import availability
from networks.manifest import hash_file, read_entries, verify
from tests.admin.conftest import audit_lines, list_stored
from tests.jobs.support import promise_weights
from tests.support.engines import both_engines


@both_engines
def test_the_command_imports_lists_and_removes(app, flask, official_file):
    told = flask("import", "u2netp", official_file)
    assert told.exit_code == 0, told.output
    entry = read_entries(app.config["IMPORTED_WEIGHTS_DIR"])["u2netp"]
    assert entry.source_sha256 == hash_file(official_file) and entry.sha256 in told.output
    verify("u2netp", app.config["IMPORTED_WEIGHTS_DIR"])
    told = flask("list")
    assert "u2netp  imported  matches its SHA-256  background" in told.output
    assert entry.sha256 in told.output and entry.source_sha256 in told.output
    assert "u2net-human-seg  can be imported from u2net_human_seg.pth" in told.output
    told = flask("remove", "u2netp")
    assert told.exit_code == 0 and list_stored(app) == ["manifest.json"]
    assert [line[:3] for line in audit_lines(app, "weights_imported", "weights_removed")] == [
        ("weights_imported", "command line", "u2netp"),
        ("weights_removed", "command line", "u2netp"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("perceptron", "file", "There is no official checkpoint of this name."),
        ("u2net", "file", "The tensors in this file are not those of the official release. (encoders.0"),
        ("u2netp", None, "There is no such file."),
        ("u2netp", b"", "This file is empty."),
        ("u2netp", b"some text", "This is no checkpoint file, or it holds something other than tensors."),
        ("u2netp", b"x" * (2**20 * 33), "This file is larger than this server takes."),
    ],
)
def test_what_cannot_be_imported_is_a_sentence_and_an_exit_status(
    app, flask, official_file, tmp_path, name, content, said
):
    app.config["MAX_WEIGHTS_MEGABYTES"] = 32
    source = official_file if content == "file" else tmp_path / "some.pth"
    if isinstance(content, bytes):
        source.write_bytes(content)
    told = flask("import", name, source)
    assert told.exit_code == 1 and told.output.startswith(f"Error: {said}") and "Traceback" not in told.output
    assert list_stored(app) == []


def test_a_refused_file_leaves_the_weights_imported_before(app, flask, imported, official_file, tmp_path):
    before = list_stored(app)
    (tmp_path / "broken.pth").write_bytes(official_file.read_bytes()[:-2000])
    assert flask("import", "u2netp", tmp_path / "broken.pth").exit_code == 1
    assert list_stored(app) == before


def test_importing_again_replaces_the_file(app, flask, imported, other_file):
    assert flask("import", "u2netp", other_file).exit_code == 0
    file = read_entries(app.config["IMPORTED_WEIGHTS_DIR"])["u2netp"].file
    assert list_stored(app) == sorted([file, "manifest.json"])


def test_imported_weights_never_stand_in_for_shipped_ones(app, flask, official_file):
    promise_weights(app.config["WEIGHTS_DIR"], "u2netp")
    told = flask("import", "u2netp", official_file)
    assert told.exit_code == 1 and "come with Revive" in told.output
    promise_weights(app.config["IMPORTED_WEIGHTS_DIR"], "u2netp", "u2net")
    with app.app_context():
        views = {view.name: view for view in availability.list_weights()}
    assert not views["u2netp"].imported and views["u2net"].imported
    assert flask("remove", "u2nethuman").exit_code == 1
