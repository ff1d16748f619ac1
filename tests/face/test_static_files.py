"""Static files: bundles, compression, and that they are the same for everybody."""

import gzip
import re

import pytest
from flask_login import LoginManager

from tests.accounts.people import sign_in_person
from tests.face.test_pages import STATIC, static_addresses
from views.static_files import BUNDLES, asset

SCRIPTS = [path for path in BUNDLES if path.endswith(".js")]
DEFINED = re.compile(r'customElements\.define\("([\w-]+)"')
NEEDED = re.compile(r'^(?:class \w+ extends|const \{.+\} =) customElements\.get\("([\w-]+)"\)', re.MULTILINE)


def read(client, path: str, encoding: str = "identity") -> bytes:
    response = client.get(f"/static/{path}", headers={"Accept-Encoding": encoding})
    assert response.status_code == 200
    return response.data


def test_a_tool_asks_for_few_files(app):
    page = sign_in_person(app).get("/12345/background").text
    assert 5 < len([address for address in static_addresses(page) if "/demo/" not in address]) < 10


@pytest.mark.parametrize("path", BUNDLES)
def test_a_bundle_is_its_files_one_after_the_other(client, path):
    kind = path.rpartition(".")[2]
    assert len(set(BUNDLES[path])) == len(BUNDLES[path])
    bundle, place = read(client, path), 0
    for name in BUNDLES[path]:
        text = (STATIC / kind / f"{name}.{kind}").read_bytes()
        assert bundle.index(text) >= place
        place = bundle.index(text) + len(text)


def test_an_element_comes_after_those_it_needs():
    ready = set()
    for path in SCRIPTS:
        for name in BUNDLES[path]:
            text = (STATIC / "js" / f"{name}.js").read_text("utf-8")
            assert set(NEEDED.findall(text)) <= ready, name
            ready |= set(DEFINED.findall(text))


def test_names_of_one_script_of_a_bundle_are_unknown_to_the_others(client):
    for path in SCRIPTS:
        bundle = read(client, path)
        assert bundle.startswith(b"{\n") and bundle.count(b"}\n{\n") == len(BUNDLES[path]) - 1


@pytest.mark.parametrize(
    "path", ["bundles/tool.js", "bundles/site.css", "css/home.css", "js/theme.js", "img/favicon.svg"]
)
def test_a_text_is_compressed_for_who_takes_that(client, path):
    plain = client.get(f"/static/{path}", headers={"Accept-Encoding": "gzip;q=0, br"})
    short = client.get(f"/static/{path}", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers and short.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(short.data) == plain.data and len(short.data) < len(plain.data)
    assert int(short.headers["Content-Length"]) == len(short.data)
    assert "Accept-Encoding" in plain.vary and "Accept-Encoding" in short.vary
    assert plain.headers["ETag"] != short.headers["ETag"] and plain.mimetype == short.mimetype
    again = client.get(f"/static/{path}", headers={"Accept-Encoding": "gzip", "If-None-Match": short.headers["ETag"]})
    assert again.status_code == 304 and not again.data


def test_a_changed_file_has_another_address_and_another_bundle(app, client, tmp_path):
    (tmp_path / "js").mkdir()
    for name in BUNDLES["bundles/site.js"]:
        (tmp_path / "js" / f"{name}.js").write_text(f"// {name}\n")
    app.static_folder = str(tmp_path)
    with app.test_request_context():
        before = asset("bundles/site.js")
        (tmp_path / "js" / "tool-nav.js").write_text("// a new one\n")
        assert asset("bundles/site.js") != before
    assert b"// a new one" in read(client, "bundles/site.js")


@pytest.mark.parametrize(
    "path", ["bundles/nothing.js", "bundles/../../config.py", "bundles/site.css/..%2f..%2fapp.py", "js/"]
)
def test_what_is_no_static_file_is_not_found(client, path):
    assert client.get(f"/static/{path}").status_code in (404, 405)


def test_static_files_neither_ask_who_is_there_nor_depend_on_it(app, monkeypatch):
    browser = sign_in_person(app)
    asked = []
    load = LoginManager._load_user
    monkeypatch.setattr(LoginManager, "_load_user", lambda manager: asked.append(1) or load(manager))
    response = browser.get("/static/bundles/site.css")
    assert response.status_code == 200 and not asked
    assert "Cookie" not in response.vary and "Set-Cookie" not in response.headers
    assert "Cookie" in browser.get("/static/nothing-here").vary  # a page, with what belongs to the person
    assert asked
