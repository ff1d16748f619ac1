"""The steps of the Dockerfile, each in its root."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
# What the slim image of Python has beyond a minimal Debian, and the libraries that Python is linked with.
_PACKAGES = (
    "ca-certificates,netbase,tzdata,libbz2-1.0,libexpat1,libffi8,libgdbm6,liblzma5,libncursesw6,libnsl2,libreadline8,"
    "libsqlite3-0,libssl3,libtirpc3,libuuid1,zlib1g"
)
_FROM = re.compile(r"python:(?P<version>[\d.]+)-slim-(?P<suite>\w+)(?: AS (?P<name>\w+))?")
_RESOLV = "/etc/resolv.conf"


@dataclass
class Stage:
    """One FROM and what follows it: its root on this machine, and what the instructions have set so far."""

    root: Path
    environment: dict[str, str]
    arguments: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "0:0"
    shell: list[str] = field(default_factory=lambda: ["/bin/sh", "-c"])
    command: list[str] = field(default_factory=list)
    check: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)


def read_instructions(text: str) -> Iterator[tuple[str, str]]:
    """Return each instruction of a Dockerfile with its words, continued lines joined and comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, words = line.strip().partition(" ")
            yield name.upper(), words.strip()


def list_copied(source: Path, ignored: list[str]) -> Iterator[Path]:
    """Return the files of a folder that the patterns of a `.dockerignore` leave, as paths below it."""
    patterns = [_compile_pattern(line) for line in ignored]
    for folder, folders, files in os.walk(source):
        below = Path(folder).relative_to(source)
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in (*files, *links):
            if not any(pattern.fullmatch(str(below / name)) for pattern in patterns):
                yield below / name
        folders[:] = [name for name in folders if not any(each.fullmatch(str(below / name)) for each in patterns)]


def _compile_pattern(line: str) -> re.Pattern[str]:
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(parts.get(part) or re.escape(part) for part in re.split(r"(\*\*/|\*\*|\*|\?)", line)))


class Builder:
    """Carries out the instructions, one stage after the other, in roots below `folder`.

    `python` is what lies under /usr/local of the image, `given` the values of ARG, `shown` the variables and `mounts`
    the paths of this machine that RUN sees.
    """

    def __init__(self, folder: Path, python: Path, given: dict[str, str], shown: dict[str, str], mounts: list[str]):
        self._folder, self._python, self._given, self._shown, self._mounts = folder, python, given, shown, mounts
        self._stages: dict[str, Stage] = {}

    def build(self) -> Stage:
        """Return the last stage. Raises CalledProcessError where a step fails."""
        stage = None
        for name, words in read_instructions((SOURCE / "deploy" / "Dockerfile").read_text()):
            print(f"{name} {' '.join(words.split())}", flush=True)
            if name == "FROM":
                stage = self._begin(words)
            else:
                assert stage is not None
                self._carry_out(stage, name, words)
        assert stage is not None
        return stage

    def _begin(self, words: str) -> Stage:
        found = _FROM.fullmatch(words)
        assert found, f"there is no stand-in for the image {words}"
        base, root = self._make_base(found["suite"], found["version"]), self._folder / (found["name"] or "image")
        if root.exists():
            shutil.rmtree(root)
        subprocess.run(["cp", "-a", "--reflink=auto", base, root], check=True)
        stage = Stage(root, {"PATH": "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin", "LANG": "C.UTF-8"})
        self._stages[found["name"] or ""] = stage
        return stage

    def _make_base(self, suite: str, version: str) -> Path:
        """Return a clean root with Python; it is made once."""
        base, made = self._folder / "base", self._folder / "base.made"
        if made.exists():
            return base
        self._folder.mkdir(parents=True, exist_ok=True)
        command = ["mmdebstrap", "--variant=minbase", f"--include={_PACKAGES}", "--dpkgopt=force-unsafe-io", suite]
        subprocess.run([*command, base], check=True)
        left_out = shutil.ignore_patterns("site-packages", "__pycache__", "test", "*.a")
        for name in ("bin", "lib"):
            target = base / "usr/local" / name
            shutil.copytree(self._python / name, target, symlinks=True, dirs_exist_ok=True, ignore=left_out)
        link = base / "usr/local/bin/python"
        link.unlink(missing_ok=True)
        link.symlink_to(f"python{version}")
        subprocess.run(["chroot", base, "/sbin/ldconfig"], check=True)
        made.touch()
        return base

    def _carry_out(self, stage: Stage, name: str, words: str) -> None:
        if name == "ENV":
            stage.environment |= {key: self._put(stage, value) for key, value in read_pairs(words)}
        elif name == "ARG":
            key, _, value = words.partition("=")
            stage.arguments[key] = self._given.get(key, value)
        elif name == "WORKDIR":
            stage.folder = words
            (stage.root / words.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif name == "COPY":
            self._copy(stage, words)
        elif name == "RUN":
            self._run(stage, words)
        elif name == "VOLUME":
            stage.volumes.append(words)
        elif name == "USER":
            stage.user = words
        elif name in ("SHELL", "CMD", "HEALTHCHECK"):
            attribute = {"SHELL": "shell", "CMD": "command", "HEALTHCHECK": "check"}[name]
            setattr(stage, attribute, json.loads(words.partition("CMD ")[2] or words))
        else:
            assert name == "EXPOSE", f"{name} is not known here"

    def _put(self, stage: Stage, value: str) -> str:
        return re.sub(r"\$\{?(\w+)\}?", lambda found: stage.environment.get(found[1], ""), value)

    def _copy(self, stage: Stage, words: str) -> None:
        parts = words.split()
        target = stage.root / os.path.join(stage.folder, parts[-1]).lstrip("/")
        if parts[0].startswith("--from="):
            source = self._stages[parts[0].removeprefix("--from=")].root / parts[1].lstrip("/")
            subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)
        elif parts[0] != ".":
            shutil.copy(SOURCE / parts[0], target)
        else:
            for path in list_copied(SOURCE, (SOURCE / ".dockerignore").read_text().split()):
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(SOURCE / path, target / path, follow_symlinks=False)

    def _run(self, stage: Stage, words: str) -> None:
        """Run a shell in the root, with mounts of its own, which end with it."""
        root = str(stage.root)
        steps = ["set -e", f"mount -t proc proc {root}/proc", f"mount --rbind /dev {root}/dev"]
        for path in filter(os.path.exists, (_RESOLV, *self._mounts)):
            at = root + path
            if os.path.isdir(path):
                os.makedirs(at, exist_ok=True)
            else:
                os.makedirs(os.path.dirname(at), exist_ok=True)
                Path(at).touch()
            steps.append(f"mount --bind {shlex.quote(path)} {shlex.quote(at)}")
        steps.append(shlex.join(["exec", "chroot", root, "env", "-C", stage.folder, *stage.shell, words]))
        command = ["unshare", "--mount", "--propagation=private", "sh", "-c", "\n".join(steps)]
        environment = self._shown | stage.environment | stage.arguments
        environment["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"  # of this machine, until the root has changed
        subprocess.run(command, env=environment, check=True)


def read_pairs(words: str) -> list[tuple[str, str]]:
    """Return the names and values of an ENV."""
    return [(name, value) for name, _, value in (pair.partition("=") for pair in shlex.split(words))]
