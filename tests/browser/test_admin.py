"""The administrator's day, on MariaDB: a real site, a real browser, real mails."""

import email
import re
import time

import pymysql
import pytest
import torch
from playwright.sync_api import expect

from tests.browser.conftest import installation
from tests.browser.people import (
    DONE_MS,
    PASSWORD,
    PICTURES,
    follow,
    member,
    open_page,
    read_mailed_code,
    reload_until,
    sign_in,
    start,
    wait_until_done,
)
from tests.fixtures import parity

CHIEF, ANNA = "chief@example.com", "anna@example.com"
REASON = "Sent advertisements to everybody"


@pytest.fixture(scope="module")
def site(tmp_path_factory, mariadb):
    """`run.py` on MariaDB with an administrator made by the command line; mail through SMTP."""
    folder = tmp_path_factory.mktemp("admin-site")
    database = mariadb.new_database("revive_browser")
    with installation(folder, WEIGHTS_DIR=str(folder / "weights"), DATABASE_URL=database) as site:
        site.make_admin(CHIEF)
        yield site


@pytest.fixture(scope="module")
def chief(chromium, site):
    """The administrator's browser, at the overview."""
    page = open_page(chromium, site.url)
    sign_in(page, CHIEF)
    page.goto("/admin/")
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def anna(chromium, site):
    """The browser of a person who has registered with a mailed code."""
    with member(chromium, site, ANNA) as page:
        yield page


