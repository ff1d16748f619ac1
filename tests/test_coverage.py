"""`make coverage`: every room is measured, and the table comes into docs/architecture.md."""

import json
import runpy
import shutil
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "docs" / "coverage_by_room.py"


def run_script(folder: Path, monkeypatch, page: str) -> str:
    """Run a copy of the script on a small report, beside this page; return what the page is then."""
    shutil.copy(SCRIPT, folder)
    (folder / "architecture.md").write_text(page)
    files = {"jobs/trash.py": (60, 60), "jobs/files/storage.py": (40, 30), "app.py": (100, 50), "models/job.py": (0, 0)}
    summaries = {name: {"num_statements": all, "covered_lines": ran} for name, (all, ran) in files.items()}
    report = {"files": {name: {"summary": summary} for name, summary in summaries.items()}}
    (folder / "report.json").write_text(json.dumps(report))
    monkeypatch.setattr("sys.argv", [SCRIPT.name, str(folder / "report.json")])
    runpy.run_path(str(folder / SCRIPT.name), run_name="__main__")
    return (folder / "architecture.md").read_text()


def test_the_table_has_a_row_for_each_room_with_statements_and_takes_the_place_of_the_last_one(tmp_path, monkeypatch):
    page = run_script(tmp_path, monkeypatch, "a\n<!-- coverage -->\nold\n<!-- /coverage -->\nb\n")
    assert page == (
        "a\n<!-- coverage -->\n"
        "| room | statements | run by a test |\n|---|---|---|\n"
        "| `jobs/` | 100 | 90.0 % |\n"
        "| files at the root | 100 | 50.0 % |\n"
        "| **all** | 200 | 70.0 % |\n"
        "<!-- /coverage -->\nb\n"
    )


def test_a_page_without_a_place_for_it_is_not_changed(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="no place"):
        run_script(tmp_path, monkeypatch, "a\n")
    assert (tmp_path / "architecture.md").read_text() == "a\n"


def test_the_page_has_its_place_and_every_room_is_measured():
    assert "<!-- coverage -->\n" in (ROOT / "docs" / "architecture.md").read_text()
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert set(tools["importlinter"]["root_packages"]) <= set(tools["coverage"]["run"]["source_pkgs"])
