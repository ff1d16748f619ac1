"""`revive TOOL`: what goes in, what comes out and where, and the exit status."""

import io
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from imaging.io.outputs import Outputs
from revive.batch import name_files
from revive.cli import SITE_COMMANDS, cli, tool_command
from revive.console import JsonLines, ProgressBar, choose_console
from services import list_all
from services.base import File
from tests.commands.conftest import names
from tests.jobs import sampler as sampled
from tests.jobs.support import ROOT, open_image, picture


def test_several_files_go_into_one_folder(brighten, folder, out):
    done = brighten(folder / "a.png", folder / "b.jpg", "-o", out)
    assert done.exit_code == 0, done.output
    assert names(out) == ["a.png", "b.jpg"]
    assert "a.png -> a.png" in done.stdout and "2 of 2 pictures done." in done.stdout


def test_one_file_becomes_one_file_of_the_format_that_its_name_says(brighten, folder, tmp_path):
    done = brighten(folder / "a.png", "-o", tmp_path / "new.webp")
    assert done.exit_code == 0, done.output
    assert open_image((tmp_path / "new.webp").read_bytes()).format == "WEBP"


def test_a_change_map_lies_beside_its_output_and_replaces_nothing(brighten, folder, out):
    done = brighten(folder / "a.png", folder / "b.jpg", "-o", out, "--change-map")
    assert done.exit_code == 0, done.output
    assert names(out) == ["a-changes.png", "a.png", "b-changes.png", "b.jpg"]
    ours, theirs = (np.asarray(Image.open(path)) for path in (out / "a.png", folder / "a.png"))
    changes = np.asarray(Image.open(out / "a-changes.png"))
    assert np.array_equal(changes == 0, (ours == theirs).all(axis=2)) and changes.any()
    before = (out / "a-changes.png").read_bytes()
    (out / "a.png").unlink()
    assert brighten(folder / "a.png", "-o", f"{out}/", "--change-map").exit_code == 1
    assert (out / "a-changes.png").read_bytes() == before and not (out / "a.png").exists()
    assert brighten("-", "--change-map", data=picture()).exit_code == 2