def mail_to(site, name: str, subject: str, seconds: float = 120) -> str:
    """Wait for a mail and return its text."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for path in (site.mails / "new").glob("*"):
            mail = email.message_from_bytes(path.read_bytes())
            if name in mail["To"] and subject in mail["Subject"]:
                part = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
                return part.get_payload(decode=True).decode()
        time.sleep(0.1)
    raise TimeoutError(f"no mail for {name}: {site.output.read_text()[-2000:]}")


def menu(page, name: str) -> None:
    follow(page, page.get_by_role("navigation", name="Administration").get_by_role("link", name=name, exact=True))


def show(page) -> None:
    """Apply the filters of a list."""
    follow(page, page.get_by_role("button", name="Show"))


def find(page, name: str) -> None:
    """Find an account by the beginning of its name and open it."""
    menu(page, "Accounts")
    page.fill("[name=q]", name[:4].upper())
    show(page)
    follow(page, page.get_by_role("link", name=name))


def confirm(page, opener: str, button: str) -> None:
    """Open a question and say yes."""
    page.get_by_text(opener, exact=True).click()
    follow(page, page.get_by_role("button", name=button, exact=True))


def break_off(mariadb, page) -> None:
    """Make the job of this page one that failed, as after two crashes of the server."""
    job_id = re.search(r"jobs/(\w+)", page.url)[1]
    with pymysql.connect(host="127.0.0.1", port=mariadb.port, user="root", database="revive_browser") as connection:
        connection.cursor().execute(
            "UPDATE jobs SET status='failed', result_file='', error_key='worker_lost', error_message=%s WHERE id=%s",
            ("The server stopped twice while it worked on this picture. You can try it again.", job_id),
        )
        connection.commit()


def test_the_way_leads_through_the_account_menu(chief):
    chief.goto("/")
    chief.locator(".account-menu summary").click()
    chief.get_by_role("link", name="Administration").click()
    expect(chief.get_by_role("heading", name="Overview")).to_be_visible()
    for title in ("Jobs a day", "Failures a day", "New accounts a day"):
        expect(chief.get_by_role("img", name=re.compile(title))).to_be_visible()


def test_the_queue_is_paused_and_resumed(chief, anna):
    menu(chief, "Queue")
    reload_until(chief, chief.get_by_text("alive"))
    confirm(chief, "Pause…", "Pause the queue")
    start(anna, "adjust", PICTURES / "coffee.jpg", brightness="1.4")
    anna.wait_for_timeout(4500)  # longer than a round of the worker
    expect(anna.locator(".job")).to_have_attribute("data-status", "queued")
    menu(chief, "Queue")
    expect(chief.locator(".tally dd").first).to_have_text("1")
    chief.get_by_role("button", name="Resume the queue").click()
    wait_until_done(anna, "compare-slider")
    chief.get_by_text("Pause…").wait_for()


def test_a_failed_job_says_why_and_is_tried_again(chief, anna, mariadb):
    break_off(mariadb, anna)
    menu(chief, "Jobs")
    chief.select_option("[name=status]", "failed")
    chief.fill("[name=user]", ANNA)
    show(chief)
    chief.get_by_text("stopped twice").wait_for()
    chief.get_by_role("button", name="Try again").click()
    expect(chief.get_by_role("status")).to_have_text("The job waits in the queue again.")
    anna.reload()
    wait_until_done(anna, "compare-slider")


def test_a_disabled_person_is_out_and_told_why(chief, anna, site):
    find(chief, ANNA)
    chief.get_by_text("Disable…", exact=True).click()
    chief.fill("[name=reason]", REASON)
    chief.get_by_role("button", name="Disable the account").click()
    chief.get_by_text(f": {REASON}").wait_for()
    anna.goto(f"/{ANNA}/history")
    expect(anna).to_have_url(f"{site.url}/")
    anna.goto("/login")
    anna.fill("[name=username]", ANNA)
    anna.fill("[name=password]", PASSWORD)
    anna.click("form[action*='/login'] button[type=submit]")
    anna.get_by_role("alert").get_by_text("This account is disabled.").wait_for()
    assert REASON in mail_to(site, ANNA, "disabled")


def test_the_audit_log_tells_the_day(chief):
    menu(chief, "Audit log")
    chief.fill("[name=actor]", CHIEF)
    show(chief)
    rows = [row.inner_text().split("\t") for row in chief.locator("tbody tr").all()]
    told = [(row[1], row[2], row[3]) for row in rows if row[2] != "signed in"]
    assert told == [
        (CHIEF, "account disabled", ANNA),
        (CHIEF, "job tried again", ANNA),
        (CHIEF, "queue resumed", ""),
        (CHIEF, "queue paused", ""),
    ]
    assert all(re.fullmatch(r"198\.18\.\d+\.\d+", row[4]) for row in rows)
    assert rows[0 if rows[0][2] == "account disabled" else 1][5] == REASON


def test_who_is_enabled_again_signs_in(chief, anna):
    find(chief, ANNA)
    confirm(chief, "Enable…", "Enable the account")
    sign_in(anna, ANNA)


def test_an_invited_person_chooses_a_password_and_signs_in(chief, chromium, site):
    menu(chief, "Accounts")
    chief.get_by_role("link", name="Make an account").click()
    chief.fill("[name=username]", "bob@example.com")
    chief.get_by_role("button", name="Make the account").click()
    expect(chief.get_by_role("heading", level=1)).to_contain_text("bob@example.com")
    link = re.search(r"http://\S+/reset", mail_to(site, "bob@example.com", "An account"))[0]
    page = open_page(chromium, site.url)
    page.goto(link)
    page.fill("[name=username]", "bob@example.com")
    page.fill("[name=code]", read_mailed_code(page, site, "bob@example.com"))
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=confirm]", PASSWORD)
    page.press("[name=confirm]", "Enter")
    page.wait_for_url("**/login")
    sign_in(page, "bob@example.com")
    page.context.close()


def test_accounts_are_sorted_by_their_last_sign_in(chief):
    menu(chief, "Accounts")
    chief.select_option("[name=order]", "seen")
    show(chief)
    expect(chief.locator("tbody th a")).to_have_text(["bob@example.com", ANNA, CHIEF])


def test_official_weights_are_imported_and_removed_again(chief, tmp_path):
    torch.save(parity.checkpoint("u2netp"), tmp_path / "u2netp.pth")
    (tmp_path / "picture.pth").write_bytes((PICTURES / "coffee.jpg").read_bytes())
    menu(chief, "Weights")
    for file, state in (("picture.pth", "refused"), ("u2netp.pth", "imported")):
        chief.select_option("[name=name]", "u2netp")
        chief.set_input_files("[name=file]", tmp_path / file)
        chief.get_by_role("button", name="Import", exact=True).click()
        chief.locator("td .chip", has_text=state).wait_for(timeout=DONE_MS)
    row = chief.locator("tr", has=chief.locator("th", has_text="u2netp-"))
    expect(row).to_contain_text("matches")
    expect(row).to_contain_text("Apache-2.0")
    row.get_by_text("Remove…").click()
    row.get_by_role("button", name="Remove the weights").click()
    expect(chief.get_by_role("status")).to_have_text("The weights are removed.")
    expect(row).to_have_count(0)


def test_the_last_administrator_is_told_beside_the_form_that_he_must_stay(chief):
    chief.goto(f"/{CHIEF}/account")
    chief.fill("[name=deletion_password]", PASSWORD)
    chief.get_by_role("button", name="Delete my account and all my pictures").click()
    expect(chief.locator("[name=deletion_password]")).to_have_attribute("aria-invalid", "true")
    expect(chief.locator("#deletion_password-error")).to_contain_text("last administrator")


def test_limits_and_days_of_keeping_are_set_for_one_account_which_is_told(chief, anna):
    chief.goto("/admin/")
    find(chief, ANNA)
    chief.fill("[name=jobs_per_day_limit]", "7")
    chief.fill("[name=retention_days]", "30")
    chief.get_by_role("button", name="Set the limits").click()
    expect(chief.get_by_role("status")).to_contain_text("limits of this account are set")
    anna.goto(f"/{ANNA}/account")
    anna.get_by_text("How many days a finished picture is kept: 30.").wait_for()
    expect(anna.get_by_text("of 7", exact=False).first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_the_screen(chief, chromium, site, width, scheme):
    """Wide lists scroll within their own frames, which the keyboard reaches."""
    page = open_page(
        chromium,
        site.url,
        locale="zh-CN",
        color_scheme=scheme,
        viewport={"width": width, "height": 844},
        storage_state=chief.context.storage_state(),
    )
    for name in ("", "users", "users/1", "users/new", "jobs", "queue", "weights", "storage", "audit"):
        page.goto(f"/admin/{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        for frame in page.locator(".ledger").all():
            assert frame.get_attribute("aria-label") and frame.get_attribute("tabindex") == "0"
    page.context.close()
