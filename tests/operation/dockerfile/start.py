"""What the image starts, tried as `docker run --read-only` would start it."""

import fcntl
import json
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tests.operation.dockerfile.build import SOURCE, Stage

_START_SECONDS = 600
_SET_FLAGS, _UP = 0x8914, 1  # SIOCSIFFLAGS, IFF_UP
_MAKE_PHOTO = """
import numpy, PIL.Image
ramp = numpy.linspace(20, 230, 96)[None, :].repeat(64, 0)
PIL.Image.fromarray(ramp.astype(numpy.uint8)).save("/tmp/photo.png")
"""
# What is tried, the command, and whether it must succeed.
_TRIED = (
    ("a user without rights", ["sh", "-c", 'test "$(id -u)" != 0'], True),
    ("writing beside the code", ["touch", "written"], False),
    ("a photo", ["python", "-c", _MAKE_PHOTO], True),
    ("a network on it", ["python", "-m", "revive", "colorize", "/tmp/photo.png", "-o", "/tmp/result.png"], True),
    ("its result", ["test", "-s", "/tmp/result.png"], True),
)


def start(stage: Stage) -> int:
    """Try the site in namespaces of its own, whose end is the end of all that ran there; return the exit status."""
    volumes = stage.root.parent / "volumes"
    shutil.rmtree(volumes, ignore_errors=True)
    for path in stage.volumes:  # a new volume has what the image has there, and its owner
        (volumes / path.lstrip("/")).parent.mkdir(parents=True)
        subprocess.run(["cp", "-a", stage.root / path.lstrip("/"), volumes / path.lstrip("/")], check=True)
    namespaces = ["unshare", "--mount", "--propagation=private", "--net", "--pid", "--fork", "--kill-child"]
    command = [*namespaces, sys.executable, "-m", __name__, json.dumps(asdict(stage) | {"root": str(stage.root)})]
    return subprocess.run(command, cwd=SOURCE, check=False).returncode


def try_inside(stage: Stage) -> int:
    """Start CMD in these namespaces and look at it; return 0 when all is well."""
    _mount_read_only(stage)
    _raise_loopback()
    site = subprocess.Popen(_enter(stage, stage.command), env=stage.environment)
    try:
        problems = [said for said in (_wait_for_health(site), *_look_inside(stage)) if said]
    finally:
        site.terminate()
        site.wait(90)
    for said in problems:
        print(f"WRONG  {said}")
    print(f"{len(problems)} things are wrong." if problems else "The steps of the image and its site are well.")
    return bool(problems)


def _mount_read_only(stage: Stage) -> None:
    """Let nothing be written but the volumes and a /tmp of its own."""
    root = str(stage.root)
    mounts = [["--bind", root, root], ["-t", "proc", "proc", f"{root}/proc"], ["--rbind", "/dev", f"{root}/dev"]]
    mounts.append(["-t", "tmpfs", "tmpfs", f"{root}/tmp"])
    mounts += [["--bind", f"{stage.root.parent}/volumes{path}", f"{root}{path}"] for path in stage.volumes]
    for words in (*mounts, ["-o", "remount,bind,ro", root]):
        subprocess.run(["mount", *words], check=True)


def _raise_loopback() -> None:
    """Let this network namespace reach itself."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh", b"lo", _UP))


def _enter(stage: Stage, command: list[str]) -> list[str]:
    inside = ["env", "-C", stage.folder, *command]
    return [shutil.which("chroot") or "chroot", f"--userspec={stage.user}", "--groups=", str(stage.root), *inside]


def _wait_for_health(site: subprocess.Popen[bytes]) -> str:
    """Return "" once the site says that it is well, else what is wrong."""
    said, end = "nobody listens", time.monotonic() + _START_SECONDS
    while time.monotonic() < end and site.poll() is None:
        try:
            with urllib.request.urlopen("http://127.0.0.1:5000/healthz", timeout=30) as response:
                said = response.read().decode().strip()
            if json.loads(said)["status"] == "ok":
                print(f"/healthz: {said}", flush=True)
                return ""
        except OSError as error:
            said = str(error)
        time.sleep(1)
    return f"/healthz: {said}"


def _look_inside(stage: Stage) -> Iterator[str]:
    """Yield a sentence for what is not as it must be, "" for what is."""
    for about, command, is_well in (("HEALTHCHECK", stage.check, True), *_TRIED):
        done = subprocess.run(
            _enter(stage, command), env=stage.environment, capture_output=True, text=True, check=False
        )
        said = (done.stdout + done.stderr).strip()
        print(f"{about}: exit status {done.returncode}  {said[-200:]}", flush=True)
        yield "" if (done.returncode == 0) == is_well else f"{about}: {said}"


if __name__ == "__main__":
    _told = json.loads(sys.argv[1])
    sys.exit(try_inside(Stage(**_told | {"root": Path(_told["root"])})))
