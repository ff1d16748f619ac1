"""What a person does in the browser, as verbs."""

import time
from pathlib import Path

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "demo" / "pictures"
PASSWORD = "red-lamp-42!"


def register(page, site, name: str) -> None:
    """Register with a mailed code and land on the login page."""
    page.goto("/register")
    page.fill("[name=username]", name)
    page.click("[formaction$='/register/code']")
    page.fill("[name=code]", site.newest_code(name))
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=confirm]", PASSWORD)
    page.press("[name=confirm]", "Enter")
    page.wait_for_url("**/login")


def sign_in(page, name: str, password: str = PASSWORD) -> None:
    page.goto("/login")
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.click("form[action*='/login'] button[type=submit]")
    page.wait_for_url(f"**/{name.replace('@', '*')}/")


def start(page, service: str, picture: Path, **options: str) -> None:
    """Pick a tool, choose a picture, set options, press Start; return on the job's page."""
    page.goto(f"/tools/{service}")
    page.set_input_files("[name=image]", picture)
    for option, value in options.items():
        choose(page, option, value)
    page.click("form[enctype] .start")
    page.wait_for_url("**/jobs/*")


def choose(page, option: str, value: str) -> None:
    """Set one option of the form, whatever control it has."""
    radio = page.locator(f"input[type=radio][name={option}][value='{value}']")
    if radio.count():
        radio.check(force=True)
    elif page.locator(f"select[name={option}]").count():
        page.select_option(f"select[name={option}]", value)
    else:
        page.fill(f"[name={option}]", value)


def download(page, format: str) -> bytes:
    """Download the result through the page's own button and return the file's bytes."""
    with page.expect_download() as waiting:
        page.click(f"form[action$='/result'] [name=format][value={format}]")
    return Path(waiting.value.path()).read_bytes()


def until(page, expression: str, seconds: float = 60) -> None:
    """Wait until a JavaScript expression is true; the page's policy forbids the browser's own way of waiting for it."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(50)


def swipe(page, *paths: list[tuple[float, float]]) -> None:
    """Put down one finger for each path, move them together, lift them."""
    browser = page.context.new_cdp_session(page)
    for number in range(len(paths)):
        _touch(browser, "touchStart", [path[0] for path in paths[: number + 1]])
    for points in zip(*[path[1:] for path in paths], strict=True):
        _touch(browser, "touchMove", points)
        page.wait_for_timeout(16)
    _touch(browser, "touchEnd", [])


def _touch(browser, kind: str, points) -> None:
    touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    browser.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def way(start: tuple[float, float], x: float, y: float, steps: int = 10) -> list[tuple[float, float]]:
    """A straight path from `start` by (x, y) pixels."""
    return [(start[0] + x * i / steps, start[1] + y * i / steps) for i in range(steps + 1)]
