"""The webhooks of the account page: forms, words, secrets that are shown once, and the end of the account."""

import io
import json
import re
import zipfile
from ipaddress import ip_network

import pytest

from accounts.names import find_mailbox
from jobs import account_deletion, trash
from models import Event, Job, User, Webhook, WebhookDelivery, db
from tests.accounts.people import JSON, NEW_PASSWORD, PASSWORD, at_once, body, deliver, sign_in_person
from tests.support.engines import both_engines
from tests.webhooks.support import Receiver, add_webhook, is_signed, make_delivery
from views.accounts.account import NEW_WEBHOOK_SECRET
from worker import webhook_sender

PAGE = "/12345/account"
HOOKS = f"{PAGE}/webhooks"
URL = "https://hooks.example.com/revive?token=abc"


@pytest.fixture
def browser(app):
    return sign_in_person(app)


def post(browser, path: str = "", fields: dict | None = None, **options):
    return browser.post(f"{HOOKS}{path}", fields, token=browser.token_of(PAGE), **options)


def add(browser, url: str = URL, **options):
    return post(browser, "", {"webhook_url": url, "webhook_password": PASSWORD}, **options)


def stored(app, table: type = Webhook) -> list:
    with app.app_context():
        rows = db.session.scalars(db.select(table)).all()
        db.session.expunge_all()
        return list(rows)


def test_a_webhook_is_added_and_its_secret_is_shown_once(app, browser):
    response = add(browser)
    (webhook,) = stored(app)
    assert (response.status_code, response.location) == (303, f"{PAGE}#webhook-{webhook.id}")
    page = browser.get(PAGE).text
    (secret,) = re.findall(r"whsec_[\w+/=]+", page)
    assert URL.replace("&", "&amp;") in page and "Nothing has been sent to it yet." in page
    assert "whsec_" not in browser.get(PAGE).text, "shown once"
    assert secret not in webhook.secret and secret.removeprefix("whsec_") not in webhook.secret, "kept encrypted"
    (event,) = [event for event in stored(app, Event) if event.action == "webhook_added"]
    assert (event.actor, event.target, event.detail) == ("12345", "12345", "hooks.example.com"), "not the token"


def test_adding_one_takes_the_present_password_and_the_owner_is_mailed(app, browser):
    for password, words in (("", "Please fill in this field."), ("wrong", "This is not your present password.")):
        response = post(browser, "", {"webhook_url": URL, "webhook_password": password})
        assert response.status_code == 400 and 'id="webhook_password-error"' in response.text and words in response.text
    assert stored(app) == [] and deliver(app) == []
    add(browser)
    (letter,) = deliver(app)
    assert letter["To"] == find_mailbox("12345") and "A webhook was added to the account 12345." in body(letter)
    assert [e.action for e in stored(app, Event) if "webhook" in e.action] == ["webhook_refused", "webhook_added"]


def test_a_new_password_switches_webhooks_off_for_the_owner_to_switch_on_again(app, browser):
    add(browser)
    (webhook,) = stored(app)
    post(browser, f"/{webhook.id}/test")
    fields = {"current": PASSWORD, "password": NEW_PASSWORD, "confirm": NEW_PASSWORD}
    browser.post(f"{PAGE}/password", fields, token=browser.token_of(PAGE))
    assert not stored(app)[0].is_active and stored(app, WebhookDelivery)[0].error == "switched_off"
    assert any("all webhooks switched off until" in body(letter) for letter in deliver(app))
    post(browser, f"/{webhook.id}/activity", {"active": "1"})
    assert stored(app)[0].is_active


@pytest.mark.parametrize("url", ["http://hooks.example.com/", "https://192.168.1.1/", "nonsense"])
def test_what_is_no_address_is_told_beside_its_field_with_what_was_entered(app, browser, url):
    response = add(browser, url)
    assert (
        response.status_code == 400 and 'id="webhook_url-error"' in response.text and f'value="{url}"' in response.text
    )
    assert stored(app) == []


