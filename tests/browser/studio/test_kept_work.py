"""What a browser keeps of work that was not sent: it outlives a reload, and not signing out."""

import pytest
from playwright.sync_api import expect

from tests.browser.people import DESK, PICTURES, follow, member, until

KEPT = "document.querySelector('browser-store').ask('getAllKeys').then((keys) => keys.length)"
NO_DATABASE = "indexedDB.databases().then((all) => all.length === 0)"
MAKE = """new Promise((done) => {
  const opening = indexedDB.open("revive", 1);
  opening.onsuccess = () => done(opening.result.close());
})"""


@pytest.fixture
def page(chromium, site):
    with member(chromium, site, "kept@example.com", **DESK) as page:
        yield page


def test_unsent_work_outlives_a_reload_and_is_gone_for_whoever_is_not_signed_in(page):
    page.goto("/tools/adjust")
    page.set_input_files("#image", PICTURES / "coffee.jpg")
    until(page, KEPT)
    page.reload()
    expect(page.locator("#image-facts")).to_contain_text("coffee.jpg")
    assert page.evaluate(KEPT) == 1
    page.locator(".account-menu summary").click()
    follow(page, page.locator("form[action$='/logout'] button"))
    until(page, NO_DATABASE)
    # A session may also end by itself: any page for visitors deletes what it left.
    for address in ("/login", "/register", "/reset", "/tools/adjust", "/"):
        page.evaluate(MAKE)
        assert not page.evaluate(NO_DATABASE)
        page.goto(address)
        until(page, NO_DATABASE)
