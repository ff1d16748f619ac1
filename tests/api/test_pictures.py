"""Pictures through the API: with a length and a mark, in part, converted, and many at once."""

import io
import zipfile

import pytest

from tests.api.support import refusal
from tests.jobs.support import open_image


def test_a_result_has_a_length_and_a_mark_and_comes_again_only_when_it_changed(program, done_job):
    place = f"/jobs/{done_job}/result"
    whole = program.get(place)
    assert int(whole.headers["Content-Length"]) == len(whole.data) and whole.headers["Accept-Ranges"] == "bytes"
    again = program.get(place, headers={"If-None-Match": whole.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    changed = program.get(place, headers={"If-Match": '"another"'})
    assert refusal(changed)[:2] == (412, "changed_meanwhile")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": "*"}, 200),
        ({"If-Match": 'W/"MARK"'}, 412),
        ({"If-Match": '"another", "MARK"'}, 200),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": 'W/"MARK"'}, 304),
        ({"If-None-Match": '"another"'}, 200),
        ({"If-Match": '"MARK"', "If-None-Match": '"MARK"'}, 304),
        ({"Range": "bytes=0-9", "If-Range": '"MARK"'}, 206),
        ({"Range": "bytes=0-9", "If-Range": 'W/"MARK"'}, 200),
        ({"Range": "bytes=0-9", "If-Range": "Sat, 29 Oct 1994 19:43:31 GMT"}, 200),
        ({"Range": "bytes=0-9", "If-None-Match": '"MARK"'}, 304),
    ],
)
def test_conditions_are_weighed_as_rfc_9110_says(program, done_job, headers, status):
    place = f"/jobs/{done_job}/result"
    mark = program.get(place).headers["ETag"].strip('"')
    response = program.get(place, headers={name: text.replace("MARK", mark) for name, text in headers.items()})
    assert response.status_code == status


def test_a_part_of_a_result_comes_alone(program, done_job):
    place = f"/jobs/{done_job}/result"
    whole = program.get(place).data
    part = program.get(place, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, whole[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
    for nowhere in (f"bytes={len(whole)}-", "bytes=-0"):
        beyond = program.get(place, headers={"Range": nowhere})
        assert refusal(beyond)[:2] == (416, "no_such_range")
        assert beyond.headers["Content-Range"] == f"bytes */{len(whole)}"


@pytest.mark.parametrize(("asked", "first"), [("-7", -7), ("5-", 5), ("3-999999999", 3), ("-999999999", 0)])
def test_a_part_may_be_counted_from_the_end_or_reach_beyond_it(program, done_job, asked, first):
    place = f"/jobs/{done_job}/result"
    whole = program.get(place).data
    part = program.get(place, headers={"Range": f"bytes={asked}"})
    assert (part.status_code, part.data) == (206, whole[first:])


@pytest.mark.parametrize("asked", ["bytes=0-9,20-29", "bytes=9-2", "bytes=a-b", "bytes=1", "lines=0-9", "bytes=0-٣"])
def test_what_asks_for_no_single_part_gets_the_whole(program, done_job, asked):
    place = f"/jobs/{done_job}/result"
    whole = program.get(place)
    response = program.get(place, headers={"Range": asked})
    assert (response.status_code, response.data) == (200, whole.data)
    assert program.ask("HEAD", place, headers={"Range": "bytes=0-9"}).headers["Content-Length"] == str(len(whole.data))


def test_a_result_comes_in_another_format(program, done_job):
    converted = program.get(f"/jobs/{done_job}/result?format=webp&quality=50&metadata=strip&download=1")
    assert open_image(converted.data).format == "WEBP"
    assert "attachment" in converted.headers["Content-Disposition"]
    refused = program.get(f"/jobs/{done_job}/result?format=gif")
    assert refusal(refused) == (400, "invalid_request", "format")
    assert refused.json["error"]["allowed"] == ["", "png", "jpeg", "webp"]


@pytest.mark.parametrize("place", ["original", "preview", "thumbnail", "preview?of=original"])
def test_the_original_and_the_small_copies_are_there(program, done_job, place):
    assert program.get(f"/jobs/{done_job}/{place}").mimetype in {"image/jpeg", "image/webp"}


def test_a_change_map_comes_with_its_shares_in_the_facts_of_its_job(program, done_job):
    told = program.get(f"/jobs/{done_job}").json["change_map"]
    assert told["url"] == f"/api/v1/jobs/{done_job}/change-map" and "overlay_url" not in told
    assert [kind["key"] for kind in told["kinds"]] == ["kept", "changed", "replaced"]
    assert sum(kind["share"] for kind in told["kinds"]) == pytest.approx(1, abs=1e-5)
    sent = program.get(f"/jobs/{done_job}/change-map")
    assert (sent.mimetype, open_image(sent.data).mode) == ("image/png", "L")
    assert program.get(f"/jobs/{done_job}/preview?of=change-map").mimetype == "image/webp"
    assert refusal(program.get(f"/jobs/{done_job}/change-map?format=jpeg"))[:2] == (400, "invalid_request")


@pytest.mark.parametrize("place", ["mask", "answers/0", "files/sheet.pdf", "thumbnail?of=answer-3"])
def test_what_a_job_does_not_have_is_not_found(program, done_job, place):
    assert refusal(program.get(f"/jobs/{done_job}/{place}"))[:2] == (404, "not_found")


def test_many_results_come_in_one_archive(program, done_job):
    archive = zipfile.ZipFile(io.BytesIO(program.get(f"/results.zip?id={done_job}&id=other&format=png").data))
    (name,) = archive.namelist()
    assert open_image(archive.read(name)).format == "PNG"
    assert refusal(program.get("/results.zip?id=other"))[:2] == (404, "nothing_to_download")
