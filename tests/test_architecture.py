"""docs/architecture.md says what the code does: its rooms, files and statuses exist, its arrows are the imports."""

import ast
import itertools
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from models import job, transitions

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
LAYERS = next(contract["layers"] for contract in LINTER["contracts"] if contract["type"] == "layers")
ROOMS = set(LINTER["root_packages"])
RANKS = {room: rank for rank, layer in enumerate(LAYERS) for room in layer.split(" | ")}
NOT_CODE = {"node_modules", "__pycache__"}
STATUSES = {"QUEUED", "RUNNING", "DONE", "FAILED", "CANCELLED"}
WAYS = ("The way of a picture", "The way of a job's status", "The way of a setting")
SCREEN_LINES = 60
ENTRY_POINTS = {"app.py", "gunicorn.conf.py", "revive/cli.py", "run.py", "worker/process.py"}


def section(heading: str) -> str:
    return PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


@cache
def list_imports(path: Path) -> set[str]:
    """Return the top-level names that a file imports anywhere, also inside functions."""
    nodes = [
        node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.split(".")[0] for name in names}


@cache
def imports() -> set[tuple[str, str]]:
    """Return (importing room, imported room) for every import between two rooms."""
    files = [(room, path) for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return {(room, name) for room, path in files for name in list_imports(path) if name in ROOMS and name != room}


@cache
def arrows() -> set[tuple[str, str]]:
    return set(re.findall(r"^ +(\w+) --> (\w+)$", section("Who may import whom"), re.M))


def reachable(start: str) -> set[str]:
    below = {end for begin, end in arrows() if begin == start}
    return below.union(*map(reachable, below))


def draw(heading: str) -> tuple[dict[str, str], set[tuple[str, str]]]:
    """Return the diagram of a way: the files behind its names, and its solid arrows."""
    diagram = section(heading).split("```mermaid")[1].split("```")[0]
    files = dict(re.findall(r"(\w+)\[([\w./]+\.py)\]", diagram))
    return files, set(re.findall(r"^ +(\w+)(?:\[[^\]]*\])? -->(?:\|[^|]*\|)? (\w+)", diagram, re.M))


def path_between(begin: str, end: str, solid: set[tuple[str, str]], seen: frozenset[str] = frozenset()) -> bool:
    nexts = {last for first, last in solid if first == begin} - seen
    return end in nexts or any(path_between(each, end, solid, seen | nexts) for each in nexts)


@cache
def list_imported_files(path: str) -> set[str]:
    """Return the files of this repository that a file imports, as a module or something of it."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {file_of(alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {file_of(f"{node.module}.{alias.name}") or file_of(node.module) for alias in node.names}
    return found


def linked(first: str, second: str) -> bool:
    """Say whether one of two files imports the other."""
    return second in list_imported_files(first) or first in list_imported_files(second)


def file_of(module: str) -> str:
    """Return the file of a module or package, "" where there is none."""
    path = module.replace(".", "/")
    return next((name for name in (f"{path}.py", f"{path}/__init__.py") if (ROOT / name).is_file()), "")


def folders_with_code() -> set[str]:
    """Return the top-level folders that hold Python files, and the packages within the rooms, as `name/`."""
    top = [path for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "." and path.name not in NOT_CODE]
    packages = [path.parent for room in ROOMS for path in (ROOT / room).rglob("__init__.py")]
    return {f"{path.relative_to(ROOT)}/" for path in [*packages, *(path for path in top if any(path.glob("*.py")))]}


def test_every_room_has_its_line_and_every_named_room_exists():
    rows = re.findall(r"^\| `([\w/]+/)` \| (.{15,}?) \| (.*?)\|$", section("The rooms"), re.M)
    named = {room for room, _, _ in rows} | {inner for _, _, rest in rows for inner in re.findall(r"`([\w/]+/)`", rest)}
    assert folders_with_code() <= named and ROOMS <= {room.strip("/") for room, _, _ in rows}
    assert all((ROOT / room).is_dir() for room in named)


def test_every_file_at_the_root_is_named():
    assert all(f"`{path.name}`" in section("The rooms") for path in ROOT.glob("*.py"))


def test_every_file_that_the_page_names_exists():
    names = set(re.findall(r"(?<![\w/])((?:[\w.]+/)*[\w.]+\.(?:py|toml|md))\b", PAGE))
    assert len(names) > 25
    for name in names:
        assert (ROOT / name).is_file() or (ROOT / "docs" / name).is_file(), name


def test_every_arrow_is_an_import_and_every_import_follows_the_arrows():
    real = imports()
    assert arrows() <= real
    assert not {(begin, end) for begin, end in real if end not in reachable(begin)}
    assert {room for arrow in arrows() for room in arrow} == ROOMS


def test_the_arrows_agree_with_the_contract_and_lead_one_way():
    assert not [room for room in ROOMS if room in reachable(room)]
    for begin, end in arrows() | imports():
        assert end != "training"
        assert begin == "training" or RANKS[begin] < RANKS[end], f"{begin} imports {end}"


def test_the_page_gives_the_layers_of_the_contract():
    given = re.findall(r"^(`.+`)\.$", section("Who may import whom"), re.M)
    assert [line.strip("`").split("`, `") for line in given] == [LAYERS]


@pytest.mark.parametrize("heading", WAYS)
def test_each_way_is_told_on_one_screen_with_a_diagram(heading):
    assert section(heading).count("```mermaid") == 1 and len(section(heading).splitlines()) <= SCREEN_LINES


@pytest.mark.parametrize("heading", WAYS)
def test_a_solid_arrow_between_two_files_is_an_import(heading):
    files, solid = draw(heading)
    assert len(files) > 1 or heading == "The way of a job's status"
    for begin, end in solid:
        if begin in files and end in files:
            assert linked(files[begin], files[end]), (begin, end)


def test_every_import_between_two_files_of_a_way_is_drawn():
    files, solid = draw("The way of a picture")
    ways = {(begin, end) for begin in files for end in files if path_between(begin, end, solid)}
    for begin, end in itertools.permutations(files, 2):
        if files[end] in list_imported_files(files[begin]):
            assert (begin, end) in ways or (end, begin) in ways, (begin, end)


def test_the_statuses_of_a_job_are_those_of_the_model():
    drawn = re.findall(r"^ +(\[\*\]|\w+) --> (\w+): ", section("The way of a job's status"), re.M)
    statuses = {getattr(job, name) for name in STATUSES}
    assert {status for change in drawn for status in change} == statuses | {"[*]"}
    allowed = {(begin, end) for end, begins in transitions.FROM.items() for begin in begins}
    assert {change for change in drawn if change[0] != "[*]"} == allowed


def sets_a_status(path: Path) -> bool:
    """Say whether a keyword or a key `status` gets one of the constants of models.job in this file."""
    values = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "status":
            values.append(node.value)
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            values += [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "status"]
    return any(isinstance(value, ast.Name) and value.id in STATUSES for value in values)


def test_every_file_that_changes_a_status_is_named_and_asks_the_one_place():
    files = [path for room in ("accounts", "jobs", "views", "worker") for path in (ROOT / room).rglob("*.py")]
    changing = [path for path in files if re.search(r"^from models.transitions import", path.read_text("utf-8"), re.M)]
    assert len(changing) >= 5
    for path in changing:
        assert f"`{path.relative_to(ROOT)}`" in section("The way of a job's status"), path
    assert not [path for path in files if sets_a_status(path) and path not in changing]


def test_only_the_entry_points_import_the_settings():
    files = [*ROOT.glob("*.py"), *(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))]
    found = {str(path.relative_to(ROOT)) for path in files if "config" in list_imports(path)}
    assert found == ENTRY_POINTS
    assert all(f"`{name}`" in section("The way of a setting") for name in ENTRY_POINTS)


def test_the_rooms_that_read_the_settings_of_the_site_are_those_in_the_diagram():
    named = re.search(r"app -->\|app.config\| rooms\[(.+)\]", section("The way of a setting"))[1].split(", ")
    files = {room: list((ROOT / room).rglob("*.py")) for room in ROOMS}
    reading = {room for room, paths in files.items() if any("current_app" in path.read_text() for path in paths)}
    assert reading == set(named)
