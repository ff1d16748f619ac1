"""The results of many jobs in one ZIP."""

import io
import zipfile

import pytest

from jobs import lifecycle
from jobs.errors import ServiceUnavailable
from jobs.files import results_zip
from jobs.files.zip_stream import Archive
from tests.accounts.people import JSON, sign_in_person
from tests.jobs.support import address, make_job, make_user, open_image, picture, run_job
from tests.support.stored import get_folder

ALL = "/12345/history/pictures.zip"


def members(response) -> dict[str, bytes]:
    assert response.status_code == 200 and response.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def make_jobs(owner_id: int, count: int, **settings) -> list[str]:
    return [run_job(make_job(owner_id, name="a.jpg", **settings)).id for _ in range(count)]


def test_a_selection_comes_in_one_file_under_names_that_differ(owner, owner_id):
    jobs = make_jobs(owner_id, 3)
    response = owner.get(ALL, query_string={"id": jobs[:2]})
    found = members(response)
    assert sorted(found) == [f"{n:04}-{job[:6]}-adjust-a.jpg" for n, job in enumerate(jobs[:2], 1)]
    assert all(open_image(data).size == (60, 40) for data in found.values())
    assert response.headers["Content-Disposition"].startswith('attachment; filename="revive-pictures-')
    assert response.headers["Cache-Control"] == "private, no-store"


def test_the_form_of_the_selection_leads_there(owner, owner_id):
    jobs = make_jobs(owner_id, 2)
    response = owner.post("/12345/history/download", {"id": jobs, "format": "jpeg"})
    assert response.status_code == 303 and "csrf" not in response.location
    assert all(name.endswith(".jpg") for name in members(owner.get(response.location)))


def test_all_means_all_of_one_s_own_that_have_a_result_and_are_not_deleted(sampler, owner, owner_id):
    done, deleted = make_jobs(owner_id, 2)
    make_job(owner_id)
    run_job(make_job(owner_id, service="sampler", way="decline"))
    (foreign,) = make_jobs(make_user("67890"), 1)
    lifecycle.delete(owner_id, deleted)
    assert len(members(owner.get(ALL))) == 1
    assert len(members(owner.get(ALL, query_string={"id": [done, deleted, foreign, "é", "x'"]}))) == 1


def test_all_of_one_tool_with_what_it_finished(sampler, owner, owner_id):
    make_jobs(owner_id, 1)
    make_jobs(owner_id, 1, service="sampler", way="files")
    names = [name.split("-", 2)[2] for name in members(owner.get(f"{ALL}?service=sampler"))]
    assert names == ["sampler-a.jpg", "sampler-sheet-a.pdf"]
    assert owner.get(f"{ALL}?service=nothing", headers=JSON).status_code == 404


@pytest.mark.parametrize("format, start", [("jpeg", b"\xff\xd8"), ("webp", b"RIFF"), ("png", b"\x89PNG")])
def test_every_picture_is_in_the_wished_format(owner, owner_id, format, start):
    make_jobs(owner_id, 2)
    assert all(data.startswith(start) for data in members(owner.get(f"{ALL}?format={format}")).values())


def test_a_picture_that_the_format_cannot_hold_comes_as_it_is_stored(owner, owner_id):
    out = io.BytesIO()
    open_image(picture(format="PNG")).convert("RGBA").save(out, "PNG")
    glass = open_image(out.getvalue())
    glass.putalpha(100)
    glass.save(out := io.BytesIO(), "PNG")
    run_job(make_job(owner_id, out.getvalue()))
    make_jobs(owner_id, 1)
    assert sorted(name[-4:] for name in members(owner.get(f"{ALL}?format=jpeg"))) == [".jpg", ".png"]


def test_one_that_is_missing_never_ends_the_others(owner, owner_id):
    jobs = make_jobs(owner_id, 3)
    lifecycle.rename(owner_id, jobs[1], "Grandma")
    (get_folder(jobs[1]) / "result.png").unlink()
    for query in ("", "?format=webp"):
        found = members(owner.get(ALL + query))
        assert len(found) == 3
        assert "Grandma" in found["left-out.txt"].decode() and "left out" in found["left-out.txt"].decode()


def test_hostile_names_stay_names(owner, owner_id):
    for name in ("../../etc/passwd.jpg", "a\\b.jpg", "c:evil.jpg", "\u202egpj.jpg", "x" * 300 + ".jpg"):
        run_job(make_job(owner_id, name=name))
    lifecycle.rename(owner_id, run_job(make_job(owner_id)).id, "/../..")
    names = list(members(owner.get(ALL)))
    assert len(set(names)) == 6
    assert not [name for name in names if set("/\\:") & set(name) or name.startswith(".") or len(name) > 140]


def test_more_than_one_batch_comes_in_order(owner, owner_id, monkeypatch):
    monkeypatch.setattr(results_zip, "_BATCH", 2)
    make_jobs(owner_id, 5)
    assert [int(name[:4]) for name in members(owner.get(ALL))] == [1, 2, 3, 4, 5]


def test_it_is_sent_piece_by_piece(in_app, user_id):
    for _ in range(3):
        run_job(make_job(user_id, picture(900, 700, "PNG"), brightness="0.9"))
    pieces = list(results_zip.make_zip(user_id, []))
    assert len(pieces) > 3 and max(map(len, pieces)) < 2 * 2**18 + 2**12


@pytest.mark.parametrize("query", ["", "?format=", "?format=own"])
def test_each_is_in_the_format_of_its_original_where_none_is_asked_for(owner, owner_id, query):
    for format in ("JPEG", "WEBP", "BMP"):
        run_job(make_job(owner_id, picture(format=format), name=f"a.{format.lower()}"))
    names = members(owner.get(ALL + query))
    assert sorted(name.rpartition(".")[2] for name in names) == ["jpg", "png", "webp"]


def test_without_any_result_it_says_so(owner, owner_id):
    make_job(owner_id)
    response = owner.get(ALL, headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (404, "nothing_to_download")
    assert owner.get(f"{ALL}?format=exe", headers=JSON).json["error"]["key"] == "unknown_format"


def test_too_many_at_once_wait_and_a_broken_off_download_makes_room(owner, owner_id):
    make_jobs(owner_id, 1)
    held = [Archive(results_zip._slots, -number, "", (b"" for _ in "x")) for number in range(1, results_zip._AT_ONCE)]
    held.insert(0, results_zip.make_zip(owner_id, []))
    with pytest.raises(ServiceUnavailable):
        results_zip.make_zip(owner_id, [])
    next(iter(held[0]))
    for archive in held:
        archive.close()
    assert len(members(owner.get(ALL))) == 1


def test_C01_nobody_else_gets_it(app, owner, owner_id):
    jobs = make_jobs(owner_id, 1)
    assert app.test_client().get(ALL, headers=JSON).status_code == 401
    other = sign_in_person(app, "67890")
    assert other.get(ALL, headers=JSON).status_code == 404
    response = other.get(f"/67890/history/pictures.zip?id={jobs[0]}", headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (404, "nothing_to_download")
    assert other.get(address(jobs[0]), headers=JSON).status_code == 404
