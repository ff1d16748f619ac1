"""The rules of docs/design.md that a program can check."""

import re
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = [p for p in sorted((ROOT / "templates").rglob("*.html")) if "mail" not in p.parts]
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
MODULES = sorted((ROOT / "static" / "js").glob("*.js"))
TOKENS = (ROOT / "static" / "css" / "tokens.css").read_text()
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
LIGHT, DARK = 0, 1
COLOURS = {name: (light, dark) for name, light, dark in PAIR.findall(TOKENS)}

# Ink on its ground, and the least contrast that WCAG 2.2 AA asks for: 4.5 for text, 3 for edges of controls.
TEXT = [
    *product(("ink", "ink-soft", "accent", "good"), ("paper", "sheet", "print")),
    ("on-well", "well"),
    ("on-accent", "accent"),
    ("ink", "accent-wash"),
    ("accent", "accent-wash"),
    ("film-ink", "film"),
    ("film-accent", "film"),
    ("ink-soft", "line"),
]
EDGES = [("line-strong", "paper"), ("line-strong", "sheet"), ("film-accent", "film")]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_there_is_something_to_look_at():
    assert TEMPLATES and SHEETS and MODULES and COLOURS


def test_colours_stand_out_from_their_ground():
    for ink, ground, least in [(*p, 4.5) for p in TEXT] + [(*p, 3.0) for p in EDGES]:
        for theme in (LIGHT, DARK):
            assert contrast(COLOURS[ink][theme], COLOURS[ground][theme]) >= least, (ink, ground, theme)


def test_templates_hold_no_inline_style_or_script():
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path


def test_templates_take_nothing_from_other_servers():
    for path in TEMPLATES:
        assert not re.search(r"""(src|action)=["'](https?:)?//|<link[^>]*https?://""", path.read_text("utf-8")), path


def test_every_form_that_posts_carries_its_token():
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        tokens = text.count("{{ csrf() }}") + text.count('name="csrf_token"') - (path.name == "_parts.html")
        assert text.count('method="post"') == tokens, path


def test_style_sheets_use_the_colours_and_layers_of_the_design():
    for path in SHEETS:
        text = path.read_text("utf-8")
        assert len(text.splitlines()) < 300, path
        assert "@layer" in text and "http://" not in text.replace("http://www.w3.org/2000/svg", ""), path


def test_elements_are_short_and_stand_alone():
    for path in MODULES:
        text = path.read_text("utf-8")
        assert len(text.splitlines()) < 100, path
        assert not re.search(r"^\s*import\b|innerHTML|\beval\(|https?://", text, re.MULTILINE), path
