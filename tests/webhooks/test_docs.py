"""docs/webhooks.md tells receivers the truth: its program verifies messages, its tables are the code's."""

import json
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

import config
from models.webhook import DELIVERED
from tests.support.servers import free_port, wait_for_port
from tests.webhooks.support import add_webhook, delivery_of, end_job, make_delivery, owner_of
from webhooks import announcements, deliveries, registry, sending, signing

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text("utf-8")


def block(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.S)[1]


@pytest.fixture
def receiver_of_the_page(tmp_path):
    """Start the program of the page with a secret; give its address."""
    processes = []

    def start(secret: str, port: int) -> None:
        program = block("python").replace('("", 8000)', f'("127.0.0.1", {port})')
        environment = {"PATH": os.environ["PATH"], "WEBHOOK_SECRET": secret}
        command = [sys.executable, "-c", program]
        processes.append(subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL))
        wait_for_port(port, 60)

    yield start
    for process in processes:
        process.kill()
        process.wait(60)


def test_the_program_takes_what_this_site_sends_and_nothing_else(user_id, clock, receiver_of_the_page):
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    webhook_id, secret, _mail = add_webhook(user_id, url)
    receiver_of_the_page(secret, port)
    end_job(user_id)
    announcements.announce()
    (delivery_id,) = deliveries.list_due()
    assert deliveries.send(delivery_id) and delivery_of(delivery_id).status == DELIVERED

    registry.renew_secret(owner_of(user_id), webhook_id)
    end_job(user_id)
    announcements.announce()
    (forged,) = deliveries.list_due()
    assert not deliveries.send(forged) and delivery_of(forged).http_status == 401


def test_the_program_refuses_an_old_message(user_id, clock, receiver_of_the_page):
    port = free_port()
    webhook_id, secret, _mail = add_webhook(user_id, f"http://127.0.0.1:{port}/")
    receiver_of_the_page(secret, port)
    clock.go_on(-600)
    end_job(user_id)
    announcements.announce()
    (delivery_id,) = deliveries.list_due()
    assert not deliveries.send(delivery_id) and delivery_of(delivery_id).http_status == 401


def test_the_signature_is_that_of_the_standard():
    """The example of the specification, whose libraries verify these messages."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = datetime(2021, 2, 25, 15, 2, 10)
    headers = signing.sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_example_has_the_fields_that_are_sent(user_id):
    delivery = delivery_of(make_delivery(user_id, "https://hooks.example.com/"))
    shown, sent = json.loads(block("json")), json.loads(delivery.body)
    assert list(shown) == list(sent) and set(shown["data"]) == set(sent["data"])


def test_the_page_names_limits_and_settings_as_they_are():
    words = {10: "10 seconds", 60: "1 minute", 300: "5 minutes", 1800: "30 minutes", 7200: "2 hours"}
    words |= {21_600: "6 hours", 43_200: "12 hours"}
    text = " ".join(PAGE.split())
    place = 0
    for pause in deliveries.PAUSES_SECONDS:
        place = text.index(words[pause], place)
    assert f"within {sending.SECONDS} seconds" in text and deliveries.MAX_FAILURES == 10
    settings = {setting.name for setting in config.SETTINGS if "WEBHOOK" in setting.name}
    assert settings == set(re.findall(r"^\| `(\w*WEBHOOK\w*)`", PAGE, re.M))
