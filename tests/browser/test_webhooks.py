"""Webhooks on the account page, without script: add, read the secret, test, see why it did not arrive, delete."""

from playwright.sync_api import expect

from tests.browser.people import PASSWORD, PHONE, follow, register, reload_until

NAME = "hooks@example.com"


def test_a_person_adds_tests_and_deletes_a_webhook_without_script(new_page, site):
    page = new_page(java_script_enabled=False, **PHONE)
    register(page, site, NAME)
    page.goto(f"/{NAME}/account")
    page.get_by_label("Address of the receiver").fill("https://localhost:8443/revive")
    page.locator("#webhook_password").fill(PASSWORD)
    follow(page, page.get_by_role("button", name="Add a webhook"))
    webhook = page.locator(".webhook")
    expect(webhook.locator(".webhook-secret")).to_contain_text("whsec_")
    follow(page, webhook.get_by_role("button", name="Send a test"))
    reload_until(page, webhook.get_by_text("The name leads to a private or reserved address."))
    expect(webhook.locator(".webhook-secret")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    webhook.get_by_text("Delete…").click()
    follow(page, webhook.get_by_role("button", name="Delete the webhook"))
    expect(page.get_by_role("status")).to_have_text("The webhook is deleted.")
    expect(webhook).to_have_count(0)
