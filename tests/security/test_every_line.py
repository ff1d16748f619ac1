"""The list of what must hold, each line with the tests that show it; and a few lines that only the source can show."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("accounts", "imaging", "jobs", "models", "networks", "services", "views")
# Lines whose tests do not carry the id in their names: id -> how the names of their tests begin.
ELSEWHERE = {
    "D01": [
        "each_allowed_format",
        "every_mode",
        "heic_is_read",
        "of_an_animation",
        "a_foreign_file",
        "a_sixteen_bit_png",
        "palette_transparency",
    ],
    "D02": ["each_allowed_format_is_read_whatever_its_name", "a_foreign_file"],
    "D04": ["too_many_pixels_are_refused_from_the_header_alone"],
    "D06": ["a_picture_that_keeps_the_decoder_busy", "a_picture_that_needs_more_memory"],
    "D07": ["a_truncated_file", "random_damage"],
    "D08": ["a_reencoded_polyglot"],
    "D10": ["each_orientation", "orientation_written_only_in_xmp", "broken_exif"],
    "D11": ["results_keep_the_camera_and_drop", "all_metadata_stays", "strip_leaves_no"],
    "D12": ["an_rgb_profile_is_carried_over"],
    "D13": ["odd_shapes_pass"],
    "G02": ["a_flipped_bit", "a_truncated_file", "a_missing_file"],
    "F03c": ["a_stopped_worker_finishes", "a_hurried_worker_puts_its_job_back"],
    "F05": ["five_jobs_survive_the_loss_of_everything"],
}
REQUIREMENTS = ROOT / "docs" / "requirements.md"
LINES = re.findall(r"^\| ([A-G]\d\d\w?) \| .{15,}\. \|$", REQUIREMENTS.read_text("utf-8"), re.M)
MIN_VERSIONS = {
    "pillow": (13, 0),
    "torch": (2, 10),
    "werkzeug": (3, 1, 6),
    "gunicorn": (23,),
    "waitress": (3, 0, 1),
    "flask": (3, 1),
}
FETCHING = {"requests", "httpx", "aiohttp", "urllib.request", "http.client", "ftplib", "urllib3"}


def names_in(path: Path) -> list[str]:
    return re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.M)


@pytest.fixture(scope="module")
def all_names() -> list[str]:
    return [name for path in (ROOT / "tests").rglob("test_*.py") for name in names_in(path)]


@pytest.mark.parametrize("line", LINES)
def test_every_line_of_the_list_has_a_test(line, all_names):
    if line in ELSEWHERE:
        missing = [begin for begin in ELSEWHERE[line] if not any(n.startswith(f"test_{begin}") for n in all_names)]
        assert not missing
    else:
        assert any(line in name.split("_")[1:4] for name in all_names)


def test_every_line_is_written_once_and_every_id_is_explained(all_names):
    assert len(LINES) == len(set(LINES)) >= 82
    carried = {part for name in all_names for part in name.split("_")[1:4] if re.fullmatch(r"[A-Z]\d\d\w?", part)}
    assert len(carried) > 60 and carried <= set(LINES)


def test_D15_the_site_fetches_nothing_from_anywhere():
    """Pictures and weights come by upload only: there is no code that could be sent to an address."""
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not FETCHING & set(names), path


def test_G05_no_library_may_be_older_than_its_last_known_hole():
    wanted = dict(re.findall(r"^([\w-]+)>=([\d.]+)", (ROOT / "requirements.txt").read_text().lower(), re.M))
    for name, least in MIN_VERSIONS.items():
        assert tuple(int(part) for part in wanted[name].split(".")) >= least, name
