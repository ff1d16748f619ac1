"""The rules of the house that a program can check."""

import ast
import re
import subprocess
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = (
    "accounts",
    "benchmarks",
    "checkpoints",
    "docs",
    "imaging",
    "jobs",
    "models",
    "networks",
    "server",
    "revive",
    "services",
    "training",
    "views",
    "webhooks",
    "worker",
)
SOURCES = sorted([*ROOT.glob("*.py"), *(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))])
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_FOLDER_MODULES = 300, 40, 20


@lru_cache(1)  # all that is asked of one file; the trees of all files would take 200 MB
def list_nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text())))


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in list_nodes(path) if isinstance(node, ast.Call))


def test_files_and_functions_stay_small():
    for path in SOURCES:
        assert len(path.read_text().splitlines()) <= MAX_FILE_LINES, path
        for node in list_nodes(path):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < MAX_FUNCTION_LINES, f"{path}: {node.name} is too long"


def test_files_of_tests_stay_small():
    assert not [
        path.name for path in (ROOT / "tests").rglob("*.py") if len(path.read_text().splitlines()) > MAX_FILE_LINES
    ]


def test_no_folder_holds_more_modules_than_one_looks_through():
    folders = Counter(path.parent for path in SOURCES if path.name != "__init__.py")
    assert not {str(folder): count for folder, count in folders.items() if count > MAX_FOLDER_MODULES}


def test_tools_import_at_the_top_of_their_files():
    """A tool is declared without PyTorch in one file, and runs in another, which is imported when it first runs."""
    for path in (ROOT / "services").rglob("*.py"):
        functions = [node for node in list_nodes(path) if isinstance(node, ast.FunctionDef)]
        inner = [node for function in functions for node in ast.walk(function)]
        assert not [node for node in inner if isinstance(node, ast.Import | ast.ImportFrom)], path


def test_the_package_asks_for_what_the_requirements_ask_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert set(project["dependencies"]) | set(extras["server"]) == requirements("requirements.txt")
    assert set(extras["dev"]) - {"revive[server]"} == requirements("requirements-dev.txt") - {"-r requirements.txt"}


def requirements(name: str) -> set[str]:
    return {line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")}


def test_G01_nothing_is_ever_unpickled():
    for path in SOURCES:
        for call in calls(path):
            name = ast.unparse(call.func)
            assert name not in {"pickle.load", "pickle.loads", "joblib.load", "yaml.load", "marshal.loads"}, path
            if name == "torch.load":
                assert any(k.arg == "weights_only" and ast.unparse(k.value) == "True" for k in call.keywords), path
        imported = {alias.name for node in list_nodes(path) if isinstance(node, ast.Import) for alias in node.names}
        assert not imported & {"pickle", "shelve", "marshal", "dill", "joblib"}, path


def test_nothing_large_and_no_training_picture_is_in_the_repository():
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    files = [ROOT / name for name in names if name and (ROOT / name).is_file()]
    assert all(path.stat().st_size < 45 * 2**20 for path in files)
    assert sum(path.stat().st_size for path in files if path.parent.name == "weights") < 120 * 2**20
    assert not [path for path in files if path.suffix in {".zip", ".pth", ".pt", ".ckpt"}]


def test_every_script_and_style_is_a_file_of_our_own():
    for page in (ROOT / "templates").rglob("*.html"):
        if "mail" in page.parts:
            continue
        text = page.read_text()
        assert " style=" not in text and "<style" not in text and " onclick=" not in text, page
        assert "http://" not in text.replace("http://www.w3.org", ""), page


def words_that_are_gone() -> tuple[set[str], set[str]]:
    """Read the glossary's last table: words that no name may contain, and words that no constant may begin with."""
    rows = (ROOT / "docs" / "glossary.md").read_text().split("## Words that are gone")[1].splitlines()
    cells = [[cell.strip() for cell in row.split("|")[1:3]] for row in rows if row.startswith("| ")][1:]
    firsts = {word for gone, now in cells if now.startswith("MIN") for word in gone.split(", ")}
    return {word for gone, _ in cells for word in gone.split(", ")} - firsts, firsts


def list_names(path: Path) -> set[str]:
    """Return every name of a file, without the options of Inpaint where they are arguments: those are public words."""
    public = {"answer", "answers"}
    keywords = [node for call in calls(path) for node in call.keywords if node.arg in public]
    arguments = {(node.lineno, node.col_offset) for node in keywords}
    with path.open("rb") as file:
        tokens = [token for token in tokenize.tokenize(file.readline) if token.type == tokenize.NAME]
    names = {token.string for token in tokens if token.start not in arguments}
    if path == ROOT / "revive" / "library.py":
        names -= public
    return names - {"which"} if "shutil.which" in path.read_text() else names


def find_words(name: str) -> list[str]:
    """Split a name into its words, without those that only say that it is the name of a test."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]
    if name.startswith("test_"):
        words.remove("test")  # a sentence, in which some of them are no nouns
        words = [word for word in words if word not in {"which"}]
    return words


def test_words_that_are_gone_are_in_no_name():
    gone, firsts = words_that_are_gone()
    assert "answer" in gone and "bell" in gone and "least" in firsts
    for path in [*SOURCES, *TESTS]:
        for name in list_names(path):
            words = find_words(name)
            assert not gone & set(words), f"{path}: {name}"
            assert not (name.isupper() and words[0] in firsts), f"{path}: {name}"


def test_what_mypy_is_told_to_ignore_has_a_code_and_a_reason():
    for path in SOURCES:
        for line in path.read_text().splitlines():
            assert "type: ignore" not in line or re.search(r"# type: ignore\[[a-z-]+\]  # \w", line), path
            assert "fmt: skip" not in line and "fmt: off" not in line, path


def test_mypy_checks_every_room():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert set(tools["mypy"]["packages"]) == set(tools["importlinter"]["root_packages"])