def test_programs_get_json(app, browser):
    response = add(browser, headers=JSON)
    (webhook,) = stored(app)
    assert response.status_code == 201 and response.json["id"] == webhook.id
    assert response.json["secret"].startswith("whsec_")
    refused = add(browser, "http://hooks.example.com/", headers=JSON)
    assert (refused.status_code, list(refused.json["error"]["fields"])) == (400, ["webhook_url"])
    assert post(browser, "/999/test", headers=JSON).status_code == 404


def test_a_test_is_sent_once_and_its_end_is_on_the_page(app, browser):
    app.config["WEBHOOK_NETWORKS"] = (ip_network("127.0.0.1/32"),)
    with Receiver(statuses=[200, 418]) as receiver:
        secret = add(browser, receiver.url, headers=JSON).json["secret"]
        (webhook,) = stored(app)
        assert post(browser, f"/{webhook.id}/test").status_code == 303
        page = browser.get(PAGE).text
        assert "A test is being sent." in page and "Waiting" in page
        assert webhook_sender.work(app) == 1
        assert is_signed(receiver.messages[0], secret)
        assert json.loads(receiver.messages[0].body)["type"] == "test"
        assert "Delivered" in browser.get(PAGE).text
        post(browser, f"/{webhook.id}/test")
        assert webhook_sender.work(app) == 1
    page = browser.get(PAGE).text
    assert "HTTP 418." in page and "Not delivered" in page
    assert stored(app)[0].failures == 0 and [d.attempts for d in stored(app, WebhookDelivery)] == [1, 1]


def test_tests_are_limited(app, browser):
    add(browser)
    (webhook,) = stored(app)
    statuses = [post(browser, f"/{webhook.id}/test").status_code for _ in range(6)]
    assert statuses == [303] * 5 + [429]


def test_a_webhook_is_switched_off_and_on_again(app, browser):
    add(browser)
    (webhook,) = stored(app)
    post(browser, f"/{webhook.id}/test")
    assert post(browser, f"/{webhook.id}/activity", {"active": "0"}).status_code == 303
    page = browser.get(PAGE).text
    assert "switched off</strong>" in page and "Send a test" not in page
    assert "The webhook was switched off before this was sent." in page
    assert post(browser, f"/{webhook.id}/test", headers=JSON).json["error"]["key"] == "switched_off"
    post(browser, f"/{webhook.id}/activity", {"active": "1"})
    assert "Send a test" in browser.get(PAGE).text
    actions = [event.action for event in stored(app, Event) if event.action.startswith("webhook_switched")]
    assert actions == ["webhook_switched_off", "webhook_switched_on"]


def test_a_renewed_secret_is_another_one_and_shown_once(app, browser):
    first = add(browser, headers=JSON).json["secret"]
    (webhook,) = stored(app)
    post(browser, f"/{webhook.id}/secret")
    page = browser.get(PAGE).text
    (second,) = re.findall(r"whsec_[\w+/=]+", page)
    assert second != first and stored(app)[0].secret != webhook.secret
    assert "whsec_" not in browser.get(PAGE).text


def test_the_cookie_holds_no_secret_that_can_be_read(app, browser):
    cookies = app.session_interface.get_signing_serializer(app)

    def kept() -> dict:
        cookie = browser.client.get_cookie(app.config["SESSION_COOKIE_NAME"])
        return cookies.loads(cookie.value)

    add(browser)
    assert NEW_WEBHOOK_SECRET in kept() and "whsec_" not in str(kept())
    assert "whsec_" in browser.get(PAGE).text
    add(browser, headers=JSON)
    assert NEW_WEBHOOK_SECRET not in kept(), "a program has it from the answer"


def test_a_webhook_is_deleted_with_its_log_after_a_question(app, browser):
    add(browser)
    (webhook,) = stored(app)
    post(browser, f"/{webhook.id}/test")
    question = re.search(r'<details class="confirm">.*?</details>', browser.get(PAGE).text, re.S)[0]
    assert "Delete this webhook?" in question and f"{HOOKS}/{webhook.id}/deletion" in question
    assert post(browser, f"/{webhook.id}/deletion").location == f"{PAGE}#webhooks"
    assert "The webhook is deleted." in browser.get(PAGE).text
    assert stored(app) == [] and stored(app, WebhookDelivery) == []


