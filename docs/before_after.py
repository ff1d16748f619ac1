"""Screenshots of all main pages, before and after side by side: `python -m docs.before_after OLD NEW --out FOLDER`.

OLD and NEW are revisions of this repository. Each is checked out into a temporary worktree and started there with an
empty installation, whose administrator lets Adjust brighten a picture. Every page is then looked at in both sizes,
themes and languages, and FOLDER gets one PNG for each: OLD on the left, NEW on the right. A page that a revision does
not have stays empty. `--page` and `--setting` choose some of them, such as
`--page home --page studio --setting phone-dark-zh`. Needs Chromium, Git and requirements-dev.txt.
"""

import argparse
import contextlib
import io
import itertools
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, sync_playwright

from tests.browser.people import PASSWORD, PICTURES, sign_in, start, wait_until_done
from tests.support.servers import free_port, need, wait_for_port

ROOT = Path(__file__).resolve().parent.parent
NAME = "lina@example.com"
SIZES = {"desk": {"viewport": {"width": 1440, "height": 900}}}
SIZES["phone"] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
THEMES, LANGUAGES = ("light", "dark"), {"en": "en-US", "zh": "zh-CN"}
SETTINGS = ["-".join(parts) for parts in itertools.product(SIZES, THEMES, LANGUAGES)]
# Page -> its address; {name} and {job} are those of the person. Pages of strangers come without a session.
STRANGERS = {"home": "/", "tool": "/tools/colorize", "login": "/login", "register": "/register", "reset": "/reset"}
OWN = {
    "lab": "/{name}/",
    "studio": "/{name}/adjust",
    "drawing": "/{name}/inpaint",
    "job": "/{name}/jobs/{job}",
    "history": "/{name}/history",
    "account": "/{name}/account",
    "api": "/api/v1/docs",
    "admin": "/admin/",
    "admin-users": "/admin/users",
    "admin-jobs": "/admin/jobs",
}
GAP, HEAD = 16, 40


@dataclass(frozen=True)
class Visit:
    """A running revision: where it is, the cookies of the person, and the id of the person's job."""

    url: str
    cookies: dict
    job: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", help="a revision, such as v0.1.0 or HEAD~20")
    parser.add_argument("new", help="another one, such as HEAD")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--page", action="append", choices=[*STRANGERS, *OWN], help="only this page; may be repeated")
    parser.add_argument("--setting", action="append", choices=SETTINGS, help="only this one; may be repeated")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    pages, settings = chosen.page or [*STRANGERS, *OWN], chosen.setting or SETTINGS
    shots = [shoot_revision(revision, pages, settings) for revision in (chosen.old, chosen.new)]
    for page, setting in itertools.product(pages, settings):
        pair = [shot.get((page, setting)) for shot in shots]
        compose(pair, (chosen.old, chosen.new), f"{page}, {setting}").save(chosen.out / f"{page}-{setting}.png")


def shoot_revision(revision: str, pages: list[str], settings: list[str]) -> dict[tuple[str, str], Image.Image]:
    """Return (page, setting) -> what a revision looks like; a page that it does not have is missing."""
    with tempfile.TemporaryDirectory() as folder, check_out(revision, Path(folder) / "tree") as tree:
        with serve(tree, Path(folder) / "instance") as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=need("chromium"), args=["--no-sandbox"])
            visit = prepare(browser, url, tree, Path(folder) / "instance")
            shots = {}
            for setting in settings:
                shots |= shoot_pages(browser, visit, pages, setting)
            browser.close()
            return shots


@contextlib.contextmanager
def check_out(revision: str, tree: Path) -> Iterator[Path]:
    """Check a revision out into a worktree of its own, which is removed again."""
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(tree), revision], cwd=ROOT, check=True)
    try:
        if not (tree / "run.py").is_file():
            sys.exit(f"{revision} has no run.py, which starts the site: choose a later revision")
        yield tree
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)


@contextlib.contextmanager
def serve(tree: Path, instance: Path) -> Iterator[str]:
    """Start the site and a worker from a worktree; give its address."""
    port = free_port()
    environment = os.environ | {"INSTANCE_DIR": str(instance), "PORT": str(port)}
    server = subprocess.Popen([sys.executable, "run.py"], cwd=tree, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port, 600)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(90)


def prepare(browser: Browser, url: str, tree: Path, instance: Path) -> Visit:
    """Make an administrator, who lets a tool make something."""
    command = [sys.executable, "-m", "flask", "--app", "app", "users", "create-admin", NAME, "--password-stdin"]
    environment = os.environ | {"INSTANCE_DIR": str(instance)}
    subprocess.run(command, cwd=tree, env=environment, input=PASSWORD + "\n", text=True, check=True)
    context = browser.new_context(base_url=url, locale="en-US")
    context.set_default_timeout(300_000)
    page = context.new_page()
    sign_in(page, NAME)
    start(page, "adjust", PICTURES / "rocket.jpg", brightness="1.4")
    job = wait_until_done(page)
    cookies = context.storage_state()
    context.close()
    return Visit(url, cookies, job)


def shoot_pages(browser: Browser, visit: Visit, pages: list[str], setting: str) -> dict:
    """Return (page, setting) -> screenshot of each page in one size, theme and language."""
    size, theme, language = setting.split("-")
    settings = SIZES[size] | {"color_scheme": theme, "locale": LANGUAGES[language], "base_url": visit.url}
    shots = {}
    for whose, cookies in ((STRANGERS, None), (OWN, visit.cookies)):
        context = browser.new_context(storage_state=cookies, reduced_motion="reduce", **settings)
        context.add_cookies([{"name": "language", "value": language, "url": visit.url}])
        page = context.new_page()
        for name in (name for name in whose if name in pages):
            response = page.goto(whose[name].format(name=NAME, job=visit.job), wait_until="networkidle")
            if response is not None and response.ok:
                shots[name, setting] = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        context.close()
    return shots


def compose(pair: list[Image.Image | None], revisions: tuple[str, str], title: str) -> Image.Image:
    """Return two screenshots side by side, each below its revision."""
    width = max(shot.width for shot in pair if shot) if any(pair) else 200
    height = max(shot.height for shot in pair if shot) if any(pair) else 0
    sheet = Image.new("RGB", (2 * width + GAP, height + HEAD), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=18)
    for place, (shot, revision) in enumerate(zip(pair, revisions, strict=True)):
        left = place * (width + GAP)
        draw.text((left + 8, 8), f"{revision}: {title}" if shot else f"{revision}: no such page", "black", font)
        if shot:
            sheet.paste(shot, (left, HEAD))
    return sheet


if __name__ == "__main__":
    main()