def test_a_mask_is_written_when_asked_also_where_there_is_no_picture(brighten, sampler, folder, out):
    look = [str(folder / "b.jpg"), "-o", f"{out}/", "--way", "look", "--look-only"]
    assert CliRunner().invoke(tool_command(sampler), look).exit_code == 1 and names(out) == []
    done = CliRunner().invoke(tool_command(sampler), [*look, "--write-mask", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["status"] == "done" and names(out) == ["b-mask.png"]
    mask = open_image((out / "b-mask.png").read_bytes())
    assert mask.mode == "L" and mask.getextrema() == (255, 255)
    again = CliRunner().invoke(tool_command(sampler), [*look, "--write-mask"])
    assert again.exit_code == 1 and "b-mask.png exists already" in again.stderr
    assert brighten(folder / "b.jpg", "-o", "-", "--write-mask").exit_code == 2


def test_each_alternative_gets_a_change_map(revive, sampler, folder, out):
    command = tool_command(sampler)
    done = CliRunner().invoke(
        command, [str(folder / "a.png"), "-o", f"{out}/", "--way", "alternatives", "--change-map"]
    )
    assert done.exit_code == 0, done.output
    assert names(out) == ["a-2-changes.png", "a-2.png", "a-3-changes.png", "a-3.png", "a-changes.png", "a.png"]


def test_standard_input_and_output_make_a_pipe(brighten):
    done = brighten("-", data=picture(60, 40, "PNG"))
    assert done.exit_code == 0, done.output
    assert open_image(done.stdout_bytes).size == (60, 40)
    assert open_image(brighten("-", "--format", "jpeg", data=picture()).stdout_bytes).format == "JPEG"


def test_a_pipe_gets_the_picture_and_not_a_byte_more(brighten):
    done = brighten("-", "--format", "png", data=picture())
    assert done.stdout_bytes.endswith(b"IEND\xaeB`\x82")
    assert "1 of 1 pictures done." in done.stderr


def test_a_named_pipe_is_read_once_and_is_no_match_of_a_pattern(brighten, folder, out):
    os.mkfifo(folder / "pipe.png")
    with ThreadPoolExecutor() as pool:
        pool.submit((folder / "pipe.png").write_bytes, picture(format="PNG"))
        assert brighten(folder / "pipe.png", "-o", f"{out}/").exit_code == 0
    assert names(out) == ["pipe.png"]
    assert brighten(folder / "*.png", "-o", out).exit_code == 0
    assert names(out) == ["a.png", "pipe.png"]


def test_standard_input_can_go_into_a_folder_and_a_file_to_standard_output(brighten, folder, out):
    assert brighten("-", "-o", f"{out}/", data=picture()).exit_code == 0
    assert names(out) == ["stdin.jpg"]
    assert open_image(brighten(folder / "a.png", "-o", "-").stdout_bytes).format == "PNG"


def test_a_folder_is_searched_and_its_subfolders_only_on_request(brighten, folder, out):
    done = brighten(folder, "-o", out)
    assert done.exit_code == 0 and names(out) == ["a.png", "b.jpg"]
    assert "notes.txt: This file is not a picture" in done.stderr and "2 of 2 pictures done. 1 skipped." in done.stdout
    again = brighten(folder, "-o", out, "--recursive", "--overwrite")
    assert again.exit_code == 0 and names(out) == ["a.png", "b.jpg", "sub/c.png"]
    assert "sub/c.png -> c.png" in again.stdout


def test_an_output_folder_among_the_inputs_is_none_of_them(brighten, folder):
    for _ in range(2):
        done = brighten(folder, "-o", folder / "out", "--recursive", "--overwrite")
        assert done.exit_code == 0 and "3 of 3 pictures done." in done.stdout
    assert names(folder / "out") == ["a.png", "b.jpg", "sub/c.png"]


def test_patterns_are_understood_where_no_shell_did_it(brighten, folder, out):
    assert brighten(folder / "*.png", folder / "**" / "c.*", "-o", out).exit_code == 0
    assert names(out) == ["a.png", "c.png"]


def test_names_that_collide_get_their_suffix_and_no_input_is_replaced(brighten, folder, out):
    (folder / "a.jpg").write_bytes(picture())
    before = {name: (folder / name).read_bytes() for name in names(folder)}
    assert brighten(folder / "a.png", folder / "a.jpg", "-o", out, "-j", "2").exit_code == 0
    assert names(out) == ["a-jpg.jpg", "a-png.png"]
    done = brighten(folder / "a.png", folder / "b.jpg", "-o", folder, "--overwrite")
    assert done.exit_code == 2 or "It is an input and stays." in done.stderr
    assert {name: (folder / name).read_bytes() for name in names(folder)} == before


def test_many_at_once_give_what_one_after_another_gives(brighten, tmp_path):
    (tmp_path / "many").mkdir()
    for number in range(12):
        (tmp_path / "many" / f"{number}.png").write_bytes(picture(30 + number, 20, "PNG"))
    assert brighten(tmp_path / "many", "-o", tmp_path / "one").exit_code == 0
    assert brighten(tmp_path / "many", "-o", tmp_path / "four", "--jobs", "4").exit_code == 0
    for number in range(12):
        assert (tmp_path / "one" / f"{number}.png").read_bytes() == (tmp_path / "four" / f"{number}.png").read_bytes()


def test_skip_existing_leaves_what_is_done_and_does_the_rest(brighten, folder, out):
    brighten(folder / "a.png", "-o", f"{out}/")
    stamp = (out / "a.png").stat().st_mtime_ns
    done = brighten(folder, "-o", out, "--skip-existing")
    assert done.exit_code == 0 and names(out) == ["a.png", "b.jpg"]
    assert (out / "a.png").stat().st_mtime_ns == stamp
    assert "a.png: Its output exists already. Skipped." in done.stderr
    assert brighten(folder / "a.png", "-o", out / "a.png", "--skip-existing").exit_code == 0


def test_skip_existing_skips_a_mask_that_is_there_where_a_mask_is_all_that_is_made(sampler, folder, out):
    full = [str(folder / "b.jpg"), "-o", f"{out}/", "--way", "look", "--write-mask", "--skip-existing"]
    look = [*full, "--look-only"]
    assert CliRunner().invoke(tool_command(sampler), look).exit_code == 0 and names(out) == ["b-mask.png"]
    stamp, runs = (out / "b-mask.png").stat().st_mtime_ns, len(sampled.seen)
    again = CliRunner().invoke(tool_command(sampler), look)
    assert again.exit_code == 0 and "b.jpg: Its output exists already. Skipped." in again.stderr
    assert (out / "b-mask.png").stat().st_mtime_ns == stamp and len(sampled.seen) == runs, "nothing was looked for"
    made = CliRunner().invoke(tool_command(sampler), full)
    assert made.exit_code == 0 and names(out) == ["b-mask.png", "b.jpg"], "the mask is not yet the picture"


def test_what_exists_already_is_no_output_of_this_run(brighten, folder, out):
    brighten(folder / "a.png", "-o", f"{out}/")
    done = brighten(folder, "-o", out)
    assert done.exit_code == 1 and "a.png exists already. --overwrite replaces it." in done.stderr


def test_what_is_no_picture_fails_only_where_nothing_else_was_named(brighten, folder, out):
    assert brighten(folder / "a.png", folder / "notes.txt", "-o", out).exit_code == 0
    assert brighten(folder / "notes.txt", "-o", f"{out}/").exit_code == 1
    assert brighten("-", data=b"no picture").exit_code == 1


def test_json_lines_tell_programs_what_became_of_each(brighten, folder, out):
    (folder / "broken.jpg").write_bytes(picture()[:200])
    done = brighten(folder, "-o", out, "--json")
    lines = {os.path.basename(line["input"]): line for line in map(json.loads, done.stdout.splitlines())}
    assert {name: line["status"] for name, line in lines.items()} == {
        "a.png": "done",
        "b.jpg": "done",
        "broken.jpg": "failed",
        "notes.txt": "skipped",
    }
    assert lines["a.png"]["outputs"] == [str(out / "a.png")] and lines["broken.jpg"]["message"]
    assert done.exit_code == 1 and done.stderr == ""


def test_a_service_that_declines_is_told_apart_from_a_failure(sampler, folder, out):
    command = tool_command(sampler)
    done = CliRunner().invoke(command, [str(folder / "a.png"), "-o", f"{out}/", "--way", "decline", "--json"])
    line = json.loads(done.stdout)
    assert (line["status"], line["verdict"], done.exit_code) == ("declined", "nothing_found", 1)


def test_switches_are_flags(sampler, folder, out):
    arguments = [str(folder / "a.png"), "-o", f"{out}/", "--way", "decline", "--anyway"]
    assert CliRunner().invoke(tool_command(sampler), arguments).exit_code == 0
    assert sampled.seen[-1]["anyway"] is True


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a.png"], "Say where the pictures go"),
        (["a.png", "-o", "new.tiff"], "OUTPUT must end in .png, .jpg or .webp"),
        (["a.png", "-o", "new.png", "--format", "jpeg"], "--format asks for jpeg"),
        (["a.png", "b.jpg", "-o", "-"], "Standard output takes one picture"),
        (["a.png", "-o", "-", "--json"], "Standard output takes either the picture or --json."),
        (["a.png", "b.jpg", "-o", "notes.txt"], "Several inputs need a folder"),
        (["nowhere.png", "-o", "b.jpg"], "There is no file or folder 'nowhere.png'."),
        (["nowhere*", "-o", "out/"], "There is no file or folder 'nowhere*'."),
        (["nowhere.png", "-o", "out/"], "There is no file or folder 'nowhere.png'."),
        ([".", "-o", "."], "OUTPUT would replace INPUT"),
        (["a.png", "-o", "a.png", "--overwrite"], "OUTPUT would replace INPUT"),
        ([".", "-o", "out/", "--overwrite", "--skip-existing"], "Choose one of"),
        (["a.png", "-o", "out/", "--watch"], "--watch needs a folder to watch"),
        (["a.png", "-o", "out/", "--brightness", "1000"], "out of range. Possible: 0.2-100. (--brightness)"),
    ],
)
def test_a_fault_in_the_call_is_told_before_any_work(brighten, folder, monkeypatch, arguments, sentence):
    monkeypatch.chdir(folder)
    before = names(folder)
    done = brighten(*arguments)
    assert done.exit_code == 2 and sentence in done.output, done.output
    assert names(folder) == before


