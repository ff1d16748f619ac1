"""What the build of the wheel does besides copying: the translations are compiled into it."""

import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileTranslations(BuildHookInterface):
    """Put a compiled catalogue into the wheel for each language. Nothing is written into the source folder."""

    def initialize(self, version: str, build_data: dict) -> None:
        folder = Path(tempfile.mkdtemp())
        for source in Path(self.root, "translations").glob("*/LC_MESSAGES/*.po"):
            language = source.parts[-3]
            compiled = folder / f"{language}.mo"
            with source.open("rb") as catalogue, compiled.open("wb") as target:
                write_mo(target, read_po(catalogue, locale=language))
            place = f"revive/_internal/translations/{language}/LC_MESSAGES/{source.stem}.mo"
            build_data["force_include"][str(compiled)] = place
