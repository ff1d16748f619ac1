"""The decode check, as a real child process."""

import json
import socket
import struct
import subprocess
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imaging.io import check, landlock
from imaging.io.errors import OutOfTime
from imaging.io.files import BrokenPicture, ForeignFormat, TooCostly, TooManyPixels, decode
from imaging.io.previews import encode_small

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def photo(tmp_path) -> Path:
    path = tmp_path / "upload"
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8))
    image.resize((3000, 2000)).save(path, "JPEG", exif=exif)
    return path


def inspect_bytes(path: Path, **limits):
    return check.inspect(path, path.with_suffix(".preview.webp"), path.with_suffix(".thumbnail.jpg"), **limits)


def test_it_returns_the_upright_header_and_writes_small_copies(photo):
    header = inspect_bytes(photo)
    assert (header.format, header.width, header.height) == ("jpeg", 2000, 3000)
    preview, thumbnail = decode(photo.with_suffix(".preview.webp")), decode(photo.with_suffix(".thumbnail.jpg"))
    assert (preview.format, preview.height, preview.exif) == ("webp", 2048, None)
    assert (thumbnail.format, thumbnail.width, thumbnail.height) == ("jpeg", 213, 320)


def test_a_transparent_picture_keeps_its_alpha_in_the_preview(tmp_path):
    path = tmp_path / "upload"
    Image.new("RGBA", (40, 30), (0, 0, 0, 0)).save(path, "PNG")
    inspect_bytes(path)
    assert decode(path.with_suffix(".preview.webp")).alpha.max() == 0
    assert decode(path.with_suffix(".thumbnail.jpg")).pixels.min() > 250


def test_a_large_hdr_picture_is_tone_mapped_for_its_preview(tmp_path):
    path = tmp_path / "upload"
    Image.new("RGB", (5000, 40), (148, 148, 148)).save(path, "PNG")
    whole = path.read_bytes()
    numbers = b"cICP\x09\x10\0\1"
    path.write_bytes(whole[:33] + struct.pack(">I", 4) + numbers + struct.pack(">I", zlib.crc32(numbers)) + whole[33:])
    inspect_bytes(path)
    preview = decode(path.with_suffix(".preview.webp"))
    assert preview.width == 2048 and 215 <= preview.pixels[5, 9, 1] <= 240


def test_domain_errors_come_through_and_leave_nothing_behind(tmp_path, photo):
    foreign = tmp_path / "foreign"
    foreign.write_bytes(b"<html></html>")
    with pytest.raises(ForeignFormat):
        inspect_bytes(foreign)
    broken = tmp_path / "broken"
    broken.write_bytes(photo.read_bytes()[:20_000])
    with pytest.raises(BrokenPicture):
        inspect_bytes(broken)
    with pytest.raises(TooManyPixels):
        inspect_bytes(photo, max_megapixels=5.9)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken", "foreign", "upload"]


def test_a_picture_that_needs_more_memory_than_allowed_is_too_costly(tmp_path):
    path = tmp_path / "upload"
    Image.new("RGB", (6000, 6000)).save(path, "PNG")
    with pytest.raises(TooCostly):
        inspect_bytes(path, memory_mb=100)


