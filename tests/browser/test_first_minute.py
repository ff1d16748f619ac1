"""The first minute: see what a tool does, become a user without losing what was typed, try the tool on a sample."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import DESK, PASSWORD, PHONE, open_page, wait_until_done

SIZES = {"desk": (DESK, "en-US"), "phone": (PHONE, "zh-CN")}
COMMON = "password1!"


@pytest.mark.parametrize("size", SIZES)
def test_a_visitor_of_a_tool_registers_and_tries_it(new_page, chromium, site, size):
    settings, language = SIZES[size]
    name = f"minute-{size}@example.com"
    page = new_page(locale=language, **settings)
    page.goto("/tools/adjust")
    expect(page.locator("compare-slider .compare-range")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.fill("[name=username]", name)
    page.fill("[name=password]", COMMON)
    expect(page.locator(".password-verdict[data-state=bad]")).not_to_be_empty()
    show = page.locator("password-field button")
    show.click()
    expect(page.locator("[name=confirm]")).to_have_attribute("type", "text")
    expect(show).to_have_attribute("aria-pressed", "true")
    page.fill("[name=password]", PASSWORD)
    expect(page.locator(".password-verdict[data-state=good]")).not_to_be_empty()

    # Asked for on another machine, entered here.
    elsewhere = open_page(chromium, site.url)
    elsewhere.goto("/register")
    elsewhere.fill("[name=username]", name)
    elsewhere.click("[formaction$='/code']")
    code = site.newest_code(name)
    elsewhere.context.close()
    page.fill("[name=code]", f"{(int(code) + 1) % 10**6:06d}")
    page.fill("[name=confirm]", PASSWORD)
    page.press("[name=confirm]", "Enter")
    expect(page.locator("#code")).to_have_attribute("aria-invalid", "true")
    for field, typed in (("username", name), ("password", PASSWORD), ("confirm", PASSWORD)):
        expect(page.locator(f"[name={field}]")).to_have_value(typed)
    page.fill("[name=code]", code)
    page.press("[name=code]", "Enter")
    page.wait_for_url(f"**/{name}/adjust")

    samples = page.locator(".samples button")
    expect(samples.first).to_be_visible()
    samples.first.click()
    page.wait_for_url("**/jobs/*")
    wait_until_done(page, "compare-slider")
    expect(page.locator(".job-facts")).not_to_contain_text(re.compile("bf16|fp16"))


def test_without_script_the_name_stays_and_a_sample_is_a_form(new_page, site):
    page = new_page(java_script_enabled=False)
    page.goto("/tools/adjust")
    page.fill("[name=username]", "minute-plain@example.com")
    page.locator("[formaction$='/code']").click()
    code = site.newest_code("minute-plain@example.com")
    page.fill("[name=code]", code)
    page.fill("[name=password]", COMMON)
    page.fill("[name=confirm]", COMMON)
    page.locator("form[action$='/register'] button.wide").click()
    expect(page.locator("[name=username]")).to_have_value("minute-plain@example.com")
    page.fill("[name=code]", code)
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=confirm]", PASSWORD)
    page.locator("form[action$='/register'] button.wide").click()
    page.wait_for_url("**/minute-plain@example.com/adjust")
    page.locator(".samples button").first.click()
    page.wait_for_url("**/jobs/*")
    wait_until_done(page)
