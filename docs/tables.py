"""Write the tables of the README and of docs/ from the code: `python docs/tables.py`. A test compares them."""

import json
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ["LANGUAGE"] = "en"  # what the commands say of themselves
sys.path.insert(0, str(ROOT))

import click  # noqa: E402

import config  # noqa: E402
from app import create_app  # noqa: E402
from revive.cli import cli  # noqa: E402
from services import list_all  # noqa: E402

# Each table, between its markers `<!-- name -->` and `<!-- /name -->`, and the page that holds it.
PAGES = {
    "services": ROOT / "README.md",
    "settings": ROOT / "docs" / "settings.md",
    "revive": ROOT / "docs" / "commands.md",
    "commands": ROOT / "docs" / "commands.md",
    "addresses": ROOT / "docs" / "addresses.md",
}


def settings_table() -> str:
    rows = ["| setting | default | without a restart | what it does |", "|---|---|---|---|"]
    for setting in config.SETTINGS:
        at_once = "yes" if setting.group else ""
        rows.append(f"| `{setting.name}` | {format_value(setting.default)} | {at_once} | {setting.about} |")
    return "\n".join(rows)


def format_value(value) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"`{','.join(value) if isinstance(value, tuple) else value}`"


def services_table() -> str:
    manifest = json.loads((ROOT / "weights" / "manifest.json").read_text())
    rows = ["| service | what it does | options | weights |", "|---|---|---|---|"]
    for service in list_all():
        options = ", ".join(f"`{option.name}`" for option in service.options)
        chosen = {name: None for option in service.options for choice in option.choices for name in choice.all_weights}
        chosen |= {name: None for option in service.options for name in option.weights}
        further = links(manifest, [name for name in chosen if name in manifest and name not in service.weights])
        cards = (links(manifest, service.weights) or "none needed") + (f"; by choice {further}" if further else "")
        rows.append(f"| **{service.title}** (`{service.key}`) | {service.summary} | {options} | {cards} |")
    return "\n".join(rows)


def links(manifest: dict, names) -> str:
    return ", ".join(f"[{name}](weights/{manifest[name]['card']})" for name in names)


def commands_table(app) -> str:
    rows = ["| command | what it does |", "|---|---|"]
    rows += [f"| `flask {name}` | {about} |" for name, about in commands(app.cli) if name.split()[0] in own(app)]
    return "\n".join(rows)


def revive_table() -> str:
    rows = ["| command | what it does |", "|---|---|"]
    rows += [f"| `revive {name}` | {about} |" for name, about in commands(cli)]
    return "\n".join(rows)


def own(app) -> set[str]:
    """Names of the top-level commands that are ours, not Flask's."""
    return set(app.cli.commands) - {"db", "run", "shell", "routes"}


def commands(group: click.Group, prefix: str = ""):
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command.get_short_help_str(120)


def addresses_table(app) -> str:
    rows = ["| address | methods |", "|---|---|"]
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.endpoint != "static":
            address = re.sub(r"<(?:[^<>:]+:)?(\w+)>", r"<\1>", rule.rule)
            rows.append(f"| `{address}` | {' '.join(sorted(rule.methods - {'HEAD', 'OPTIONS'}))} |")
    return "\n".join(rows)


def tables() -> dict[str, str]:
    """Return every table by its name."""
    app = create_app()
    return {
        "settings": settings_table(),
        "services": services_table(),
        "revive": revive_table(),
        "commands": commands_table(app),
        "addresses": addresses_table(app),
    }


def fill_tables(text: str, name: str, table: str) -> str:
    """Return a page with the table between the markers of `name` replaced."""
    pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
    text, count = re.subn(pattern, lambda found: found[1] + table + "\n" + found[2], text, flags=re.S)
    if not count:
        raise SystemExit(f"No page has a place for the table of {name}.")
    return text


if __name__ == "__main__":
    for name, table in tables().items():
        PAGES[name].write_text(fill_tables(PAGES[name].read_text(), name, table))
