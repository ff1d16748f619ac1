"""Every text that a person may read exists in Chinese."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+(?:!r)?\}|%%")


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh")


@pytest.fixture(scope="module")
def texts() -> set[str]:
    """The texts of the code and the templates, read as the translators' tool reads them."""
    with (ROOT / "translations" / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = DEFAULT_KEYWORDS | {"N_": None, "lazy_gettext": None}
    found = extract_from_dir(ROOT, methods, options, keywords)
    return {singular(text) for _file, _line, text, _comments, _context in found}


def singular(text: str | tuple[str, ...]) -> str:
    """Return what stands for a text in a catalogue: of one with a plural, its singular."""
    return text if isinstance(text, str) else text[0]


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return all forms of a text, most of which have one."""
    return (text,) if isinstance(text, str) else tuple(text)


def test_every_text_has_a_chinese_one(texts, chinese):
    assert [text for text in sorted(texts) if not (chinese.get(text) and all(forms(chinese.get(text).string)))] == []


def test_the_services_texts_are_among_them(texts):
    from services import SERVICES

    shown = [service.title for service in SERVICES] + [service.summary for service in SERVICES]
    shown += [option.title for service in SERVICES for option in service.options]
    shown += [option.help for service in SERVICES for option in service.options if option.help]
    shown += [choice.label for service in SERVICES for option in service.options for choice in option.choices]
    shown += [message for service in SERVICES for message in service.verdicts.values()]
    assert [text for text in shown if text not in texts] == []


def test_no_chinese_text_is_left_over(texts, chinese):
    assert [message.id for message in chinese if message.id and singular(message.id) not in texts] == []


def test_no_translation_waits_for_review(chinese):
    assert [message.id for message in chinese if message.id and message.fuzzy] == []


def test_translations_keep_the_placeholders(chinese):
    def held(text):
        return tuple(sorted(PLACEHOLDER.findall(text)))

    # Chinese has one form, for any number: it holds what the plural holds.
    assert [m.id for m in chinese if m.id and {held(form) for form in forms(m.string)} != {held(forms(m.id)[-1])}] == []


def test_the_catalogue_compiles(chinese, tmp_path):
    with (tmp_path / "messages.mo").open("wb") as file:
        write_mo(file, chinese)
    assert (tmp_path / "messages.mo").stat().st_size > 1000
