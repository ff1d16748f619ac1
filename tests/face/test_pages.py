"""Pages as a visitor gets them."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

import services
from views import pages, research
from views.pages import name_browser

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"


def static_addresses(page: str) -> set[str]:
    return set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))


@pytest.mark.parametrize("address", ["/", "/login", "/register", "/reset", "/nothing-here"])
def test_what_a_page_names_is_there_and_kept_for_a_year(client, address):
    for part in static_addresses(client.get(address).text):
        response = client.get(part.replace("&amp;", "&"))
        assert response.status_code == 200, part
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_static_address_of_old_content_is_not_kept(client):
    assert "immutable" not in client.get("/static/css/base.css?v=0123456789ab").headers["Cache-Control"]
    assert "immutable" not in client.get("/static/css/base.css").headers["Cache-Control"]


def test_the_first_load_of_the_home_page_is_light(client):
    page = client.get("/")
    parts = [part for part in static_addresses(page.text) if "/demo/" not in part]
    assert len(page.data) + sum(len(client.get(part).data) for part in parts) < 250_000


def test_home_has_a_card_for_every_tool_and_the_three_blocks(client):
    page = client.get("/").text
    for service in services.SERVICES:
        assert f'href="/tools/{service.key}"' in page
    assert all(f'id="{block}"' in page for block in ("about", "questions", "research"))


@pytest.mark.parametrize("work", ["1711.07064", "1704.00028", "DeOldify", "1505.04597", "2005.09007", "Pillow"])
def test_home_cites_the_research_behind_the_tools(client, work):
    assert work in client.get("/").text


def test_there_is_research_told_of_every_tool_and_of_no_other(app):
    assert set(research.BEHIND) == {service.key for service in services.SERVICES}
    with app.app_context():
        assert all(part.works for service in services.SERVICES for part in research.list_parts(service))


def test_research_of_weights_that_are_not_installed_is_not_told(client, monkeypatch):
    monkeypatch.setattr(research, "is_usable", lambda name: False)
    assert "1711.07064" not in client.get("/").text


def test_a_tool_without_a_demo_picture_still_has_its_card(client, monkeypatch):
    monkeypatch.setattr(pages, "_read_examples", lambda static: [])
    page = client.get("/").text
    assert page.count('class="card-film"') == len(services.SERVICES) and "compare-slider" not in page.split("<main")[1]


def test_every_demo_picture_is_there_and_as_large_as_it_says():
    listing = STATIC / "demo" / "examples.json"
    for example in json.loads(listing.read_text("utf-8")) if listing.exists() else []:
        assert services.get(example["key"])
        for role in ("before", "after"):
            with Image.open(STATIC / example[role]) as picture:
                factor = 2 if (example["key"], role) == ("enlarge", "before") else 1  # which is why it is enlarged
                assert picture.size == (example["width"] // factor, example["height"] // factor)
        for role in ("card", "card_before", "card_after"):
            with Image.open(STATIC / example[role]) as picture:
                assert picture.size == (360, 270)


@pytest.mark.parametrize("address", ["/", "/login", "/register", "/reset", "/nothing-here"])
def test_every_page_has_its_landmarks_and_one_heading(client, address):
    page = client.get(address).text
    assert page.count("<h1") == page.count("<main") == page.count("<header") == page.count("<footer") == 1
    assert '<a class="skip-link" href="#main">' in page and 'id="main"' in page


@pytest.mark.parametrize("address", ["/login", "/register", "/reset"])
def test_every_field_has_its_label(client, address):
    page = client.get(address).text
    fields = re.findall(r'<input id="(\w+)"', page)
    assert fields and all(f'<label for="{name}">' in page for name in fields)


def test_a_wrong_form_names_the_field_at_the_top_and_beside_it(client):
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/register").text)[1]
    page = client.post("/register", data={"csrf_token": token, "username": "not a name"}).text
    assert 'role="alert"' in page and '<a href="#username">' in page
    assert re.search(r'<input id="username"[^>]*aria-invalid="true"[^>]*aria-describedby="username-error', page)
    assert 'id="username-error"' in page


def test_the_logo_and_the_favicon_carry_the_letters():
    assert "<title>AI</title>" in (STATIC / "img" / "favicon.svg").read_text()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0 Safari/537.36 Edg/141.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36 MicroMessenger/8.0", "WeChat · Android"),
        ("a robot", "a robot"),
        ("", ""),
    ],
)
def test_a_browser_is_told_in_two_words(agent, name):
    assert name_browser(agent) == name
