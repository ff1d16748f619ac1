"""A real installation, started as a person starts it, a real browser in front and a real SMTP server behind."""

import contextlib
import email
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.bench import Bench
from tests.browser.people import PASSWORD, PICTURES, open_page
from tests.support.servers import free_port, need, smtp_server, wait_for_port

ROOT = Path(__file__).resolve().parents[2]
# A slow machine may take long over anything: what is expected is waited for, what fails takes this long to fail.
expect.set_options(timeout=60_000)


def pytest_collection_modifyitems(items):
    """A test in a browser may take long on a slow machine; one that hangs still ends."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(900))


@dataclass
class Site:
    """A running installation."""

    url: str
    mails: Path
    instance: Path
    output: Path
    environment: dict[str, str]

    def make_admin(self, name: str) -> None:
        """Make an administrator by the command line."""
        command = [sys.executable, "-m", "flask", "users", "create-admin", name, "--password-stdin"]
        subprocess.run(command, cwd=ROOT, env=self.environment, input=PASSWORD + "\n", text=True, check=True)

    def newest_code(self, name: str, seconds: float = 120) -> str:
        """Wait for a mail to `name` and return the code in it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for path in sorted((self.mails / "new").glob("*"), key=lambda p: p.stat().st_mtime, reverse=True):
                mail = email.message_from_bytes(path.read_bytes())
                text = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
                found = re.search(r"\b\d{6}\b", text.get_payload(decode=True).decode())
                if name in mail["To"] and found:
                    path.unlink()
                    return found[0]
            time.sleep(0.1)
        raise TimeoutError(f"no mail for {name}: {self.output.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The installation that most tests share."""
    with installation(tmp_path_factory.mktemp("site")) as site:
        yield site


@contextlib.contextmanager
def installation(folder: Path, **settings: str):
    """`run.py` on a free port, a folder of its own, mail through SMTP; stopped by Ctrl-C, which must be clean."""
    port = free_port()
    with smtp_server(folder / "mails") as smtp, (folder / "output").open("w") as output:
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder),
            "PYTHONUNBUFFERED": "1",
            "INSTANCE_DIR": str(folder / "instance"),
            "PORT": str(port),
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(smtp.port),
            "PROXIES": "1",
            "OPENBLAS_NUM_THREADS": "1",  # as in the tests themselves
        } | settings
        process = subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=environment, stdout=output, stderr=output)
        url, said = f"http://127.0.0.1:{port}", folder / "output"
        try:
            wait_for_port(port, 240)
            yield Site(url, folder / "mails", folder / "instance", said, environment)
        finally:
            process.send_signal(signal.SIGINT)
            status = process.wait(120)
        assert status == 0 and "Traceback" not in said.read_text(), said.read_text()


@pytest.fixture(scope="session")
def chromium():
    """Chromium; without the windows that nobody sees, where that is installed: it takes half the time."""
    program = need("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def workbench(tmp_path_factory, migrated_sqlite):
    """A site for single elements (see `tests.browser.bench`)."""
    folder = tmp_path_factory.mktemp("bench")
    shutil.copy(migrated_sqlite, folder / "revive.db")
    bench = Bench(folder)
    yield bench
    bench.server.shutdown()


@pytest.fixture
def new_page(chromium, site):
    """Open pages of the installation in fresh browser profiles."""
    with watched_pages(chromium, site.url) as open_page:
        yield open_page


@pytest.fixture
def new_bench_page(chromium, workbench):
    """Open pages of the workbench in fresh browser profiles."""
    with watched_pages(chromium, workbench.url) as open_page:
        yield open_page


@pytest.fixture
def new_drawing(new_bench_page, workbench):
    """Open a page with one drawing over a picture that is on the server."""

    def open_drawing(macro="drawing('mask', 'Mask', src='/bench/pictures/coffee.jpg')", folder=PICTURES, **settings):
        page = new_bench_page(**settings)
        page.bench = workbench
        workbench.show(page, "{{ " + macro + " }}", folder)
        page.locator("drawing-surface.is-ready").wait_for()
        return page

    return open_drawing


@contextlib.contextmanager
def watched_pages(chromium, url: str):
    """Open pages in fresh browser profiles; fail the test on script errors and on anything the CSP blocked."""
    contexts, complaints = [], []

    def open_watched(**settings):
        page = open_page(chromium, url, **settings)
        contexts.append(page.context)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if "Content Security Policy" in m.text else None)
        return page

    yield open_watched
    for context in contexts:
        context.close()
    assert not complaints, complaints


@pytest.fixture
def paused_queue(site):
    """The queue is empty and no worker takes a job until the fixture's value is called, or the test is over."""
    database = sqlite3.connect(site.instance / "revive.db", timeout=60, isolation_level=None)
    waiting = "SELECT count(*) FROM jobs WHERE status IN ('queued', 'running')"
    while database.execute(waiting).fetchone()[0]:
        time.sleep(0.2)  # what an earlier test left there is worked on
    database.execute("INSERT INTO facts (key, number, changed_at) VALUES ('queue_paused', 1, '2026-01-01 00:00:00')")

    def resume():
        database.execute("DELETE FROM facts WHERE key = 'queue_paused'")

    yield resume
    # What the test left in the queue need not be worked on.
    database.execute("UPDATE jobs SET status = 'cancelled' WHERE status = 'queued'")
    resume()
    database.close()
