"""axe-core finds nothing on any page, in both themes and languages, at the width of a phone and of a desk."""

import re

import pytest
from playwright.sync_api import expect

import config
from accounts.mail import mailbox_links
from app import create_app
from services import SERVICES
from tests.browser.conftest import ROOT, installation
from tests.browser.people import (
    DESK,
    PASSWORD,
    PHONE,
    PICTURES,
    frames,
    member,
    open_page,
    sign_in,
    start,
    until,
    wait_until_done,
)
from tests.support.servers import need_file

AXE = ROOT / ".tools" / "node_modules" / "axe-core" / "axe.min.js"
CHIEF, MEMBER = "chief@example.com", "member@example.com"
# Language -> theme at a desk and on a phone: any two of the three meet. A page is opened once for both screens.
LOOKS = {"en-US": ("light", "dark"), "zh-CN": ("dark", "light")}
STRANGERS = ["/", "/api/v1/docs", "/login", "/register", "/reset", "/tools/colorize", "/no-such-page", "/logout"]
ADMIN = [
    "",
    "users",
    "users/1",
    "users/2",
    "users/new",
    "jobs",
    "queue",
    "weights",
    "storage",
    "settings",
    "invitations",
    "audit",
]
# What a GET answers with anything but a page of its own.
NO_PAGES = {
    "static",
    "ops.health",
    "metrics.show",
    "account.data",
    "albums.contact_sheet",
    "albums.pictures",
    "auth.open_invitation",
    "history.pictures",
    "jobs.alternative",
    "jobs.change_map",
    "jobs.file",
    "jobs.live_copy",
    "jobs.mask",
    "jobs.original",
    "jobs.preview",
    "jobs.result",
    "jobs.thumbnail",
    "jobs.upload",
    "shares.picture",
    "shares.preview",
}
# The menu at the top, the same on every page, stays folded over the links of the administration, which it would cover.
UNFOLD = """() => {
    const isAdministration = document.querySelector('.admin-nav');
    for (const part of document.querySelectorAll('details'))
        part.open = !(isAdministration && part.closest('header'));
}"""
RUN = """async () => {
    const rules = {'target-size': {enabled: true}};
    const found = await axe.run(document, {rules, resultTypes: ['violations']});
    return found.violations.flatMap(({id, help, nodes}) => nodes.map((node) => [id, help, node.target.join(' ')]));
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    return need_file(AXE, "npm install --prefix .tools axe-core").read_text()


@pytest.fixture(scope="module")
def site(tmp_path_factory, axe):
    """An installation of its own, with an administrator: its queue is paused at the end of the preparation."""
    with installation(tmp_path_factory.mktemp("axe"), SHARE_DAYS="30") as site:
        site.make_admin(CHIEF)
        yield site


@pytest.fixture(scope="module")
def pages(chromium, site):
    """The cookies of the administrator, and the addresses of all pages that somebody signed in can see."""
    page = open_page(chromium, site.url)
    sign_in(page, CHIEF)
    page.goto(f"/{CHIEF}/history")
    empty = page.content()
    assert "job" not in re.findall(r'class="frame[ "]', empty)
    start(page, "adjust", PICTURES / "coffee.jpg", brightness="1.4")
    wait_until_done(page)
    jobs = [page.url]
    page.locator(".share summary").click()
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("#new-link").input_value()
    start(page, "colorize", PICTURES / "coffee.jpg")  # a verdict, and no result: it has colours already
    wait_until_done(page)
    jobs.append(page.url)
    start(page, "restore", PICTURES / "travellers.jpg")  # a result of several steps
    wait_until_done(page)
    jobs += [page.url, f"{page.url}?step=tone"]
    restored = page.url.rsplit("/", 1)[1]
    page.goto("/admin/queue")
    page.get_by_text("Pause…", exact=True).click()
    page.get_by_role("button", name="Pause the queue").click()
    page.get_by_role("button", name="Resume the queue").wait_for()
    for _ in range(2):
        start(page, "adjust", PICTURES / "rocket.jpg", transform="90")
        jobs.append(page.url)
    page.locator("form[action$='/cancellation'] button").click()
    page.locator(".job[data-status=cancelled]").wait_for()
    page.goto(jobs[0])  # a second version of its photo, which waits
    page.locator("#tool [name=brightness]").first.fill("0.8")
    page.locator("#tool .start").click()
    page.wait_for_url(lambda url: "/jobs/" in url and url != jobs[0])
    jobs.append(page.url)
    page.goto(f"/{CHIEF}/account")
    page.get_by_label("Address of the receiver").fill("https://localhost:8443/")
    page.locator("#webhook_password").fill(PASSWORD)
    page.get_by_role("button", name="Add a webhook").click()
    page.get_by_role("button", name="Send a test").click()
    page.get_by_role("status").get_by_text("A test is being sent.").wait_for()
    with member(chromium, site, MEMBER):
        pass
    page.goto(f"/{CHIEF}/history")
    for box in page.locator(".frame-select input").all():
        box.check()
    page.get_by_role("button", name="Put into album").click()
    page.wait_for_url("**/albums/*")
    albums = [f"/{CHIEF}/albums", page.url, f"{page.url}?tool=background"]
    first = jobs[0].rsplit("/", 1)[1]
    own = [f"/{CHIEF}/", f"/{CHIEF}/history", f"/{CHIEF}/history?service=inpaint", f"/{CHIEF}/account"]
    tools = [f"/{CHIEF}/{service.key}" for service in SERVICES]
    more = [f"/{CHIEF}/adjust?from={first}&which=result", f"/{CHIEF}/history?photo={first}"]
    more.append(f"/{CHIEF}/onlyhere?from={restored}&which=result")
    addresses = own + tools + more + [each.removeprefix(site.url) for each in [*jobs, *albums, link]]
    yield page.context.storage_state(), addresses + [f"/admin/{name}" for name in ADMIN]
    page.context.close()


@pytest.fixture(scope="module")
def strangers(site) -> list[str]:
    """The addresses of all pages that somebody who is not signed in can see."""
    with create_app(config.load(site.environment)).app_context():
        return [mailbox_links.make_link("54321").removeprefix(site.url), *STRANGERS]


def faults(page, axe: str, address: str, theme_on_phone: str = "") -> list[str]:
    """Open a page, unfold what is folded, put a picture into a tool; return what axe-core finds.

    With `theme_on_phone` the page is looked at again, on a phone in that theme.
    """
    response = page.goto(address)
    assert response is None or response.status < 500, address
    if page.locator("#tool #image").count() and "?" not in address:
        page.set_input_files("#image", PICTURES / "coffee.jpg")
        page.locator(".drop-preview:not([hidden])").first.wait_for(state="attached")
    page.evaluate(UNFOLD)
    for ready in page.locator(".drawn:not([hidden]) :is(drawing-surface, frame-picker)").all():
        expect(ready).to_have_class(re.compile(r"\bis-ready\b"))
    page.evaluate(axe)
    found = look(page)
    if theme_on_phone:
        become_phone(page, theme_on_phone)
        found += look(page)
    return [f"{address}: {' | '.join(fault)}" for fault in found]


def look(page) -> list[list[str]]:
    """Return what axe-core finds in each mode of a page, or on the page where it has none."""
    found = []
    for mode in page.locator("mode-bar button:visible").all() or [None]:
        if mode:
            mode.click()
        found += page.evaluate(RUN)
    return found


def become_phone(page, theme: str) -> None:
    """Show an open page on a phone, which has no pointer but fingers, in another theme."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size(PHONE["viewport"])
    devtools = page.context.new_cdp_session(page)
    metrics = PHONE["viewport"] | {"deviceScaleFactor": 1, "mobile": True}
    devtools.send("Emulation.setDeviceMetricsOverride", metrics)
    devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    until(page, "matchMedia('(pointer: coarse)').matches && innerWidth === 390")
    frames(page)


@pytest.mark.parametrize(("language", "themes"), LOOKS.items(), ids=LOOKS)
def test_nothing_is_found_on_any_page(chromium, site, pages, strangers, axe, language, themes):
    cookies, addresses = pages
    settings = {"locale": language, "color_scheme": themes[0], "reduced_motion": "reduce", **DESK}
    found = []
    for state, seen in ((None, strangers), (cookies, addresses)):
        first = open_page(chromium, site.url, storage_state=state, **settings)
        for address in seen:
            page = first.context.new_page()
            found += faults(page, axe, address, themes[1])
            page.close()
        first.context.close()
    assert not found, "\n".join(found)


def test_every_page_of_the_site_is_among_them(pages, strangers, tmp_path):
    app = create_app(config.load({"INSTANCE_DIR": str(tmp_path), "SECRET_KEY": "k" * 64}))
    routes = app.url_map.bind("localhost")
    seen = {routes.match(a.partition("?")[0])[0] for a in strangers[:-2] + pages[1]}
    there = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in rule.methods}
    there -= {name for name in there if name.startswith("api.") and name != "api.docs"}
    assert seen == there - NO_PAGES