def test_a_tool_without_its_weights_says_so(revive, folder, out):
    done = revive("deblur", folder / "a.png", "-o", f"{out}/")
    assert done.exit_code == 1 and "weights" in done.output


def test_a_wrong_setting_is_told_in_a_sentence(brighten, folder, out, monkeypatch):
    monkeypatch.setenv("MAX_MEGAPIXELS", "many")
    done = brighten(folder / "a.png", "-o", f"{out}/")
    assert done.exit_code == 2 and "MAX_MEGAPIXELS is 'many': give a whole number" in done.output


def test_every_tool_has_its_command_and_its_options(revive):
    assert set(cli.commands) == {service.key for service in list_all()} | set(SITE_COMMANDS)
    for service in list_all():
        told = revive(service.key, "--help").output
        assert all(f"--{option.name.replace('_', '-')}" in told for option in service.options)


def test_nothing_is_written_outside_the_output_and_nothing_heavy_is_imported(folder, tmp_path):
    program = (
        "import sys; sys.argv = ['revive', 'adjust', sys.argv[1], '-o', 'out/', '--brightness', '2']\n"
        "from revive.__main__ import main\n"
        "try:\n    main()\n"
        "finally:\n    print([name for name in ('torch', 'cv2', 'flask', 'sqlalchemy') if name in sys.modules])"
    )
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder / "a.png")],
        cwd=tmp_path / "here",
        env=environment | {"INSTANCE_DIR": str(tmp_path / "home" / "instance")},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "[]"
    assert names(tmp_path / "home") == [] and names(tmp_path / "here") == ["out/a.png"]


def test_camera_data_can_be_stripped(brighten, tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    data = io.BytesIO()
    open_image(picture()).save(data, "JPEG", exif=exif)
    done = brighten("-", "--metadata", "strip", data=data.getvalue())
    assert not open_image(done.stdout_bytes).getexif()
    assert open_image(brighten("-", data=data.getvalue()).stdout_bytes).getexif()[0x010F] == "A camera"


def test_a_terminal_gets_the_bar_also_beside_a_pipe_but_not_with_json(monkeypatch):
    monkeypatch.setattr("revive.console.sys", SimpleNamespace(stderr=SimpleNamespace(isatty=lambda: True)))
    assert type(choose_console(as_json=False, picture_to_output=True)) is ProgressBar
    assert type(choose_console(as_json=True, picture_to_output=False)) is JsonLines


def test_sheets_of_one_name_and_two_kinds_are_told_apart_by_their_suffix(folder, tmp_path):
    names_of = Outputs([folder / "a.png"])
    files = (File("sheet.pdf", "PDF", b"1"), File("sheet.jpg", "JPEG", b"2"))
    assert [path.name for path in name_files(files, names_of, tmp_path, "a")] == ["a-sheet.pdf", "a-sheet.jpg"]
