"""The wheel: built from the sdist, installed into an empty environment, run from another folder without any network."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.commands.conftest import names
from tests.jobs.support import ROOT, open_image
from tests.support.servers import EVERYTHING_IS_COMPULSORY, free_port, stop, wait_for_port

DEMO = ROOT / "docs" / "demo" / "pictures"
# Whatever asks for another machine gets no response.
DEAD_PROXIES = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "all_proxy")}


@pytest.fixture(scope="module")
def sdist(tmp_path_factory) -> Path:
    if importlib.util.find_spec("hatchling") is None:
        message = "hatchling is not installed"
        pytest.fail(message) if EVERYTHING_IS_COMPULSORY else pytest.skip(message)
    folder = tmp_path_factory.mktemp("sdist")
    build = ["-m", "hatchling", "build", "--target", "sdist", "--directory", str(folder)]
    subprocess.run([sys.executable, *build], cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("revive-*.tar.gz"))


@pytest.fixture(scope="module")
def wheel(sdist, tmp_path_factory) -> Path:
    """The wheel that is made of the sdist alone, as an installer makes it that finds no wheel."""
    folder = tmp_path_factory.mktemp("dist")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "-w", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", str(sdist), *options], check=True, capture_output=True)
    return next(folder.glob("revive-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The folder of programs of an environment that holds the wheel, and beside it what Revive needs."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    install = ["install", "--no-deps", "--no-index", "--quiet", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, *install], check=True, capture_output=True)
    needed = [path for path in sys.path if path.endswith("site-packages")]
    (next(folder.glob("lib/*/site-packages")) / "needed.pth").write_text("\n".join(needed))
    return folder / "bin"


# One call of a tool each: its name, its photo, further options.
CALLS = (
    ("deblur", "rocket.jpg", ["--anyway"]),
    ("colorize", "hopper.jpg", ["--anyway", "--no-variants"]),
    ("background", "hopper.jpg", ["--background", "transparent"]),
    ("idphoto", "hopper.jpg", ["--size", "us"]),
    ("inpaint", "hopper.jpg", ["--what", "person", "--engine", "patch"]),
    ("adjust", "hopper.jpg", ["--transform", "90"]),
    ("restore", "librarian.jpg", ["--no-scan", "--no-blur"]),
    ("scan", "hopper.jpg", ["--corners", "0.1,0.1,0.9,0.12,0.88,0.9,0.12,0.88"]),
    ("denoise", "hopper.jpg", ["--anyway"]),
    ("tone", "librarian.jpg", ["--anyway"]),
    ("enlarge", "librarian.jpg", []),
    ("onlyhere", "hopper.jpg", ["--edited", "denoise/hopper.jpg", "--mask", "../mask.png"]),
)
# What the script `revive` does, once for each list of arguments: PyTorch is imported once. Prints the exit statuses.
ONE_AFTER_ANOTHER = (
    "import json, sys\n"
    "from revive.__main__ import main\n"
    "for arguments in json.loads(sys.argv[1]):\n"
    "    sys.argv = ['revive', *arguments]\n"
    "    try:\n        main()\n"
    "    except SystemExit as end:\n        print('status', end.code or 0)\n"
)


@pytest.fixture(scope="module")
def ran(installed, tmp_path_factory) -> tuple[Path, list[int]]:
    """Run each tool of the installed Revive, in a folder with a home of its own; return it and the exit statuses."""
    folder = tmp_path_factory.mktemp("ran")
    (folder / "home").mkdir()
    (folder / "here").mkdir()
    mask = Image.new("L", Image.open(DEMO / "hopper.jpg").size)
    mask.paste(255, (0, 0, mask.width, mask.height // 2))
    mask.save(folder / "mask.png")
    calls = [[tool, str(DEMO / photo), "-o", f"{tool}/", *options] for tool, photo, options in CALLS]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [installed / "python", "-c", ONE_AFTER_ANOTHER, json.dumps(calls)],
        cwd=folder / "here",
        env=environment | DEAD_PROXIES,
        capture_output=True,
        text=True,
    )
    statuses = [int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("status ")]
    assert len(statuses) == len(CALLS), done.stderr
    return folder, statuses


def test_the_sdist_is_what_git_has_without_what_only_developers_need(sdist):
    with tarfile.open(sdist) as archive:
        files = {name.partition("/")[2] for name in archive.getnames()}
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    tracked = {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}
    left_out = (".ci/", "docs/screenshots/", "training/logs/")
    assert {name for name in tracked if not name.startswith(left_out)} - files == set()
    assert not [name for name in files if name.startswith((*left_out, "instance/", "runs/", ".venv/", "shared/"))]


def test_one_name_goes_into_site_packages_and_every_file_is_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        files = set(archive.namelist())
    assert {name.split("/")[0] for name in files if ".dist-info" not in name} == {"revive"}
    for room in ("static", "templates", "weights", "migrations", "services", "imaging", "networks", "views"):
        tracked = subprocess.run(["git", "ls-files", room], cwd=ROOT, capture_output=True, text=True).stdout.split("\n")
        assert {f"revive/_internal/{name}" for name in tracked if name} <= files
    assert "revive/_internal/translations/zh/LC_MESSAGES/messages.mo" in files and "revive/py.typed" in files
    assert not [name for name in files if "__pycache__" in name or "/tests/" in name or "/training/" in name]


@pytest.mark.parametrize("number", range(len(CALLS)), ids=[tool for tool, _, _ in CALLS])
def test_every_tool_runs_and_writes_into_its_output_only(ran, number):
    folder, statuses = ran
    tool, photo, _ = CALLS[number]
    assert statuses[number] == 0
    written = names(folder / "here" / tool)
    assert written and all(name.startswith(Path(photo).stem) for name in written)
    assert {name.split("/")[0] for name in names(folder / "here")} == {tool for tool, _, _ in CALLS}
    assert names(folder / "home") == []
    before = np.asarray(open_image((DEMO / photo).read_bytes()).convert("RGB"))
    after = np.asarray(open_image((folder / "here" / tool / written[0]).read_bytes()).convert("RGB"))
    assert before.shape != after.shape or (before != after).any()


def test_the_script_runs_a_tool(installed, tmp_path):
    command = [installed / "revive", "adjust", DEMO / "hopper.jpg", "-o", "out/", "--transform", "90"]
    done = subprocess.run(command, cwd=tmp_path, env={"HOME": str(tmp_path / "home")}, capture_output=True, text=True)
    assert (done.returncode, done.stderr, names(tmp_path)) == (0, "", ["out/hopper.jpg"])


def test_the_library_is_there_and_brings_no_name_but_its_own(installed, tmp_path):
    program = (
        "import sys, importlib.util as util\n"
        "from revive import adjust\n"
        f"print(adjust({str(DEMO / 'hopper.jpg')!r}, brightness=2).picture.shape)\n"
        "print([name for name in ('config', 'models', 'views', 'worker', 'jobs') if util.find_spec(name)])\n"
        "print([name for name in ('flask', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([installed / "python", "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.splitlines()[1:] == ["[]", "[]"], done.stderr


CONSUMER = """
import revive

