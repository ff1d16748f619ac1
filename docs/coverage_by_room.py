"""Write into docs/architecture.md which share of each room the tests run; `make coverage` calls this.

Usage: python docs/coverage_by_room.py REPORT, a report of `coverage json`.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent / "architecture.md"
ROOT_FILES = "files at the root"


def make_table(files: Mapping[str, Any]) -> str:
    """Return a row for each room of a report's `files`, and one for all: statements, and the share that ran."""
    statements, covered = Counter[str](), Counter[str]()
    for path, report in files.items():
        room, _, inside = Path(path).as_posix().partition("/")
        room = f"`{room}/`" if inside else ROOT_FILES
        statements[room] += report["summary"]["num_statements"]
        covered[room] += report["summary"]["covered_lines"]
    rooms = sorted(statements.keys() - {ROOT_FILES}) + [ROOT_FILES]
    rows = [(room, statements[room], covered[room]) for room in rooms if statements[room]]
    rows.append(("**all**", statements.total(), covered.total()))
    lines = [f"| {room} | {count:,} | {100 * ran / count:.1f} % |" for room, count, ran in rows]
    return "\n".join(["| room | statements | run by a test |", "|---|---|---|", *lines])


def write_table(page: str, table: str) -> str:
    """Return the page with the table between its markers. Raises ValueError where it has no place for it."""
    before, marker, rest = page.partition("<!-- coverage -->\n")
    if not marker or not re.search("^<!-- /coverage -->$", rest, re.M):
        raise ValueError("The page has no place for the table of coverage.")
    return f"{before}{marker}{table}\n<!-- /coverage -->{rest.partition('<!-- /coverage -->')[2]}"


if __name__ == "__main__":
    report = json.loads(Path(sys.argv[1]).read_text())
    PAGE.write_text(write_table(PAGE.read_text(), make_table(report["files"])))