@pytest.mark.parametrize("place", ["test", "activity", "secret", "deletion"])
def test_nobody_touches_the_webhook_of_another(app, browser, place):
    other = sign_in_person(app, "54321")
    token = other.token_of("/54321/account")
    other.post("/54321/account/webhooks", {"webhook_url": URL, "webhook_password": PASSWORD}, token=token)
    (webhook,) = stored(app)
    assert URL not in browser.get(PAGE).text
    assert post(browser, f"/{webhook.id}/{place}", {"active": "0"}).status_code == 404
    (same,) = stored(app)
    assert (same.secret, same.is_active) == (webhook.secret, True) and stored(app, WebhookDelivery) == []


def test_an_account_has_so_many_and_no_more(app, browser):
    app.config["MAX_WEBHOOKS"] = 2
    assert [add(browser).status_code for _ in range(3)] == [303, 303, 400]
    assert "Add a webhook" not in browser.get(PAGE).text


@both_engines
def test_of_two_that_are_added_at_once_only_the_allowed_ones_are_kept(app):
    browser = sign_in_person(app)
    app.config["MAX_WEBHOOKS"] = 1
    token = browser.token_of(PAGE)
    cookies = browser.client.get_cookie(app.config["SESSION_COOKIE_NAME"]).value

    def add_one(_place: int) -> int:
        client = app.test_client()
        client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookies)
        fields = {"csrf_token": token, "webhook_url": URL, "webhook_password": PASSWORD}
        return client.post(HOOKS, data=fields).status_code

    assert sorted(at_once(2, add_one)) == [303, 400] and len(stored(app)) == 1


def test_where_none_are_allowed_the_page_says_nothing_of_them(app, browser):
    app.config["MAX_WEBHOOKS"] = 0
    assert 'id="webhooks"' not in browser.get(PAGE).text and add(browser).status_code == 400


def test_the_page_speaks_chinese(app, browser):
    add(browser)
    page = browser.get(PAGE, headers={"Accept-Language": "zh-CN"}).text
    section = page[page.index('id="webhooks"') : page.index('id="data-title"')]
    assert "发送测试" in section and "Send a test" not in section


@both_engines
def test_the_end_of_an_account_is_the_end_of_its_webhooks(app):
    sign_in_person(app), sign_in_person(app, "54321")
    with app.app_context():
        ids = dict(db.session.execute(db.select(User.name, User.id)).all())
        make_delivery(ids["12345"], URL)
        add_webhook(ids["54321"], URL, "54321")
        account_deletion.remove(ids["12345"], "54321", None)
        assert db.session.scalars(db.select(Webhook.user_id)).all() == [ids["54321"]]
        assert db.session.scalars(db.select(WebhookDelivery)).all() == []


def test_ones_data_has_the_webhooks_without_their_secrets(app, browser):
    with app.app_context():
        make_delivery(db.session.scalar(db.select(User.id)), URL)
    archive = zipfile.ZipFile(io.BytesIO(browser.get(f"{PAGE}/data").data))
    (webhook,) = json.loads(archive.read("webhooks.json"))
    assert webhook["url"] == URL and [delivery["event"] for delivery in webhook["deliveries"]] == ["job.ended"]
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert stored(app)[0].secret.encode() not in everything


def test_a_message_about_a_deleted_picture_leads_nowhere(app, browser):
    with app.app_context():
        user_id = db.session.scalar(db.select(User.id))
        make_delivery(user_id, URL)
        job_id = db.session.scalar(db.select(Job.id))
    link = f'href="/12345/jobs/{job_id}"'
    assert link in browser.get(PAGE).text
    with app.app_context():
        trash.put(user_id, [job_id])
    page = browser.get(PAGE).text
    assert link not in page and "Deleted picture" in page
