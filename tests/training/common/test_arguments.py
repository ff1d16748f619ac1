from importlib import import_module
from pathlib import Path

import pytest

from training.common.arguments import build_parser

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "training").rglob("*.py")
    if "\ndef main(" in path.read_text() and "import mediapipe" not in path.read_text()
)


def test_a_recipe_names_the_shared_arguments_it_has_and_their_defaults():
    parser = build_parser("A recipe.", "data", "from_released", minutes=5.0)
    arguments = parser.parse_args(["--data", "archives", "--from-released"])
    assert vars(arguments) == {"data": Path("archives"), "from_released": True, "minutes": 5.0}
    assert parser.parse_args(["--data", "archives", "--minutes", "2"]).minutes == 2


def test_an_argument_that_is_not_shared_is_refused():
    with pytest.raises(KeyError):
        build_parser(None, "speed")


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_explains_its_arguments(name, monkeypatch, capsys):
    script = import_module(name)
    monkeypatch.setattr("sys.argv", [name, "--help"])
    with pytest.raises(SystemExit, match="0"):
        script.main()
    assert script.__doc__.splitlines()[0] in capsys.readouterr().out