result: revive.Result = revive.idphoto("me.jpg", size="us", report=lambda share, stage: print(share))
assert result.picture is not None
reveal_type(result.picture.shape)
reveal_type(result.steps)
try:
    revive.deblur(b"", strength=0.5).save("new.png")
except (revive.PictureError, revive.InvalidOption, revive.ServiceError) as error:
    reveal_type(error.key)
revive.adjust("me.jpg", brightness="high")
"""


def test_a_type_checker_knows_the_library(installed, tmp_path):
    (tmp_path / "consumer.py").write_text(CONSUMER)
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", installed / "python", "consumer.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    shown = re.findall(r'Revealed type is "(.*)"', done.stdout.replace("builtins.", ""))
    assert shown == ["tuple[Any, ...]", "tuple[tuple[str, str, str], ...]", "str"], done.stdout
    assert done.stdout.count("error:") == 1 and 'Argument "brightness" to "adjust"' in done.stdout


def test_the_site_starts_and_keeps_its_data_with_the_user_s(installed, tmp_path):
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PORT": str(port), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([installed / "revive", "serve"], cwd=tmp_path, env=environment | DEAD_PROXIES)
    try:
        wait_for_port(port, process=process)
        request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Accept-Language": "zh"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as response:
            assert response.status == 200 and "焕影" in response.read().decode()
        users = subprocess.run([installed / "revive", "users", "list"], cwd="/", env=environment, capture_output=True)
        assert users.returncode == 0, users.stderr
    finally:
        stop(process)
    assert (tmp_path / ".local" / "share" / "revive" / "instance" / "revive.db").is_file()
    assert not (installed.parent / "instance").exists()
