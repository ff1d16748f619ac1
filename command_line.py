"""The language that commands speak: that of the environment, or of `--language`. English is in the code.

Machines are spoken to in English: `--json` chooses it.
"""

import gettext
import os
from pathlib import Path

import click

TRANSLATIONS = Path(__file__).resolve().parent / "translations"
LANGUAGES = ("en", "zh")
# In the order in which they count.
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def use_language(code: str = "") -> None:
    """Speak this language from now on, also in what Click says; that of the environment where there is none.

    The environment keeps the choice, so that the commands of the site know it as well.
    """
    os.environ["LANGUAGE"] = code or _read_environment_language()
    gettext.bindtextdomain("messages", str(TRANSLATIONS))
    gettext.textdomain("messages")


def get_language() -> str:
    """Return the code of the language that `use_language` chose, one of LANGUAGES."""
    return _read_environment_language()


def translate(text: str) -> str:
    """Return a text that was marked with `N_` in the chosen language; empty text is returned unchanged."""
    return gettext.gettext(text) if text else ""


class Translated:
    """A part of the command line whose help is translated when it is shown, not when it is declared."""

    @property
    def help(self) -> str:
        return translate(self._english)

    @help.setter
    def help(self, english: str | None) -> None:
        self._english = english or ""


class Option(Translated, click.Option):  # type: ignore[misc]  # an attribute there, a property here
    """An option with a translated help."""


class Command(Translated, click.Command):  # type: ignore[misc]  # an attribute there, a property here
    """A command with a translated help, which speaks the language of the environment unless another was chosen."""

    def make_context(self, *arguments, **settings) -> click.Context:
        use_language()
        return super().make_context(*arguments, **settings)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option --help; Click keeps it with the words of its first use."""
        if option := super().get_help_option(ctx):
            option.help = gettext.gettext("Show this message and exit.")
        return option


class Group(Command, click.Group):  # type: ignore[misc]  # an attribute there, a property here
    """Commands under one name."""


def _read_environment_language() -> str:
    """Return the first language of the environment that we speak; zh_CN.UTF-8, zh_TW and the like are zh."""
    wanted = next((value for name in _VARIABLES if (value := os.environ.get(name))), "")
    codes = (tag.replace("-", "_").split("_")[0].split(".")[0].lower() for tag in wanted.split(":"))
    return next((code for code in codes if code in LANGUAGES), LANGUAGES[0])
