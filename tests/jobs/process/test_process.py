"""`flask process`: the services on the command line, with no database in sight."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from jobs.process import _build_command
from services import SERVICES
from services.base import CACHE
from tests.jobs import sampler as sampled
from tests.jobs.support import ROOT, make_painted_sheet, picture


@pytest.fixture
def process(environment):
    """Run `flask process` as a shell would, in an installation that has never had a database."""

    def run(*arguments: object) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "flask", "process", *map(str, arguments)]
        return subprocess.run(
            command, cwd=ROOT, env={"PATH": os.environ["PATH"]} | environment, capture_output=True, text=True
        )

    return run


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(picture(60, 40, "PNG"))
    return path


def test_one_file_goes_in_and_one_comes_out(process, photo, tmp_path, environment):
    done = process("adjust", photo, tmp_path / "out.png", "--transform", "180")
    assert (done.returncode, done.stderr) == (0, "")
    expected = np.rot90(np.asarray(Image.open(photo)), 2)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "out.png")), expected)
    assert not list((tmp_path / "instance").glob("*.db*"))


def test_a_folder_is_done_to_its_end_and_the_status_tells_of_the_bad_file(app, tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.png").write_bytes(picture(format="PNG"))
    (source / "b.jpg").write_bytes(picture()[:200])
    (source / "c.jpg").write_bytes(picture())
    arguments = ["process", "adjust", str(source), str(tmp_path / "out"), "--brightness", "2"]
    done = app.test_cli_runner().invoke(args=arguments)
    assert done.exit_code == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "c.jpg"]
    assert done.stderr.startswith("b.jpg: ") and "Traceback" not in done.stderr
    assert "2 of 3 pictures done." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--brightness", "1000"], "out of range"),
        (["--transform", "45"], "not one of"),
        ([], "Nothing to change"),
        (["--size", "3"], "No such option"),
    ],
)
def test_wrong_options_are_told_in_words(app, photo, tmp_path, arguments, sentence):
    command = ["process", "adjust", str(photo), str(tmp_path / "out.png"), *arguments]
    done = app.test_cli_runner().invoke(args=command)
    assert done.exit_code == 2 and sentence in done.output
    assert not (tmp_path / "out.png").exists()


def test_the_input_is_never_overwritten(app, photo):
    before = photo.read_bytes()
    done = app.test_cli_runner().invoke(args=["process", "adjust", str(photo), str(photo.parent), "--brightness", "2"])
    assert done.exit_code == 1
    assert photo.read_bytes() == before


def test_a_service_without_its_weights_says_so(app, photo, tmp_path):
    done = app.test_cli_runner().invoke(args=["process", "deblur", str(photo), str(tmp_path / "out.png")])
    assert done.exit_code == 1 and "weights" in done.output


def test_metadata_can_be_stripped(app, tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    data = io.BytesIO()
    Image.open(io.BytesIO(picture())).save(data, "JPEG", exif=exif)
    (tmp_path / "in.jpg").write_bytes(data.getvalue())
    for name, wanted in (("kept.jpg", "keep"), ("stripped.jpg", "strip")):
        files = [str(tmp_path / "in.jpg"), str(tmp_path / name)]
        app.test_cli_runner().invoke(args=["process", "adjust", *files, "--brightness", "2", "--metadata", wanted])
    assert Image.open(tmp_path / "kept.jpg").getexif()[0x010F] == "A camera"
    assert not Image.open(tmp_path / "stripped.jpg").getexif()


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.key)
def test_every_service_explains_its_options(app, service):
    told = app.test_cli_runner().invoke(args=["process", service.key, "--help"]).output
    assert all(f"--{option.name.replace('_', '-')}" in told for option in service.options)


@pytest.fixture
def sample(app, sampler):
    """Run `flask process sampler`, which is no service of the site."""
    command = _build_command(sampler)

    def run(*arguments: object):
        return app.test_cli_runner().invoke(command, [str(argument) for argument in arguments])

    return run


def test_masks_and_hints_are_files_and_any_option_has_a_name(sample, photo, tmp_path):
    (tmp_path / "mask.png").write_bytes(make_painted_sheet())
    done = sample(
        photo,
        tmp_path / "out.png",
        "--mask",
        tmp_path / "mask.png",
        "--option",
        "amount=0.5",
        "--option",
        f"hints={tmp_path / 'mask.png'}",
        "--option",
        "frame=0,0,0.5,1",
    )
    assert done.exit_code == 0, done.output
    options = sampled.seen[-1]
    assert options["mask"].pixels.shape == options["hints"].pixels.shape == (40, 60, 4)
    assert (options["amount"], options["frame"], options[CACHE]) == (0.5, (0.0, 0.0, 0.5, 1.0), {})


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("size=3", "has no option 'size'"),
        ("amount=9", "out of range"),
        ("mask=/nowhere.png", "There is no file"),
        ("amount", ""),
    ],
)
def test_a_wrong_named_option_is_told_before_anything_is_done(sample, photo, tmp_path, option, sentence):
    done = sample(photo, tmp_path / "out.png", "--option", option)
    assert sentence in done.output
    assert (done.exit_code, (tmp_path / "out.png").exists()) == ((2, False) if sentence else (0, True))


def test_a_picture_that_rightly_has_no_result_writes_none_and_says_why(sample, photo, tmp_path):
    done = sample(photo, tmp_path / "out.png", "--way", "decline")
    assert done.exit_code == 1 and "Nothing was found in this picture." in done.output
    assert not (tmp_path / "out.png").exists()
    assert sample(photo, tmp_path / "out.png", "--way", "decline", "--anyway", "1").exit_code == 0


def test_alternatives_and_finished_files_are_written_beside_the_result(sample, photo, tmp_path):
    sample(photo, tmp_path / "out.png", "--way", "alternatives")
    sample(photo, tmp_path / "paper.jpg", "--way", "files")
    names = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert {"out.png", "out-2.png", "out-3.png", "paper.jpg", "paper-sheet.pdf"} <= names
    assert Image.open(tmp_path / "out-3.png").getpixel((0, 0)) == (20, 20, 20)
