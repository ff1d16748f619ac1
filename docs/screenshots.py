"""Make the README's screenshots from a fresh installation: `python -m docs.screenshots`.

Starts Revive in a temporary folder, registers a person with the code from the outbox, runs the tools on the demo
pictures, and writes WebP files to docs/screenshots/. Needs Chromium and requirements-dev.txt.
"""

import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.people import PICTURES, register, start
from tests.support.servers import free_port, need, wait_for_port

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "screenshots"
DEMO = ROOT / "static" / "demo"
DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
NAME = "lina@example.com"


class Outbox:
    """Reads mailed codes from the folder that Revive writes mails to when no SMTP server is set."""

    def __init__(self, folder: Path):
        self.folder = folder

    def newest_code(self, name: str, seconds: float = 30) -> str:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for mail in sorted(self.folder.glob("*.eml"), reverse=True):
                found = re.search(r"\b\d{6}\b", mail.read_text().partition("\n\n")[2])
                if name in mail.read_text() and found:
                    return found[0]
            time.sleep(0.1)
        raise TimeoutError(f"no mail for {name}")


def main() -> None:
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        port = free_port()
        environment = os.environ | {"INSTANCE_DIR": folder, "PORT": str(port)}
        server = subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=environment)
        try:
            wait_for_port(port, 60)
            browser = playwright.chromium.launch(executable_path=need("chromium"), args=["--no-sandbox"])
            shoot_all(browser, f"http://127.0.0.1:{port}", Outbox(Path(folder) / "outbox"))
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(90)


def shoot_all(browser, url: str, outbox: Outbox) -> None:
    page = new_page(browser, url, DESKTOP, "light", "en-US")
    page.goto("/")
    shoot(page, "home")
    register(page, outbox, NAME)
    session = page.context.storage_state()
    for service, picture, options in (
        ("deblur", DEMO / "deblur-before.webp", {}),
        ("adjust", "rocket.jpg", {"brightness": "1.4"}),
        ("background", "astronaut.jpg", {"background": "blue"}),
    ):
        start(page, service, PICTURES / picture, **options)
        page.locator("compare-slider input[type=range]").wait_for(timeout=120_000)
    shoot(page, "job")
    job = page.url
    page.goto(f"/{NAME}/history")
    shoot(page, "history")
    shoot_drawing(page)
    dark = new_page(browser, url, DESKTOP, "dark", "zh-CN", session)
    dark.goto(job)
    shoot(dark, "job-dark")
    stranger = new_page(browser, url, PHONE, "dark", "zh-CN")
    stranger.goto("/")
    shoot(stranger, "home-phone-dark")
    phone = new_page(browser, url, PHONE, "light", "en-US", session)
    phone.goto(f"/{NAME}/background")
    shoot(phone, "studio-phone")


def shoot_drawing(page: Page) -> None:
    """A mask being painted over what is to be taken out."""
    page.goto(f"/{NAME}/inpaint")
    page.set_input_files("#image", PICTURES / "rocket.jpg")
    page.locator("drawing-surface.is-ready").wait_for()
    frame = page.locator(".drawing-frame")
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    for path in (((0.32, 0.45), (0.31, 0.8), (0.29, 0.95)), ((0.69, 0.45), (0.7, 0.8), (0.72, 0.95))):
        first, *others = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in path]
        page.mouse.move(*first)
        page.mouse.down()
        for place in others:
            page.mouse.move(*place, steps=6)
        page.mouse.up()
    shoot(page, "drawing")


def new_page(browser, url: str, viewport: dict, scheme: str, locale: str, session=None) -> Page:
    context = browser.new_context(
        base_url=url,
        viewport=viewport,
        color_scheme=scheme,
        locale=locale,
        storage_state=session,
        has_touch=viewport is PHONE,
        is_mobile=viewport is PHONE,
    )
    return context.new_page()


def shoot(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(OUT / f"{name}.webp", quality=82)


if __name__ == "__main__":
    main()
