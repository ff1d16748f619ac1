"""`flask process SERVICE INPUT OUTPUT`: the tools of `revive` under their older name, for one input."""

import sys
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from command_line import Command, Group
from errors import N_
from jobs.availability import list_folders
from revive.options import build_tool_parameters
from revive.run import Call, run_tool
from services import list_all
from services.base import Service


@click.group("process", cls=Group, help=N_("Run one service on a picture or on a folder of pictures."))
def process() -> None:
    """Hold the commands."""


def _build_command(service: Service) -> click.Command:
    def run(source: Path, target: Path, metadata: str, overwrite: bool, settings: tuple[str, ...], **raw: Any) -> None:
        limit = current_app.config["MAX_MEGAPIXELS"]
        call = Call([str(source)], str(target), raw, list_folders(), limit, settings, metadata, overwrite)
        sys.exit(run_tool(service, call))

    parameters: list[click.Parameter] = [
        click.Argument(["source"], metavar="INPUT", type=click.Path(exists=True, path_type=Path)),
        click.Argument(["target"], metavar="OUTPUT", type=click.Path(path_type=Path)),
        *build_tool_parameters(service, switches_are_flags=False),
    ]
    return Command(service.key, callback=with_appcontext(run), params=parameters, help=service.summary)


for _service in list_all():
    process.add_command(_build_command(_service))