def test_a_picture_that_keeps_the_decoder_busy_is_too_costly(tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(progressive_bomb())
    with pytest.raises(TooCostly):
        inspect_bytes(path, seconds=1)


def test_a_server_that_is_too_busy_to_look_does_not_call_it_the_picture_s_fault(photo, monkeypatch):
    monkeypatch.setattr(check, "PATIENCE", 0)
    with pytest.raises(OutOfTime):
        inspect_bytes(photo)
    assert [path.name for path in photo.parent.iterdir()] == ["upload"]


def progressive_bomb(scans: int = 6000, side: int = 4096) -> bytes:
    """A JPEG of a few hundred kilobytes, whose thousands of empty refinement scans each visit every block."""

    def segment(marker: int, body: bytes) -> bytes:
        return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body

    size = side.to_bytes(2, "big")
    frame = segment(0xC2, b"\x08" + size + size + b"\x01\x01\x11\x00")
    quantisation = segment(0xDB, b"\x00" + b"\x01" * 64)
    dc_table = segment(0xC4, b"\x00" + b"\x01" + bytes(15) + b"\x00")
    ac_table = segment(0xC4, b"\x10" + b"\x00\x01" + bytes(14) + b"\xe0")
    first = segment(0xDA, b"\x01\x01\x00\x00\x00\x01") + bytes(-(-((side // 8) ** 2) // 8))
    end_of_bands = b"\x00" * 16
    scan = segment(0xDA, b"\x01\x01\x00\x01\x3f\x00") + end_of_bands
    return b"\xff\xd8" + quantisation + frame + dc_table + ac_table + first + scan * scans + b"\xff\xd9"


def test_memory_is_asked_for_before_anything_is_decoded(tmp_path):
    path, asked = tmp_path / "upload", []

    @contextmanager
    def memory(megabytes):
        assert path.with_suffix(".preview.webp").read_bytes() == b""
        asked.append(megabytes)
        yield

    for format, least in (("WEBP", 125), ("JPEG", 62)):
        Image.new("RGB", (3000, 2000)).save(path, format)
        inspect_bytes(path, memory=memory)
        path.with_suffix(".preview.webp").unlink()
        assert least < asked.pop() < 1.3 * least + 80


def test_what_may_not_have_its_memory_is_ended_and_leaves_nothing(photo):
    def memory(megabytes):
        raise KeyError(megabytes)

    with pytest.raises(KeyError):
        inspect_bytes(photo, memory=memory)
    assert [path.name for path in photo.parent.iterdir()] == ["upload"]


def test_the_child_sees_none_of_the_environment(photo, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "canary")
    seen = {}
    start = subprocess.Popen

    def spying(*arguments, **settings):
        seen.update(settings["env"])
        return start(*arguments, **settings)

    monkeypatch.setattr(subprocess, "Popen", spying)
    inspect_bytes(photo)
    assert seen and "SECRET_KEY" not in seen


RESTRICTED = """
import json, os, resource, socket, sys
from pathlib import Path
from imaging.io import child

def look():
    status = Path("/proc/self/status").read_text()
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2)
        network = True
    except OSError:
        network = False
    return {"no_new_privileges": "NoNewPrivs:\\t1" in status, "network": network, "core": resource.getrlimit(4)[1]}

child.send_reply(look, 5, 1400, 1)
"""
MAY_HAVE_A_NAMESPACE = "import ctypes; print(ctypes.CDLL(None).unshare(0x50000000))"


def test_the_child_gains_no_rights_and_has_no_network_where_the_system_lets_it():
    with socket.create_server(("127.0.0.1", 0)) as server:
        arguments = [sys.executable, "-c", RESTRICTED, str(server.getsockname()[1])]
        child = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=60)
    probe = subprocess.run([sys.executable, "-c", MAY_HAVE_A_NAMESPACE], capture_output=True, text=True, check=True)
    cut_off = probe.stdout.strip() == "0" or landlock.find_version() >= 4
    assert json.loads(child.stdout) == {"no_new_privileges": True, "network": not cut_off, "core": 0}


def test_the_child_works_outside_the_folder_of_the_site(photo, monkeypatch):
    seen = {}
    start = subprocess.Popen

    def spying(*arguments, **settings):
        seen.update(settings)
        return start(*arguments, **settings)

    monkeypatch.setattr(subprocess, "Popen", spying)
    inspect_bytes(photo)
    assert seen["cwd"] == "/"


def test_the_child_needs_neither_torch_nor_numpy():
    code = "import sys, imaging.io.check; print(sorted({'torch', 'numpy', 'cv2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path.cwd())
    assert done.stdout.strip() == "[]"


def test_small_copies_that_cannot_be_written_are_no_fault_of_the_picture(photo):
    with pytest.raises(FileNotFoundError):
        check.inspect(photo, photo.parent / "nowhere" / "preview.webp", photo.with_suffix(".jpg"))


def test_thumbnails_of_photos_weigh_less_than_half_of_what_they_once_did():
    sizes = {(384, 85): 0, (check.THUMBNAIL_SIDE, check.THUMBNAIL_QUALITY): 0}
    for path in (ROOT / "docs" / "demo" / "pictures").glob("*.jpg"):
        with Image.open(path) as image:
            for side, quality in sizes:
                sizes[side, quality] += len(encode_small(image.convert("RGB"), None, side, "webp", quality))
    before, now = sizes.values()
    assert 0 < now < before / 2
