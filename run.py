"""Start Revive on this machine: bring the database up to date, run the web server and a worker until Ctrl-C.

Each is a process of its own; one that dies is started again, so a crash of the worker costs
no more than its job's time.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from gettext import gettext as _
from pathlib import Path

import config
from command_line import use_language

ROOT = Path(__file__).resolve().parent
STOP_SECONDS = 60
RESTART_SECONDS = 2
FRUITLESS_STARTS = 3


class Process:
    """One long-running part of Revive in a session of its own, so that Ctrl-C reaches it only through us."""

    def __init__(self, name: str, *arguments: str):
        self.name, self.command, self.ended = name, [sys.executable, "-m", *arguments], 0
        self.start()

    def start(self) -> None:
        self.popen = subprocess.Popen(self.command, cwd=ROOT, start_new_session=True)

    def restart_if_dead(self) -> None:
        if self.popen.poll() is not None:
            self.ended += 1
            told = _("The {part} ended with status {status}; starting it again.")
            say(told.format(part=self.name, status=self.popen.returncode))
            time.sleep(RESTART_SECONDS)
            self.start()

    def stop(self) -> None:
        if self.popen.poll() is None:
            self.popen.terminate()

    def wait(self, seconds: float) -> None:
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()


def main() -> None:
    use_language()
    compile_translations()
    os.umask(config.UMASK)
    settings = config.load_or_exit()
    host, port = settings["HOST"], settings["PORT"]
    if responds(host, port):
        told = _("Revive cannot start: something already listens on port {port}. Stop it, or set PORT to another.")
        sys.exit(told.format(port=port))
    run_module("flask", "db", "upgrade")
    parts = [
        Process(_("web server"), "gunicorn", "app:create_app()"),
        Process(_("worker"), "flask", "worker"),
    ]
    with stop_signals():
        try:
            while not responds(host, port):
                time.sleep(0.1)
                for part in parts:
                    part.restart_if_dead()
                    if part.ended == FRUITLESS_STARTS:
                        stop_all(parts)
                        told = _("Revive cannot start: the {part} ends at once, again and again; see above why.")
                        sys.exit(told.format(part=part.name))
            shown = f"[{host}]" if ":" in host else host
            say(_("Revive is ready at {address}  (Ctrl-C stops it)").format(address=f"http://{shown}:{port}"))
            if not settings["MAIL_SERVER"]:
                told = _("No mail is sent while MAIL_SERVER is not set: codes appear here and in {folder}.")
                say(told.format(folder=settings["OUTBOX_DIR"]))
            while True:
                time.sleep(1)
                for part in parts:
                    part.restart_if_dead()
        except KeyboardInterrupt:
            say(_("Stopping: running jobs are finished or put back into the queue."))
    stop_all(parts)


def compile_translations() -> None:
    """Compile the translations where they have changed, before anything is said."""
    if translations_are_stale():
        run_module("babel.messages.frontend", "--quiet", "compile", "-d", "translations")


def run_module(*arguments: str) -> None:
    """Run a module to its end. Where it fails, say so and leave."""
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        told = _("Revive cannot start: `{command}` failed.").format(command=" ".join(arguments))
        sys.exit(f"{told}\n{done.stderr.strip()}")


def translations_are_stale() -> bool:
    """Say whether a catalogue was edited after it was compiled. Others stay: a running site may be reading them."""
    for source in (ROOT / "translations").glob("*/LC_MESSAGES/*.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            return True
    return False


def responds(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
        return True
    return False


@contextlib.contextmanager
def stop_signals():
    """Turn SIGTERM into KeyboardInterrupt, once; while stopping, further signals are ignored."""

    def stop(number, frame):
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)
    yield


def stop_all(parts: list[Process]) -> None:
    for part in parts:
        part.stop()
    end = time.monotonic() + STOP_SECONDS
    for part in parts:
        part.wait(max(0.1, end - time.monotonic()))


def say(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    main()
