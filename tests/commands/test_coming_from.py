"""docs/coming-from.md: every line of Revive's on the page is run, with the real networks, in this process."""

import re
import shlex
import signal
import subprocess
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from revive.cli import cli
from services import runtime
from tests.jobs.support import ROOT, open_image

PAGE = (ROOT / "docs" / "coming-from.md").read_text("utf-8")
# The code in the right column of the tables, with the bars of pipes as they are typed.
CELLS = [
    code.replace("\\|", "|")
    for row in re.findall(r"^\| .*\|$", PAGE, re.M)
    for code in re.findall(r"`([^`]+)`", re.split(r"(?<!\\)\|", row)[2])
]
LINES = [line for line in dict.fromkeys(CELLS) if re.match(r"(cat \S+ \| |\w+=\S+ )?revive ", line)]
PROGRAMS = [block for block in re.findall(r"```python\n(.*?)```", PAGE, re.S) if "from revive import" in block]
LOOPS = re.findall(r"```sh\n(.*?)```", PAGE, re.S)


@pytest.fixture
def desk(tmp_path, monkeypatch) -> Path:
    """A folder with the files that the page names, and the weights that come with Revive."""
    monkeypatch.delenv("WEIGHTS_DIR")
    monkeypatch.setattr(runtime.folders, "weights", ROOT / "weights")
    monkeypatch.chdir(tmp_path)
    photo = Image.open(ROOT / "docs" / "demo" / "pictures" / "hopper.jpg")
    photo.thumbnail((320, 320))
    mask = Image.new("L", photo.size)
    mask.paste(255, (4, 4, 24, 24))
    for folder in ("portraits", "photos", "masks"):
        (tmp_path / folder).mkdir()
    for name in ("me.jpg", "photo.jpg", "portraits/a.jpg", "photos/a.jpg"):
        photo.save(tmp_path / name)
    for name in ("mask.png", "masks/a.png"):
        mask.save(tmp_path / name)
    return tmp_path


def run(line: str, data: bytes = b"") -> Result:
    name, *arguments = shlex.split(line)
    assert name == "revive"
    return CliRunner().invoke(cli, arguments, input=data)


class Pauses(threading.Event):
    """Stands for a person who presses Ctrl-C when there is nothing more to do: in the second pause."""

    count = 0

    def wait(self, _seconds: float | None = None) -> bool:
        self.count += 1
        if self.count == 2:
            signal.raise_signal(signal.SIGINT)
        return self.is_set()


def test_the_page_has_lines_of_all_three():
    assert len(LINES) > 12 and len(PROGRAMS) == 3 and len(LOOPS) == 1
    assert {shlex.split(line.split("revive ", 1)[1])[0] for line in LINES} == {
        "background",
        "enlarge",
        "idphoto",
        "inpaint",
        "serve",
    }


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("revive ") and "serve" not in line])
def test_a_line_for_files_writes_its_output(desk, monkeypatch, line):
    if "--watch" in line:
        monkeypatch.setattr("revive.run.threading", SimpleNamespace(Event=Pauses))
    done = run(line)
    assert done.exit_code == 0, done.output
    output = desk / line.split("-o ")[1].split()[0]
    written = list(output.iterdir()) if output.is_dir() else [output]
    assert written and all(path.stat().st_size for path in written)
    if "--kilobytes" in line:
        assert (desk / "id-photo.jpg").stat().st_size <= 30 * 1024
    if "--write-mask" in line:
        assert (desk / "cut-mask.png").is_file()
    if "--sheet" in line:
        assert (desk / "id-sheet-6inch.pdf").is_file() and (desk / "id-sheet-6inch.jpg").is_file()


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("cat ")])
def test_a_pipe_gives_a_cut_out(desk, line):
    feed, command = line.split(" | ")
    command, target = command.split(" > ")
    done = run(command, (desk / feed.split()[1]).read_bytes())
    assert done.exit_code == 0 and target.endswith(".png")
    assert open_image(done.stdout_bytes).mode == "RGBA"


@pytest.mark.parametrize("line", [line for line in LINES if "serve" in line])
def test_the_site_is_started_with_the_port_that_was_given(line, monkeypatch):
    started = []
    monkeypatch.setattr("os.execve", lambda program, command, environment: started.append(command))
    settings, _, command = line.rpartition("revive")
    assert settings.strip() in ("", "PORT=8080") and run(f"revive{command}").exit_code == 0
    assert started[0][-1] == str(ROOT / "run.py")


@pytest.mark.parametrize("program", PROGRAMS, ids=["background", "inpaint", "idphoto"])
def test_a_program_runs_as_it_is_printed(desk, program):
    known: dict = {}
    exec(program, known)  # noqa: S102
    if "idphoto" in known:
        assert known["result"].picture.shape == (413, 295, 3) and "sheet-6inch.pdf" in known["result"].files
    elif "inpaint" in known:
        assert (desk / "whole.png").is_file() and len(known["several"].alternatives) == 2
    else:
        assert known["cut"].shape[2] == 4 and known["mask"].ndim == 2 and known["white"].shape[2] == 3


def test_the_loop_gives_each_photo_its_own_mask(desk):
    record = "revive() { printf '%q ' revive \"$@\"; echo; }\n"
    lines = subprocess.run(["bash", "-c", record + LOOPS[0]], capture_output=True, text=True, check=True).stdout
    assert [run(line).exit_code for line in lines.splitlines()] == [0]
    assert (desk / "out" / "a.jpg").is_file()
