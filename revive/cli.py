"""The commands of `revive`: one for each tool, and those of the site, which are handed over to it."""

import os
import sys
from gettext import gettext as _
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import click

import config
from command_line import LANGUAGES, Command, Group, Option, use_language
from errors import N_
from imaging.io.formats import DEFAULT_QUALITY
from revive.options import build_tool_parameters
from revive.packages import IS_INSTALLED, ROOT
from revive.run import Call, run_tool
from services import list_all
from services.base import Service

MAX_JOBS = 64
# Command of the site -> what it does.
SITE_COMMANDS = {
    "serve": N_("Start the site: the web server and a worker, until Ctrl-C."),
    "worker": N_("Run queued jobs and send mails until Ctrl-C."),
    "users": N_("Look after the accounts: create-admin, list, disable and others."),
    "settings": N_("Change settings that count at once: list, set, unset."),
    "jobs": N_("Look after jobs and their files: check, purge."),
    "storage": N_("Move the pictures between a folder and a bucket: migrate, unlock."),
    "weights": N_("List, import and remove weights."),
    "db": N_("Create or upgrade the database."),
    "doctor": N_("Say what is set, what is wrong and what to do."),
    "mail": N_("Find out whether mails go out: test."),
    "backup": N_("Write the database, the pictures, imported weights and the key to one file."),
    "restore-backup": N_("Write a backup into an empty site."),
}
# Those that are called otherwise among the commands of the site: `flask db` is Flask-Migrate's.
SITE_NAMES = {"db": "database"}


class Failed(click.ClickException):
    """A setting of the environment that cannot be used."""

    exit_code = 2


def _read_version() -> str:
    try:
        return version("revive")
    except PackageNotFoundError:
        return "of a checkout"


def _choose_language(_context: click.Context, _parameter: click.Parameter, code: str | None) -> None:
    if code:
        use_language(code)


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=N_(
        "Repair photos on your own machine: each tool is a command. Nothing leaves the machine.\n\n"
        "`revive deblur a.jpg b.jpg -o out/` works on files, `revive background portraits/ -o cut/` on a folder, "
        "and `cat photo.jpg | revive adjust --brightness 2 - > brighter.jpg` on standard input."
    ),
)
@click.version_option(_read_version(), prog_name="revive", cls=Option, help=N_("Show the version and exit."))
@click.option(
    "--language",
    cls=Option,
    type=click.Choice(LANGUAGES),
    is_eager=True,
    expose_value=False,
    callback=_choose_language,
    help=N_("Language of the messages; that of the environment (LANG) when absent. --json is always English."),
)
def cli() -> None:
    """Hold the commands."""


def tool_command(service: Service) -> click.Command:
    """Return the command of one tool."""

    def run(inputs, output, settings, metadata, overwrite, **rest) -> None:
        names = ("format", "quality", "recursive", "skip_existing", "jobs", "watch", "as_json", "change_map")
        wanted = {name: rest.pop(name) for name in (*names, "write_mask")}
        wanted["format"] = wanted["format"] or ""
        if wanted["as_json"]:
            use_language("en")
        try:
            limits = config.load_for_tools()
        except config.WrongSetting as error:
            raise Failed(str(error)) from None
        folders = [limits["WEIGHTS_DIR"], limits["IMPORTED_WEIGHTS_DIR"]]
        call = Call(inputs, output, rest, folders, limits["MAX_MEGAPIXELS"], settings, metadata, overwrite, **wanted)
        sys.exit(run_tool(service, call))

    parameters = [*_build_batch_parameters(), *build_tool_parameters(service, switches_are_flags=True)]
    return Command(service.key, callback=run, params=parameters, help=service.summary)


def _build_batch_parameters() -> list[click.Parameter]:
    flags = {
        "--skip-existing": N_("Skip inputs whose output is there already."),
        "--watch": N_("Go on with files that come into the folders, until Ctrl-C."),
        "--change-map": N_("Also write NAME-changes.png: what was kept, changed and replaced."),
        "--write-mask": N_("Also write NAME-mask.png: what was cut out, or found; also where there is no picture."),
    }
    return [
        click.Argument(["inputs"], metavar="INPUT...", nargs=-1, required=True, type=click.Path(allow_dash=True)),
        Option(
            ["-o", "--output"],
            metavar="OUTPUT",
            type=click.Path(allow_dash=True),
            help=N_("A folder, a file for one input, or - for standard output. Nothing is written elsewhere."),
        ),
        Option(
            ["-r", "--recursive"], is_flag=True, help=N_("Go into subfolders, too; the outputs lie in the same ones.")
        ),
        Option(
            ["-j", "--jobs"],
            type=click.IntRange(1, MAX_JOBS),
            default=1,
            show_default=True,
            help=N_("Pictures to work on at once."),
        ),
        *(Option([flag], is_flag=True, help=about) for flag, about in flags.items()),
        Option(
            ["--format"],
            type=click.Choice(["png", "jpeg", "webp"]),
            help=N_("Format of the outputs; the nearest to each input's own when absent."),
        ),
        Option(
            ["--quality"],
            type=click.IntRange(1, 100),
            default=DEFAULT_QUALITY,
            show_default=True,
            help=N_("Quality of JPEG and WebP outputs."),
        ),
        Option(["--json", "as_json"], is_flag=True, help=N_("One JSON object a line for each input.")),
    ]


def _start_flask(name: str) -> list[str]:
    return ["-m", "flask", "--app", str(ROOT / "app.py"), SITE_NAMES.get(name, name)]


def _build_site_command(name: str, about: str) -> click.Command:
    settings = {"ignore_unknown_options": True, "help_option_names": ["-h"] if name == "serve" else []}

    @click.command(name, cls=Command, help=about, context_settings=settings)
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def hand_over(arguments: tuple[str, ...]) -> None:
        if not (find_spec("flask") and find_spec("gunicorn")):
            raise click.ClickException(_("The site is not installed: pip install 'revive[server]'."))
        start = [str(ROOT / "run.py")] if name == "serve" else _start_flask(name)
        # `-P`: no module of the current folder stands in for one of ours.
        command = [sys.executable, "-P", *start, *arguments]
        # An installed site takes its settings from one `.env`, see `config.HOME`, wherever it is started.
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        environment = os.environ | ({"FLASK_SKIP_DOTENV": "1"} if IS_INSTALLED else {}) | {"PYTHONPATH": path}
        os.execve(sys.executable, command, environment)

    return hand_over


for _service in list_all():
    cli.add_command(tool_command(_service))
for _name, _about in SITE_COMMANDS.items():
    cli.add_command(_build_site_command(_name, _about))
