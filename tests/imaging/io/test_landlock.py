"""What a child that decodes can still open: its input, its output and its libraries."""

import struct
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from imaging.io import check, child, convert, landlock
from imaging.io.files import decode
from tests.imaging.io.curious_child import NEEDED, SECRETS, SINCE
from tests.imaging.io.test_memory import bmp_of_ten_bits, float_tiff
from tests.imaging.pictures import FIXTURES, quarters, save

ROOT = Path(__file__).resolve().parents[3]
VERSION = landlock.find_version()
needs_landlock = pytest.mark.skipif(not VERSION, reason="this kernel has no Landlock, nothing keeps a child from files")
FILES = {
    **{name: save(quarters(), name.upper()) for name in ("jpeg", "png", "webp", "gif", "tiff", "avif", "bmp")},
    "heic": (FIXTURES / "quarters.heic").read_bytes(),
    "deep tiff": float_tiff(),
    "deep bmp": bmp_of_ten_bits(),
    "deep png": save(Image.new("I;16", (40, 30), 40000), "PNG"),
}


@pytest.fixture
def site(tmp_path) -> Path:
    """A folder like that of a site, of which the child should see one upload."""
    for name in (*SECRETS, "emptied", "jobs/own/original.part"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"what is in {name}".encode())
    return tmp_path


def allowed() -> set[str]:
    """What a child can do here: all that is needed, and what this version cannot forbid."""
    return {*NEEDED, *(name for name, since in SINCE.items() if since > VERSION)}


def assert_kept_out(site: Path, seen: dict) -> None:
    assert set(seen["done"]) == allowed() and seen["threads"] == 1
    for name in (*SECRETS, "jobs/own/original.part"):
        assert (site / name).read_text() == f"what is in {name}"


@needs_landlock
@pytest.mark.parametrize("module", [check, convert])
def test_a_decoder_that_was_taken_over_opens_no_file_of_the_site(site, module, monkeypatch):
    ask, replies = child.ask, []

    def ask_another(name, arguments, *rest):
        replies.append(ask("tests.imaging.io.curious_child", [str(site), name, *arguments], *rest))
        raise KeyboardInterrupt

    monkeypatch.setattr(child, "ask", ask_another)
    own = site / "jobs" / "own"
    with pytest.raises(KeyboardInterrupt):
        if module is check:
            check.inspect(own / "original.part", own / "preview.webp", own / "thumbnail.webp")
        else:
            convert.convert(own / "original.part", own / "download.png", "png")
    assert_kept_out(site, replies[0].get("header", replies[0]))
    assert [path.name for path in own.iterdir()] == ["original.part"]


@pytest.mark.parametrize("name", FILES)
def test_a_picture_of_every_format_is_checked_as_before(name, tmp_path):
    source, preview, thumbnail = (tmp_path / file for file in ("upload.part", "preview.webp", "thumbnail.webp"))
    source.write_bytes(FILES[name])
    header, expected = check.inspect(source, preview, thumbnail), decode(source)
    assert header.format == name.split()[-1] == expected.format
    assert decode(preview).pixels.shape == expected.pixels.shape
    assert 0 < decode(thumbnail).pixels.shape[1] <= check.THUMBNAIL_SIDE


@pytest.mark.parametrize("name", ["jpeg", "heic", "deep tiff"])
def test_what_needs_another_library_is_converted_as_before(name, tmp_path):
    source, target = tmp_path / "upload.part", tmp_path / "out.png"
    source.write_bytes(FILES[name])
    convert.convert(source, target, "png")
    assert (decode(target).pixels == decode(source).pixels).all()


def test_where_there_is_no_landlock_nothing_is_changed(monkeypatch, tmp_path):
    monkeypatch.setattr(landlock, "find_version", lambda: 0)
    assert landlock.restrict([], []) is False
    child.restrict_files([], [tmp_path / "made"])
    assert (tmp_path / "made").read_bytes() == b""


FILTERED = """
import ctypes, sys
libc = ctypes.CDLL(None)
libc.prctl(38, 1, 0, 0, 0)
program = ctypes.create_string_buffer(bytes.fromhex(sys.argv[1]))
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
assert libc.prctl(22, 2, ctypes.byref(Program(4, ctypes.addressof(program)))) == 0
from imaging.io import landlock
print(landlock.find_version(), landlock.restrict([], []))
"""


def test_a_filter_that_ends_who_asks_for_landlock_does_not_end_the_child():
    """As the units of systemd had it: Debian's @system-service lacks these calls."""
    load_number, is_444, end, go_on = (
        (0x20, 0, 0, 0),
        (0x15, 0, 1, 444),
        (0x06, 0, 0, 0x80000000),
        (0x06, 0, 0, 0x7FFF0000),
    )
    program = b"".join(struct.pack("HBBI", *step) for step in (load_number, is_444, end, go_on))
    done = subprocess.run([sys.executable, "-c", FILTERED, program.hex()], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == ["0", "False"], done.stderr


def test_the_module_prints_the_version_for_who_runs_the_site():
    done = subprocess.run([sys.executable, "-m", "imaging.io.landlock"], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == f"{VERSION}\n"
