"""CONTRIBUTING, SECURITY, LICENSE and the cards of the weights: what they promise is so."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = json.loads((ROOT / "weights" / "manifest.json").read_text())
PAGES = {name: (ROOT / name).read_text("utf-8") for name in ("CONTRIBUTING.md", "SECURITY.md", "LICENSE", "README.md")}


def test_the_hooks_before_a_commit_are_those_of_make_lint():
    recipe = re.search(r"^lint:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), re.M)[1]
    linting = [line.strip().replace("@$(BIN)/", ".venv/bin/") for line in recipe.splitlines()]
    hooks = re.findall(r"^ +entry: (.+)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.M)
    assert linting and hooks == linting


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "SECURITY.md"])
def test_every_path_that_a_page_names_exists(page):
    folders = "services|imaging|networks|training|weights|tests|docs|translations|views"
    paths = set(re.findall(rf"`((?:{folders})/[\w./-]*)`", PAGES[page])) | {"docs/tables.py"}
    assert all((ROOT / path).exists() for path in paths)


def test_every_module_that_a_page_runs_exists():
    modules = re.findall(r"python -m ([\w.]+)", PAGES["CONTRIBUTING.md"])
    assert modules and all((ROOT / f"{module.replace('.', '/')}.py").is_file() for module in modules)


@pytest.mark.parametrize("name", MANIFEST)
def test_every_card_says_what_the_terms_of_its_weights_are(name):
    card = (ROOT / "weights" / MANIFEST[name]["card"]).read_text("utf-8")
    terms = card.partition("\n## Licence\n")[2]
    assert "MIT licence of this project covers the code only. **These weights are not under it**" in " ".join(
        terms.split()
    )
    assert "| terms |" in card and "research" in terms
    assert "CelebA" not in card or "non-commercial" in terms


def test_the_licence_and_the_readme_say_that_the_weights_are_apart():
    assert PAGES["LICENSE"].startswith("MIT License\n")
    assert "does not cover the weights, that is the files weights/*.safetensors" in " ".join(PAGES["LICENSE"].split())
    assert "`weights/` are not under that licence" in PAGES["README.md"]


def test_no_address_for_reports_is_made_up():
    assert (
        not re.search(r"[\w.]+@[\w.]+", PAGES["SECURITY.md"]) and "private vulnerability report" in PAGES["SECURITY.md"]
    )


def test_the_changelog_has_dated_versions_and_entries_of_one_line():
    lines = [line for line in (ROOT / "CHANGELOG.md").read_text("utf-8").splitlines()[1:] if line]
    versions = [line for line in lines if line.startswith("## ")]
    assert all(re.fullmatch(r"## \d+\.\d+\.\d+, (\d{4}-\d\d-\d\d|not yet released)", line) for line in versions)
    assert not [line for line in versions[1:] if "not yet" in line]
    assert all(re.match(r"- |##+ ", line) and len(line) <= 120 for line in lines), (
        "an entry is one line of 120 characters"
    )
