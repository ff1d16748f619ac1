"""An administrator changes settings and invites somebody, with the keyboard and the mouse; others see it at once."""

from playwright.sync_api import expect

from tests.browser.people import PASSWORD, follow, open_page, read_mailed_code, register, sign_in

CHIEF, MARY, BUSY = "settings-chief@example.com", "mary@example.com", "busy@example.com"
NOTICE = "Away on Sunday <from 8 to 10>"


def test_an_administrator_changes_settings_and_who_is_invited_registers(chromium, site):
    site.make_admin(CHIEF)
    chief = open_page(chromium, site.url)
    sign_in(chief, CHIEF)
    chief.goto("/admin/settings")
    chief.get_by_label("Notice in English").fill(NOTICE)
    # The Enter key saves; it must not press what takes a change back.
    chief.get_by_label("Name of the site").fill("Grandma's photos")
    with chief.expect_navigation():
        chief.get_by_label("Name of the site").press("Enter")
    expect(chief.locator(".notice.good")).to_contain_text("The settings are changed.")
    expect(chief.locator(".site-notice")).to_have_text(NOTICE)
    expect(chief.locator(".brand")).to_have_text("Grandma's photos")
    chief.get_by_role("combobox", name="Sign-up").select_option("invitation")
    follow(chief, chief.get_by_role("button", name="Save", exact=True).first)
    refuse_a_wrong_number(chief)

    follow(chief, chief.get_by_role("navigation", name="Administration").get_by_role("link", name="Invitations"))
    chief.get_by_label("For whom").fill("Aunt Mary")
    follow(chief, chief.get_by_role("button", name="Make an invitation"))
    link = chief.get_by_label("This is the link.").input_value()
    expect(chief.get_by_role("row", name="Aunt Mary")).to_contain_text("0 / 1")

    stranger = open_page(chromium, site.url)
    stranger.goto("/register")
    expect(stranger.locator("main")).to_contain_text("New accounts are by invitation here.")
    assert stranger.locator("[name=password]").count() == 0
    mary = open_page(chromium, site.url)
    mary.goto("/invitations/" + link.rpartition("/")[2])
    expect(mary.locator("main")).to_contain_text("You are invited")
    mary.fill("[name=username]", MARY)
    mary.fill("[name=code]", read_mailed_code(mary, site, MARY))
    mary.fill("[name=password]", PASSWORD)
    mary.fill("[name=confirm]", PASSWORD)
    mary.press("[name=confirm]", "Enter")
    mary.wait_for_url("**/mary*/")

    chief.goto("/admin/invitations")
    expect(chief.get_by_role("row", name="Aunt Mary")).to_contain_text("used up")
    chief.goto("/admin/settings")
    for title in ("Name of the site", "Notice in English", "Sign-up"):
        follow(chief, chief.get_by_role("button", name=f"– {title}").filter(has_text="Back to"))
    expect(chief.locator(".site-notice")).to_have_count(0)
    busy = open_page(chromium, site.url)
    register(busy, site, BUSY)
    for page in (chief, stranger, mary, busy):
        page.context.close()


def refuse_a_wrong_number(chief) -> None:
    """What is no value is told beside its field and in the summary, which leads there."""
    field = chief.get_by_label("Jobs a day", exact=True)
    field.fill("many")
    follow(chief, chief.get_by_role("button", name="Save", exact=True).last)
    expect(field).to_have_value("many")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(chief.locator("#MAX_JOBS_PER_DAY-error")).to_contain_text("Please give a whole number from 1 to 100000.")
    chief.get_by_role("link", name="Jobs a day").click()
    expect(field).to_be_focused()
