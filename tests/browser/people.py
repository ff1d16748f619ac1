"""What a person does in the browser, as verbs."""

import contextlib
import itertools
import time
from pathlib import Path

from playwright.sync_api import Error, expect

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "demo" / "pictures"
PASSWORD = "red-lamp-42!"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 860}}
# Longer than any tool takes, on a machine that has much else to do.
DONE_MS = 300_000


def open_page(chromium, url: str, **settings):
    """Open a page in a fresh browser profile, with a network address of its own: codes are limited per address."""
    settings = {"locale": "en-US", "extra_http_headers": from_new_address()} | settings
    context = chromium.new_context(base_url=url, **settings)
    context.set_default_timeout(60_000)
    return context.new_page()


def from_new_address(numbers=itertools.count(256)) -> dict[str, str]:
    """Headers as a proxy sets them for a visitor from 198.18.0.0/15."""
    number = next(numbers)
    return {"X-Forwarded-For": f"198.18.{number // 256}.{number % 256}"}


@contextlib.contextmanager
def member(chromium, site, name: str, **settings):
    """Give the browser of a person who has registered and signed in."""
    page = open_page(chromium, site.url, **settings)
    register(page, site, name)
    yield page
    page.context.close()


def register(page, site, name: str) -> None:
    """Register with a mailed code, and be signed in by that."""
    page.goto("/register")
    page.fill("[name=username]", name)
    page.fill("[name=code]", read_mailed_code(page, site, name))
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=confirm]", PASSWORD)
    page.press("[name=confirm]", "Enter")
    page.wait_for_url(f"**/{name.replace('@', '*')}/")


def read_mailed_code(page, site, name: str) -> str:
    """Ask for a code and return it; the response has come by then, which ties the code to this browser."""
    page.click("[formaction$='/code']")
    page.locator(".code-status:not(:empty), .notice").first.wait_for()
    return site.newest_code(name)


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


def wait_until_done(page, selector: str = "") -> str:
    """Wait until the job on the stage is done, and, where `selector` is given, shows that; return the job's id."""
    ended = page.locator(".job:is([data-status=done], [data-status=failed], [data-status=cancelled])")
    ended.wait_for(timeout=DONE_MS)
    assert ended.get_attribute("data-status") == "done", ended.inner_text()
    if selector:
        ended.locator(selector).wait_for()
    return ended.get_attribute("data-job")


def choose(page, option: str, value: str) -> None:
    """Set one option of the form, whatever control it has."""
    radio = page.locator(f"input[type=radio][name={option}][value='{value}']")
    if radio.count():
        radio.check(force=True)
    elif page.locator(f"select[name={option}]").count():
        page.select_option(f"select[name={option}]", value)
    else:
        page.fill(f"[name={option}]", value)


def ask_api(page, path: str, method: str = "GET", **options):
    """Ask the API as the script of the page does."""
    token = page.locator("input[name=csrf_token]").first.get_attribute("value")
    address = path if path.startswith("/api/") else f"/api/v1{path}"
    return page.request.fetch(address, method=method, headers={"X-CSRFToken": token}, **options)


def download(page, format: str) -> bytes:
    """Download the result through the page's own button and return the file's bytes."""
    with page.expect_download() as waiting:
        page.click(f"form[action$='/result'] [name=format][value={format}]")
    return Path(waiting.value.path()).read_bytes()


def until(page, expression: str, seconds: float = 60) -> None:
    """Wait until a JavaScript expression is true; the page's policy forbids the browser's own way of waiting for it."""
    end = time.monotonic() + seconds
    while not _holds(page, expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(50)


def _holds(page, expression: str) -> bool:
    """Say whether an expression is true; while one page makes way for the next nothing is."""
    with contextlib.suppress(Error):
        return bool(page.evaluate(expression))
    return False


def follow(page, locator) -> None:
    """Click what leads to another page, and wait until that is there."""
    with page.expect_navigation():
        locator.click()


def reload_until(page, locator, seconds: float = 240) -> None:
    """Open the page again and again until it shows something that the server has to come to first."""
    end = time.monotonic() + seconds
    while not locator.count():
        assert time.monotonic() < end, page.locator("body").inner_text()
        page.wait_for_timeout(500)
        page.reload()


def frames(page) -> None:
    """Let the browser lay out and paint twice."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


def still(page) -> None:
    """Wait until the page scrolls no further: a finger that was lifted in a swing lets it go on for a while."""
    before, now = None, page.evaluate("scrollY")
    while before != now:
        page.wait_for_timeout(150)
        frames(page)
        before, now = now, page.evaluate("scrollY")


def steady_box(locator) -> dict:
    """Return the place of an element on the screen once nothing moves it any more: scrolling, what is above it."""
    expect(locator).to_be_visible()
    locator.scroll_into_view_if_needed()
    before, now = None, locator.bounding_box()
    while before != now:
        locator.page.wait_for_timeout(100)
        before, now = now, locator.bounding_box()
    return now


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
