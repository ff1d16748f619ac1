"""The description of the API: whole, valid, in the reader's language, and a page on which it can be tried."""

import re

import pytest
from jsonschema_rs import Draft202012Validator, meta

import services
from tests.api.support import API
from views.api.operation import OPERATIONS


@pytest.fixture
def document(client) -> dict:
    return client.get(f"{API}/openapi.json").json


def test_every_address_of_the_api_is_described(app, document):
    described = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    served = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^<>:]+:)?(\w+)>", r"{\1}", rule.rule)
        if rule.endpoint == "api.create_job":
            served |= {(path.replace("{service}", service.key), "POST") for service in services.list_all()}
        elif path.startswith(API) and path not in {f"{API}/docs", f"{API}/openapi.json"}:
            served |= {(path, method) for method in rule.methods - {"HEAD", "OPTIONS"}}
    assert described == served and document["openapi"] == "3.1.0"


def test_names_are_unique_and_schemas_are_valid(document):
    names = [said["operationId"] for methods in document["paths"].values() for said in methods.values()]
    assert len(names) == len(set(names)) == len(OPERATIONS) - 1 + len(services.list_all())
    for name, schema in document["components"]["schemas"].items():
        assert meta.is_valid(schema), name
        assert set(re.findall(r"#/components/schemas/(\w+)", str(schema))) <= set(document["components"]["schemas"])


def test_the_form_of_a_tool_says_what_each_option_takes(document):
    body = document["paths"][f"{API}/tools/adjust/jobs"]["post"]["requestBody"]["content"]["multipart/form-data"]
    fields = body["schema"]["properties"]
    assert fields["image"]["format"] == "binary" and fields["from_which"]["enum"] == ["original", "result"]
    assert (fields["brightness"]["minimum"], fields["brightness"]["maximum"]) == (0.2, 100)
    assert "mirror_horizontal" in fields["transform"]["enum"]
    assert all(field["description"] for field in fields.values())


@pytest.mark.parametrize("tool, name, may_tilt", [("idphoto", "frame", True), ("adjust", "crop", False)])
def test_a_frame_is_described_with_its_tilt_where_it_may_have_one(document, tool, name, may_tilt):
    content = document["paths"][f"{API}/tools/{tool}/jobs"]["post"]["requestBody"]["content"]
    pattern = content["multipart/form-data"]["schema"]["properties"][name]["pattern"]
    assert re.search(pattern, "0.1,0.2,0.5,0.5")
    assert bool(re.search(pattern, "0.1,0.2,0.5,0.5,-3.5")) == may_tilt


def test_responses_are_as_described(document, program, done_job):
    for name, path in (("Job", f"/jobs/{done_job}"), ("Jobs", "/jobs"), ("Tools", "/tools"), ("Account", "/account")):
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        facts = program.get(path).json
        assert list(Draft202012Validator(schema).iter_errors(facts)) == []


@pytest.mark.parametrize(("asked", "title"), [("zh-CN,en;q=0.5", "去模糊"), ("en", "Deblur"), ("fr", "Deblur")])
def test_tools_are_told_of_in_the_language_that_is_asked_for(client, asked, title):
    tool = client.get(f"{API}/tools/deblur", headers={"Accept-Language": asked}).json
    assert tool["title"] == title
    document = client.get(f"{API}/openapi.json", headers={"Accept-Language": asked}).json
    assert title in document["paths"][f"{API}/tools/deblur/jobs"]["post"]["summary"]


@pytest.mark.parametrize(
    "accept",
    ["application/json", "application/json; charset=utf-8", "application/json;q=0.9, */*;q=0.1", "text/html", ""],
)
def test_responses_are_json_however_they_are_asked_for(client, accept):
    assert client.get(f"{API}/tools", headers={"Accept": accept}).is_json
    assert client.get(f"{API}/jobs", headers={"Accept": accept}).json["error"]["key"] == "token_needed"
    assert client.get(f"{API}/nothing", headers={"Accept": accept}).json["error"]["key"] == "not_found"


def test_a_person_can_try_each_operation_on_a_page_of_this_site(client, document):
    response = client.get(f"{API}/docs", headers={"Accept": "text/html"})
    page = response.text
    for methods in document["paths"].values():
        assert all(f'id="{said["operationId"]}"' in page for said in methods.values())
    assert "unsafe-inline" not in response.headers["Content-Security-Policy"]
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
