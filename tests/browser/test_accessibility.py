"""axe-core finds nothing on any page, in both themes and languages, at the width of a phone and of a desk."""

import re
import subprocess
import sys

import pytest

import config
from app import create_app
from services import SERVICES
from tests.browser.conftest import ROOT, from_new_address, installation
from tests.browser.people import PASSWORD, PICTURES, register, sign_in, start
from tests.support.servers import need_file

AXE = ROOT / ".tools" / "node_modules" / "axe-core" / "axe.min.js"
CHIEF, MEMBER = "chief@example.com", "member@example.com"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 860}}
# Any two of theme, language and width meet in one of these.
SETTINGS = {
    "light-english-desk": {"color_scheme": "light", "locale": "en-US", **DESK},
    "light-chinese-phone": {"color_scheme": "light", "locale": "zh-CN", **PHONE},
    "dark-english-phone": {"color_scheme": "dark", "locale": "en-US", **PHONE},
    "dark-chinese-desk": {"color_scheme": "dark", "locale": "zh-CN", **DESK},
}
STRANGERS = ["/", "/login", "/register", "/reset", "/no-such-page", "/logout"]
ADMIN = ["", "users", "users/1", "users/2", "users/new", "jobs", "queue", "weights", "storage", "audit"]
# What a GET answers with anything but a page of its own.
NO_PAGES = {
    "static", "ops.health", "studio.tool", "account.data", "history.pictures", "jobs.answer", "jobs.file", "jobs.mask",
    "jobs.original", "jobs.preview", "jobs.result", "jobs.thumbnail", "jobs.upload",
}  # fmt: skip
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
    with installation(tmp_path_factory.mktemp("axe")) as site:
        command = [sys.executable, "-m", "flask", "users", "create-admin", CHIEF, "--password-stdin"]
        environment = {"INSTANCE_DIR": str(site.instance), "PATH": "/usr/bin:/bin", "FLASK_APP": "app:create_app"}
        subprocess.run(command, cwd=ROOT, env=environment, input=PASSWORD + "\n", text=True, check=True)
        yield site


def open_page(chromium, site, **settings):
    context = chromium.new_context(
        base_url=site.url, reduced_motion="reduce", extra_http_headers=from_new_address(), **settings
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page


@pytest.fixture(scope="module")
def pages(chromium, site):
    """The cookies of the administrator, and the addresses of all pages that somebody signed in can see."""
    page = open_page(chromium, site)
    sign_in(page, CHIEF)
    page.goto(f"/{CHIEF}/history")
    empty = page.content()
    assert "job" not in re.findall(r'class="frame[ "]', empty)
    start(page, "adjust", PICTURES / "coffee.jpg", brightness="1.4")
    page.locator(".job[data-status=done]").wait_for(timeout=60_000)
    jobs = [page.url]
    start(page, "colorize", PICTURES / "coffee.jpg")  # a verdict, and no result: it has colours already
    page.locator(".job[data-status=done]").wait_for(timeout=120_000)
    jobs.append(page.url)
    page.goto("/admin/queue")
    page.get_by_text("Pause…", exact=True).click()
    page.get_by_role("button", name="Pause the queue").click()
    for _ in range(2):
        start(page, "adjust", PICTURES / "rocket.jpg", transform="90")
        jobs.append(page.url)
    page.locator("form[action$='/cancellation'] button").click()
    page.locator(".job[data-status=cancelled]").wait_for()
    member = open_page(chromium, site)
    register(member, site, MEMBER)
    member.context.close()
    own = [f"/{CHIEF}/", f"/{CHIEF}/history", f"/{CHIEF}/history?service=inpaint", f"/{CHIEF}/account"]
    tools = [f"/{CHIEF}/{service.key}" for service in SERVICES]
    again = f"/{CHIEF}/adjust?from={jobs[0].rsplit('/', 1)[1]}&which=result"
    addresses = own + tools + [again] + [job.removeprefix(site.url) for job in jobs]
    yield page.context.storage_state(), addresses + [f"/admin/{name}" for name in ADMIN]
    page.context.close()


def faults(page, axe: str, address: str) -> list[str]:
    """Open a page, unfold what is folded, put a picture into a tool; return what axe-core complains of."""
    page.goto(address)
    if page.locator("#tool #image").count() and "?" not in address:
        page.set_input_files("#image", PICTURES / "coffee.jpg")
        page.locator(".drop-preview:not([hidden])").first.wait_for()
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    for ready in page.locator("drawing-surface, frame-picker").all():
        ready.and_(page.locator(".is-ready")).wait_for(state="attached")
    page.evaluate(axe)
    return [f"{address}: {' | '.join(fault)}" for fault in page.evaluate(RUN)]


@pytest.mark.parametrize("setting", SETTINGS)
def test_nothing_is_found_on_any_page(chromium, site, pages, axe, setting):
    cookies, addresses = pages
    stranger = open_page(chromium, site, **SETTINGS[setting])
    chief = open_page(chromium, site, storage_state=cookies, **SETTINGS[setting])
    found = [fault for address in STRANGERS for fault in faults(stranger, axe, address)]
    found += [fault for address in addresses for fault in faults(chief, axe, address)]
    stranger.context.close()
    chief.context.close()
    assert not found, "\n".join(found)


def test_every_page_of_the_site_is_among_them(pages, tmp_path):
    app = create_app(config.load({"INSTANCE_DIR": str(tmp_path), "SECRET_KEY": "k" * 64}))
    routes = app.url_map.bind("localhost")
    seen = {routes.match(a.partition("?")[0])[0] for a in STRANGERS[:-2] + pages[1]}
    there = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in rule.methods}
    assert seen == there - NO_PAGES
