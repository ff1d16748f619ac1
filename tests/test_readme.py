"""The README says what the code does: its tables are made from the code, its paths exist."""

import re
from pathlib import Path

import config
from docs.tables import COMMANDS, README, fill_tables, filled_commands

ROOT = Path(__file__).resolve().parent.parent


def test_the_tables_of_settings_services_commands_and_addresses_are_the_code_s():
    text = README.read_text()
    assert fill_tables(text) == text, "run: python docs/tables.py"
    text = COMMANDS.read_text()
    assert filled_commands(text) == text, "run: python docs/tables.py"


def test_every_setting_is_explained():
    for setting in config.SETTINGS:
        assert len(setting.about) > 10 and f"`{setting.name}`" in README.read_text()


def test_every_file_that_the_readme_links_to_exists():
    links = re.findall(r"\]\(([^)#:]+)\)", README.read_text())
    assert links and all((ROOT / link).exists() for link in links)
