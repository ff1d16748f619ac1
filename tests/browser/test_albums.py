"""Albums in a real browser: a batch becomes one by itself; a tool is run on all of it, with and without script."""

from playwright.sync_api import expect

from tests.browser.conftest import installation
from tests.browser.people import DONE_MS, PHONE, PICTURES, follow, member, open_page

NAME = "shoebox@example.com"


def test_a_batch_becomes_an_album_on_all_of_which_a_tool_is_run(chromium, tmp_path):
    """The account's line has room for one job: the others follow while the page is open."""
    with installation(tmp_path, MAX_ACTIVE_JOBS="1") as site, member(chromium, site, NAME) as page:
        page.goto(f"/{NAME}/adjust")
        page.locator("#tool [name=brightness]").first.fill("1.3")
        page.set_input_files("[name=image]", [PICTURES / "rocket.jpg", PICTURES / "hopper.jpg"])
        page.locator("#tool .start").click()
        page.locator("tray-head [data-part=zip]").wait_for(timeout=DONE_MS)
        page.locator("batch-album a").click()
        expect(page.locator(".frame-name")).to_have_text(["rocket.jpg", "hopper.jpg"])
        page.get_by_role("navigation", name="Pick a tool").get_by_role("link", name="Adjust").click()
        expect(page.locator("album-run [name=brightness]").last).to_have_value("1.3")
        page.locator("album-run [value=result]").check()
        page.get_by_role("button", name="Start with 2 photos").click()
        expect(page.locator("album-run [data-part=words]")).to_contain_text("Leave this page open")
        page.wait_for_url(lambda url: "tool=" not in url, timeout=DONE_MS)
        page.locator("album-progress").wait_for(state="detached", timeout=DONE_MS)
        expect(page.locator(".frame-stack")).to_have_count(2)
        page.get_by_text("Contact sheet to print").click()
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download PDF").click()
        assert waiting.value.suggested_filename.endswith(".pdf")

        still = open_page(
            chromium, site.url, storage_state=page.context.storage_state(), java_script_enabled=False, **PHONE
        )
        manage_without_script(still)
        still.context.close()


def manage_without_script(page) -> None:
    page.goto(f"/{NAME}/history")
    page.locator(".frame-select input").first.check()
    follow(page, page.get_by_role("button", name="Put into album"))
    page.locator("summary", has_text="Rename").click()
    page.get_by_label("Name", exact=True).first.fill("Just one")
    follow(page, page.get_by_role("button", name="Rename").first)
    expect(page.locator("h1")).to_have_text("Just one")
    follow(page, page.get_by_role("navigation", name="Pick a tool").get_by_role("link", name="Adjust"))
    page.locator("album-run [name=brightness]").fill("0.9")
    follow(page, page.get_by_role("button", name="Start with 1 photo"))
    expect(page.locator(".frame")).to_have_count(1)
    page.locator("summary", has_text="Delete album").click()
    follow(page, page.get_by_role("button", name="Delete album"))
    expect(page.locator(".album-name")).to_have_count(1)
    follow(page, page.get_by_role("link", name="Contact sheet"))
    expect(page.locator(".frame")).to_have_count(2)
