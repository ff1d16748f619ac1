"""What a visitor meets first: home, a tool's demo, the form for an account; and the samples of a new person."""

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import select

import services
from models import Job, db
from services.inpaint.fills import ENGINES
from tests.accounts.people import JSON, PASSWORD
from views.pages import name_device

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = json.loads((ROOT / "static" / "demo" / "examples.json").read_text("utf-8"))
SOURCES = (ROOT / "docs" / "demo" / "pictures" / "SOURCES.md").read_text("utf-8")
JARGON = re.compile(r"bf16|fp16|DCGAN|64 by 64|model card|drying rack|neural network")


def test_the_six_tools_are_shown_on_six_different_pictures():
    assert {example["key"] for example in EXAMPLES} == {service.key for service in services.SERVICES}
    cards = {(ROOT / "static" / example["card_before"]).read_bytes() for example in EXAMPLES}
    assert len(cards) == len({example["alt"] for example in EXAMPLES}) == len(EXAMPLES)


def test_the_source_of_every_demo_picture_is_named():
    pictures = sorted(path.name for path in (ROOT / "docs" / "demo" / "pictures").glob("*.jpg"))
    assert pictures and [name for name in pictures if f"| {name} |" not in SOURCES] == []


def test_the_research_is_folded(client):
    research = client.get("/").text.partition('id="research"')[2]
    assert research.index("<details>") < research.index("<dl") < research.index("</details>")


def test_home_has_no_words_that_a_visitor_cannot_know(client):
    page = re.sub(r'<section[^>]*id="research".*?</section>', "", client.get("/").text, flags=re.DOTALL)
    assert JARGON.findall(page) == []
    assert [engine.label for engine in ENGINES if JARGON.search(engine.label)] == []
    assert name_device("NVIDIA H200, bf16") == "NVIDIA H200"


@pytest.mark.parametrize("service", [service.key for service in services.SERVICES])
def test_a_tools_address_shows_a_stranger_its_demo_and_a_form_that_leads_back(client, service):
    page = client.get(f"/tools/{service}").text
    assert page.count("<h1") == 1 and f"demo/{service}-before.webp" in page and f"demo/{service}-after.webp" in page
    assert f'name="next" value="/tools/{service}"' in page and f'href="/login?next=/tools/{service}"' in page


def test_a_refused_form_keeps_the_name_and_where_it_leads_but_tells_no_code_and_no_password(app):
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/register").text)[1]
    fields = {"username": "12345", "code": "123456", "password": PASSWORD, "confirm": "no", "next": "/tools/deblur"}
    page = client.post("/register", data={"csrf_token": token} | fields).text
    assert 'value="12345"' in page and 'value="/tools/deblur"' in page
    assert PASSWORD not in page and 'value="123456"' not in page


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/tools/deblur", "/tools/nothing"])
def test_a_form_leads_to_no_other_site_and_shows_no_tool_that_is_not_there(client, target):
    page = client.get("/register", query_string={"next": target})
    assert (
        page.status_code == 200
        and "compare-slider" not in page.text
        and "evil.example" not in page.text.split("<main")[1]
    )


@pytest.mark.parametrize(
    ("password", "trouble"),
    [("password1!", "first passwords"), ("abc", "characters"), ("123456", "letter"), (PASSWORD, "")],
)
def test_a_password_is_judged_while_it_is_typed(app, password, trouble):
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/register").text)[1]
    fields = {"csrf_token": token, "username": "12345", "password": password}
    said = client.post("/register/password", data=fields, headers=JSON).json["trouble"]
    assert trouble in said and bool(said) == bool(trouble)


def test_a_server_without_mail_says_where_the_code_is(app, client):
    app.config["MAIL_SERVER"] = None
    assert "This server sends no mail" in client.get("/register").text
    app.config["MAIL_SERVER"] = "mail.example.com"
    assert "This server sends no mail" not in client.get("/register").text


@pytest.mark.parametrize("service", [service.key for service in services.SERVICES])
def test_every_tool_is_tried_with_one_press(app, browser, service):
    page = browser.get(f"/12345/{service}").text
    addresses = re.findall(r'formaction="(/12345/\w+/samples/\w+)"', page)
    assert addresses
    response = browser.post(addresses[0])
    assert response.status_code == 303 and "/12345/jobs/" in response.location
    with app.app_context():
        job = db.session.scalars(select(Job)).one()
        assert (job.service, job.status) == (service, "queued")
        assert ("mask" not in job.options) or service != "inpaint" or job.options["mask"]


def test_a_sample_that_is_not_there_is_a_404_and_a_strangers_press_starts_nothing(app, browser):
    assert browser.post("/12345/deblur/samples/rocket").status_code == 404
    assert browser.post("/12345/deblur/samples/adjust").status_code == 404
    stranger = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', stranger.get("/login").text)[1]
    assert stranger.post("/12345/adjust/samples/adjust", data={"csrf_token": token}).location == "/"
    with app.app_context():
        assert db.session.scalars(select(Job)).all() == []
