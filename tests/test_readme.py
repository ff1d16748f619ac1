"""The README and docs/ say what the code does: their tables are made from the code, their links lead somewhere."""

import re
from pathlib import Path

import pytest

import config
from docs.tables import PAGES, fill_tables, tables

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "weights").glob("*.md"), ROOT / "training" / "LOG.md"]
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
MAX_README_LINES = 150


def slug(heading: str) -> str:
    """Return the anchor of a heading as hosting platforms make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.M)}


def test_the_tables_of_settings_services_commands_and_addresses_are_the_code_s():
    current = tables()
    assert set(PAGES) == set(current)
    for name, table in current.items():
        text = PAGES[name].read_text()
        assert fill_tables(text, name, table) == text, "run: python docs/tables.py"


def test_every_setting_is_explained():
    page = (ROOT / "docs" / "settings.md").read_text()
    for setting in config.SETTINGS:
        assert len(setting.about) > 10 and f"`{setting.name}`" in page


def test_the_readme_is_short_and_gives_the_two_commands():
    text = README.read_text()
    assert len(text.splitlines()) <= MAX_README_LINES
    assert "\nmake run " in text and "\nmake test " in text


def test_the_readme_links_to_every_page_of_docs():
    for page in (ROOT / "docs").glob("*.md"):
        assert f"](docs/{page.name})" in README.read_text(), page.name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading_that_exist(document):
    links = [link for link in LINK.findall(document.read_text("utf-8")) if not re.match(r"https?:|mailto:", link)]
    assert links or document != README
    for link in links:
        path, _, anchor = link.partition("#")
        target = (document.parent / path) if path else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
