"""Files and errors as HTTP has them: lengths, parts, marks of the content, and what the caller can read."""

import pytest

from tests.jobs.support import address, make_job, noise, open_image, run_job, upload

JSON_WITH_PARAMETERS = [
    "application/json; charset=utf-8",
    "application/json;version=1",
    "application/json, text/html;q=0.9",
    "application/json;q=0.5, */*;q=0.1",
    "application/json ; q=0.9 , */* ; q=0.1",
    "text/html;q=0.5, application/json",
    "application/*, text/html;q=0.9",
    "application/*",
    "image/webp,application/json",
    "APPLICATION/JSON",
]
HTML = ["", "*/*", "text/html", "text/html;level=1, application/json;q=0.5", "application/json;q=0, */*", "text/*;q=1"]


@pytest.fixture
def job_id(owner_id) -> str:
    return run_job(make_job(owner_id, noise(0.1), "a.jpg", brightness="0.9")).id


@pytest.fixture(params=["/original", "/result?format=jpeg", "/preview?of=result"])
def place(request, job_id) -> str:
    return address(job_id, request.param)


def test_a_file_has_a_length_and_a_mark_of_its_content(owner, place):
    whole, head = owner.get(place), owner.client.head(place)
    assert int(whole.headers["Content-Length"]) == len(whole.data) > 100
    assert whole.headers["Accept-Ranges"] == "bytes" and whole.headers["ETag"].startswith('"')
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", whole.headers["ETag"])
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]


def test_what_the_caller_has_already_is_not_sent_nor_converted_again(owner, place, monkeypatch):
    mark = owner.get(place).headers["ETag"]
    monkeypatch.setattr("jobs.files.downloads.convert", lambda *args, **more: pytest.fail("it was converted"))
    again = owner.get(place, headers={"If-None-Match": f'"other", {mark}'})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", mark)
    assert owner.get(place, headers={"If-Match": '"other"'}).status_code == 412


@pytest.mark.parametrize(
    "asked, begin, end", [("bytes=0-9", 0, 10), ("bytes=50-", 50, None), ("bytes=-7", -7, None), ("bytes=5-5", 5, 6)]
)
def test_a_part_of_a_file_is_sent(owner, place, asked, begin, end):
    whole = owner.get(place)
    part = owner.get(place, headers={"Range": asked})
    assert (part.status_code, part.data) == (206, whole.data[begin:end])
    first = begin % len(whole.data)
    assert part.headers["Content-Range"] == f"bytes {first}-{first + len(part.data) - 1}/{len(whole.data)}"
    assert int(part.headers["Content-Length"]) == len(part.data)
    mark = whole.headers["ETag"]
    assert owner.get(place, headers={"Range": asked, "If-Range": mark}).status_code == 206
    assert owner.get(place, headers={"Range": asked, "If-Range": '"older"'}).data == whole.data


@pytest.mark.parametrize("asked", ["bytes=x", "lines=1-2", "bytes=0-1,3-4", "bytes=9-2", "9"])
def test_a_range_that_is_none_or_several_gets_the_whole_file(owner, place, asked):
    response = owner.get(place, headers={"Range": asked})
    assert (response.status_code, response.data) == (200, owner.get(place).data)


def test_a_part_beyond_the_end_is_told_with_the_length(owner, place):
    response = owner.get(place, headers={"Range": "bytes=99999999-", "Accept": "application/json"})
    size = len(owner.get(place).data)
    assert (response.status_code, response.json["error"]["key"]) == (416, "no_such_range")
    assert response.headers["Content-Range"] == f"bytes */{size}"


def test_another_conversion_has_another_mark(owner, job_id):
    marks = {owner.get(address(job_id, f"/result?format=jpeg&quality={n}")).headers["ETag"] for n in (50, 60)}
    assert len(marks) == 2
    assert open_image(owner.get(address(job_id, "/result?format=jpeg&quality=50")).data).format == "JPEG"


@pytest.mark.parametrize("accept", JSON_WITH_PARAMETERS)
def test_json_is_understood_with_parameters_and_weights(owner, accept):
    error = owner.get(address("nothing"), headers={"Accept": accept}).json["error"]
    assert error["key"] == "not_found"


@pytest.mark.parametrize("accept", HTML)
def test_whoever_does_not_prefer_json_gets_a_page(owner, job_id, accept):
    assert owner.get(address(job_id), headers={"Accept": accept}).mimetype == "text/html"


@pytest.mark.parametrize("path", ["/", "/12345/", "/12345/adjust", "/12345/account", "/12345/enlarge", "/admin/"])
def test_a_program_never_gets_a_page(app, owner, path):
    clients = {"owner": owner.client, "stranger": app.test_client()}
    for client in clients.values():
        response = client.get(path, headers={"Accept": "application/json;charset=utf-8"})
        if response.status_code == 303:
            assert path == "/"
        else:
            assert (response.mimetype, response.status_code) in {("application/json", n) for n in (401, 404, 406)}
            assert set(response.json["error"]) >= {"key", "message"}
        assert client.get(path, headers={"Accept": "application/json, */*;q=0.1"}).status_code in (200, 303, 401, 404)


@pytest.mark.parametrize("accept", ["image/png", "application/problem+json", "text/html;q=0"])
def test_whoever_takes_no_page_is_told_so_in_json(owner, accept):
    response = owner.get("/12345/", headers={"Accept": accept})
    assert (response.status_code, response.json["error"]["key"]) == (406, "only_a_page")


def test_what_depends_on_the_header_accept_says_so(owner, job_id):
    for path, accept in (("/login", "text/html"), (address(job_id), "application/json"), ("/nothing", "text/html")):
        vary = owner.get(path, headers={"Accept": accept}).vary
        assert {"accept", "accept-language"} <= {name.lower() for name in vary}
    assert "accept" not in {name.lower() for name in owner.get("/static/css/base.css").vary}


def test_the_methods_of_an_address_are_told(owner):
    response = owner.client.put("/12345/history", headers={"Accept": "application/json"})
    assert response.status_code in (400, 405)
    response = owner.client.get("/12345/history/deletion")
    assert response.status_code == 405 and "POST" in response.headers["Allow"]


def test_a_refused_choice_names_those_that_there_are(owner):
    json = {"Accept": "application/json"}
    error = upload(owner, noise(0.01), headers=json, transform="45").json["error"]
    assert error["key"] == "invalid_option" and {"none", "90"} <= set(error["allowed"])
    assert all(value in error["message"] for value in error["allowed"])
    assert error["fields"]["transform"] == error["message"]
    error = upload(owner, noise(0.01), headers=json, brightness="1000").json["error"]
    assert len(error["allowed"]) == 1 and error["allowed"][0] in error["message"]
    page = upload(owner, noise(0.01), transform="45").text
    assert "Possible:" in page and 'id="transform-error"' in page
