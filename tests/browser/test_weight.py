"""What a first visit weighs, that nothing jumps while it loads, and that nothing comes from elsewhere."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.jumps import WATCH, jumps, open_slowly
from tests.browser.people import DESK, PHONE, PICTURES, frames, member, start, until, wait_until_done

NAME = "weight@example.com"
MAX_BYTES = 250_000
# What each part of the page weighed on its way, with its headers.
SENT = """['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))
    .map(({transferSize}) => transferSize)"""


@pytest.fixture(scope="module")
def signed_in(chromium, site):
    """The cookies of a registered person with one finished job, and its address."""
    with member(chromium, site, NAME) as page:
        start(page, "adjust", PICTURES / "coffee.jpg", brightness="1.4")
        wait_until_done(page)
        yield page.context.storage_state(), page.url


def addresses(job: str) -> list[str]:
    tools = ["/tools/background", "/tools/inpaint"]
    return ["/", "/login", "/register", f"/{NAME}/", *tools, job, f"/{NAME}/history", f"/{NAME}/account"]


def wander(page) -> None:
    """Look at the whole page, so that lazy pictures come, and let it rest."""
    page.wait_for_load_state("networkidle")
    for y in range(0, page.evaluate("document.documentElement.scrollHeight"), 400):
        page.evaluate(f"scrollTo(0, {y})")
        page.wait_for_timeout(30)
    page.wait_for_load_state("networkidle")


def test_the_first_load_of_home_is_light_without_pictures(new_page):
    page = new_page()
    responses = []
    page.on("response", lambda response: responses.append(response))
    page.goto("/")
    page.wait_for_load_state("networkidle")
    others = [response for response in responses if not response.headers["content-type"].startswith("image/")]
    assert len(others) > 5
    assert sum(len(response.body()) for response in others) < MAX_BYTES


@pytest.mark.parametrize(
    "settings", [{"viewport": {"width": 1440, "height": 900}}, PHONE | {"locale": "zh-CN"}], ids=["desk", "phone"]
)
def test_the_first_load_of_home_is_light_with_its_pictures_and_the_rest_comes_when_looked_at(new_page, settings):
    page = new_page(**settings)
    page.goto("/")
    until(page, "[...document.querySelectorAll('.hero img')].every((image) => image.naturalWidth)")
    before, sent = [], page.evaluate(SENT)
    while before != sent:
        page.wait_for_timeout(1500)
        before, sent = sent, page.evaluate(SENT)
    assert len(sent) > 15 and 100_000 < sum(sent) < MAX_BYTES

    slide, shown = page.locator(".carousel-slide img").first, page.locator(".card-pictures").first.locator("img").last
    slide.scroll_into_view_if_needed()
    until(page, "document.querySelector('.carousel-slide img').naturalWidth")
    assert not shown.evaluate("image => image.naturalWidth")
    page.locator(".card a").first.focus()
    expect(shown).to_be_visible()
    until(page, "document.querySelector('.card-pictures img + img').naturalWidth")


def test_no_page_asks_another_server_for_anything(new_page, signed_in, site):
    cookies, job = signed_in
    asked = set()
    for page in (new_page(), new_page(storage_state=cookies)):
        page.on("request", lambda request: asked.add(request.url))
        for address in addresses(job):
            page.goto(address)
            wander(page)
    assert asked and not [url for url in asked if not url.startswith((site.url, "data:", f"blob:{site.url}"))]


def test_every_part_of_every_page_is_named_by_its_content_and_kept_for_a_year(new_page, signed_in, site):
    cookies, job = signed_in
    parts = {}
    for page in (new_page(), new_page(storage_state=cookies)):
        page.on("response", lambda r: parts.setdefault(r.url, r.headers) if "/static/" in r.url else None)
        for address in addresses(job):
            response = page.goto(address)
            assert "unsafe" not in response.headers["content-security-policy"]
            wander(page)
    assert len(parts) > 20
    for url, headers in parts.items():
        assert re.search(r"\?v=[0-9a-f]{12}$", url), url
        assert headers["cache-control"] == "public, max-age=31536000, immutable", url


@pytest.mark.parametrize("settings", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_jumps(new_page, signed_in, settings):
    cookies, job = signed_in
    strangers, members = new_page(**settings), new_page(storage_state=cookies, **settings)
    for address in addresses(job):
        for page in (strangers, members):
            open_slowly(page, address)
            wander(page)
            assert jumps(page) == [], page.url


def test_nothing_jumps_when_a_result_comes(new_page, signed_in):
    """What stands below the result may move down; the result itself stays where it appeared."""
    page = new_page(storage_state=signed_in[0], **DESK)
    start(page, "adjust", PICTURES / "rocket.jpg", brightness="1.2")
    wait_until_done(page, "compare-slider")
    frames(page)
    page.evaluate(WATCH.replace("buffered: true", "buffered: false"))
    until(page, "[...document.querySelectorAll('.compare img')].every((image) => image.complete)")
    wander(page)
    assert jumps(page) == []


def test_pictures_have_their_size_and_those_further_down_come_later(new_page, signed_in):
    cookies, job = signed_in
    for page in (new_page(**PHONE), new_page(storage_state=cookies, **PHONE)):
        for address in addresses(job):
            page.goto(address)
            page.wait_for_load_state("networkidle")
            page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")  # all have sizes
            for picture in page.locator("main img:not([hidden], .drop-preview, .framing img)").all():
                unsized = picture.evaluate("i => getComputedStyle(i).position !== 'absolute' && !(i.width && i.height)")
                below = picture.evaluate("i => i.getBoundingClientRect().top + scrollY > 2 * innerHeight")
                assert not unsized, f"{address} {picture.get_attribute('src')}"
                assert not below or picture.get_attribute("loading") == "lazy", f"{address}"
