"""`flask process` on folders: every input gets an output of its own, and nothing that was there is lost."""

import hashlib
import os
from pathlib import Path

import pytest

from jobs.process import _build_command
from tests.jobs.support import picture

EMOJI = "\N{CAMERA}\N{VARIATION SELECTOR-16}"


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def sample(app, sampler):
    """Run `flask process sampler`, which is no service of the site."""
    command = _build_command(sampler)

    def run(*arguments: object):
        return app.test_cli_runner().invoke(command, [str(argument) for argument in arguments])

    return run


def put(folder: Path, *names: str, format: str = "PNG") -> None:
    for number, name in enumerate(names):
        (folder / name).write_bytes(picture(20 + number, 16, format))


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    "names",
    [
        ["IMG_1.png", "IMG_1.jpg"],
        ["a.JPG", "A.jpg", "a.png"],
        ["a.png", "a.jpg", "a-png.png", "a-jpg.png"],
        ["\u00e9.png", "e\u0301.jpg"],
        [f"{EMOJI}.png", f"{EMOJI}.jpg", "two\nlines.png", "-dash.png", "--overwrite.png", " .png"],
        ["x" * 245 + ".png", "x" * 245 + ".jpg", "\u7167" * 81 + ".png"],
        ["no-suffix", "no-suffix.png"],
    ],
)
def test_as_many_pictures_come_out_as_go_in_and_no_input_changes(sample, folder, out, names):
    put(folder, *names)
    before = hashes(folder)
    done = sample(folder, out)
    assert done.exit_code == 0, done.output
    assert f"{len(names)} of {len(names)} pictures done." in done.output
    assert len(hashes(out)) == len(names) and hashes(folder) == before
    assert len(done.output.splitlines()) == len(names) + 1


def test_alternatives_do_not_take_the_names_of_other_inputs(sample, folder, out):
    put(folder, "photo.png", "photo-2.png", "photo-3.png")
    done = sample(folder, out, "--way", "alternatives")
    assert done.exit_code == 0, done.output
    assert len(hashes(out)) == 9


def test_what_is_there_already_stays_unless_it_may_be_replaced(sample, folder, out):
    put(folder, "a.png", "b.png")
    out.mkdir()
    (out / "a.png").write_text("mine")
    done = sample(folder, out)
    assert done.exit_code == 1 and "a.png exists already. --overwrite replaces it." in done.output
    assert (out / "a.png").read_text() == "mine" and (out / "b.png").exists()
    assert sample(folder, out, "--overwrite").exit_code == 0
    assert (out / "a.png").read_bytes() != b"mine"


def test_an_input_is_not_replaced_even_where_replacing_is_allowed(sample, folder, tmp_path):
    put(folder, "a.png", "b.png")
    before = hashes(folder)
    done = sample(folder, folder, "--overwrite")
    assert done.exit_code == 2 and "OUTPUT would replace INPUT" in done.output
    (tmp_path / "linked").mkdir()
    os.link(folder / "a.png", tmp_path / "linked" / "a.png")
    done = sample(folder, tmp_path / "linked", "--overwrite")
    assert done.exit_code == 1 and "It is an input and stays." in done.output
    assert hashes(folder) == before


def test_one_file_does_not_replace_another_unless_it_may(sample, folder):
    put(folder, "a.png", "b.png")
    before = hashes(folder)
    done = sample(folder / "a.png", folder / "b.png")
    assert done.exit_code == 2 and "exists already" in done.output and hashes(folder) == before
    assert sample(folder / "a.png", folder / "b.png", "--overwrite").exit_code == 0


def test_an_output_folder_inside_the_input_folder_is_no_input(sample, folder):
    put(folder, "a.png")
    for _ in range(2):
        done = sample(folder, folder / "out", "--overwrite")
        assert done.exit_code == 0 and "1 of 1 pictures done." in done.output
    assert list(hashes(folder / "out")) == ["a.png"]


def test_what_is_no_picture_is_skipped_with_a_word_and_is_no_failure(sample, folder, out):
    put(folder, "a.png")
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_text("no picture")
    done = sample(folder, out)
    assert done.exit_code == 0 and "1 of 1 pictures done. 1 skipped." in done.output
    assert "notes.txt: This file is not a picture" in done.output and ".hidden" not in done.output


def test_an_output_that_cannot_be_written_is_told_before_the_work(sample, folder, tmp_path):
    put(folder, "a.png")
    (tmp_path / "file").write_text("a file")
    done = sample(folder, tmp_path / "file" / "out")
    assert done.exit_code == 2 and "Nothing can be written to OUTPUT" in done.output
    done = sample(folder, tmp_path / "file")
    assert done.exit_code == 2 and "INPUT is a folder, so OUTPUT must be one." in done.output


def test_nothing_half_written_is_left_where_the_disk_is_full(sample, folder, out, monkeypatch):
    put(folder, "a.png")
    out.mkdir()

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("imaging.io.outputs._rename_to_new", fail)
    done = sample(folder, out)
    assert done.exit_code == 1 and "No space left" in done.output and not list(out.iterdir())
