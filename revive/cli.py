"""The commands of `revive`: one for each tool, and those of the site, which are handed over to it."""

import os
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import click

import config
from imaging.io.formats import DEFAULT_QUALITY
from revive.options import tool_parameters
from revive.packages import IS_INSTALLED, ROOT
from revive.run import Call, run_tool
from services import SERVICES
from services.base import Service

MAX_JOBS = 64
# Command of the site -> what it does.
SITE_COMMANDS = {
    "serve": "Start the site: the web server and a worker, until Ctrl-C.",
    "worker": "Run queued jobs and send mails until Ctrl-C.",
    "users": "Look after the accounts: create-admin, list, disable and others.",
    "jobs": "Look after jobs and their files: check, purge.",
    "weights": "List, import and remove weights.",
    "db": "Create or upgrade the database.",
}


class Failed(click.ClickException):
    """A setting of the environment that cannot be used."""

    exit_code = 2


def _version() -> str:
    try:
        return version("revive")
    except PackageNotFoundError:
        return "of a checkout"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), prog_name="revive")
def cli() -> None:
    """Repair photos on your own machine: each tool is a command. Nothing leaves the machine.

    `revive deblur a.jpg b.jpg -o out/` works on files, `revive background portraits/ -o cut/` on a folder, and
    `cat photo.jpg | revive adjust --brightness 2 - > brighter.jpg` on standard input.
    """


def tool_command(service: Service) -> click.Command:
    """Return the command of one tool."""

    def run(inputs, output, settings, metadata, overwrite, **rest) -> None:
        names = ("format", "quality", "recursive", "skip_existing", "jobs", "watch", "as_json")
        wanted = {name: rest.pop(name) for name in names}
        wanted["format"] = wanted["format"] or ""
        try:
            limits = config.load_for_tools()
        except config.WrongSetting as error:
            raise Failed(str(error)) from None
        folders = [limits["WEIGHTS_DIR"], limits["IMPORTED_WEIGHTS_DIR"]]
        call = Call(inputs, output, rest, folders, limits["MAX_MEGAPIXELS"], settings, metadata, overwrite, **wanted)
        sys.exit(run_tool(service, call))

    parameters = [*_batch_parameters(), *tool_parameters(service, switches_are_flags=True)]
    return click.Command(service.key, callback=run, params=parameters, help=service.summary)


def _batch_parameters() -> list[click.Parameter]:
    flags = {
        "--skip-existing": "Leave inputs whose output is there already.",
        "--watch": "Go on with files that come into the folders, until Ctrl-C.",
    }
    return [
        click.Argument(["inputs"], metavar="INPUT...", nargs=-1, required=True, type=click.Path(allow_dash=True)),
        click.Option(
            ["-o", "--output"],
            metavar="OUTPUT",
            type=click.Path(allow_dash=True),
            help="A folder, a file for one input, or - for standard output. Nothing is written elsewhere.",
        ),
        click.Option(["-r", "--recursive"], is_flag=True, help="Search subfolders, too; the outputs lie in the same."),
        click.Option(
            ["-j", "--jobs"],
            type=click.IntRange(1, MAX_JOBS),
            default=1,
            show_default=True,
            help="Pictures to work on at once.",
        ),
        *(click.Option([flag], is_flag=True, help=about) for flag, about in flags.items()),
        click.Option(
            ["--format"],
            type=click.Choice(["png", "jpeg", "webp"]),
            help="Of the outputs; the nearest to each input's own when absent.",
        ),
        click.Option(
            ["--quality"],
            type=click.IntRange(1, 100),
            default=DEFAULT_QUALITY,
            show_default=True,
            help="Of JPEG and WebP outputs.",
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="One JSON object a line for each input."),
    ]


def _site_command(name: str, about: str) -> click.Command:
    settings = {"ignore_unknown_options": True, "help_option_names": ["-h"] if name == "serve" else []}

    @click.command(name, help=about, context_settings=settings)
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def hand_over(arguments: tuple[str, ...]) -> None:
        if not (find_spec("flask") and find_spec("gunicorn")):
            raise click.ClickException("The site is not installed: pip install 'revive[server]'.")
        start = [str(ROOT / "run.py")] if name == "serve" else ["-m", "flask", "--app", str(ROOT / "app.py"), name]
        # `-P`: no module of the current folder stands in for one of ours.
        command = [sys.executable, "-P", *start, *arguments]
        # An installed site takes its settings from one `.env`, see `config.HOME`, wherever it is started.
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        environment = os.environ | ({"FLASK_SKIP_DOTENV": "1"} if IS_INSTALLED else {}) | {"PYTHONPATH": path}
        os.execve(sys.executable, command, environment)

    return hand_over


for _service in SERVICES:
    cli.add_command(tool_command(_service))
for _name, _about in SITE_COMMANDS.items():
    cli.add_command(_site_command(_name, _about))
