"""Albums: photos that belong together, shown in their newest versions, and one tool run on all of them."""

import io
import re
import zipfile

import pytest
from sqlalchemy import func, select

from accounts import data_export
from jobs import account_deletion, lifecycle, trash
from jobs.errors import JobError, NotFound
from jobs.files import storage
from jobs.photos import album_runs, albums
from jobs.photos.album_runs import Run
from models import Album, AlbumPhoto, Event, Job, User, db
from services import SERVICES, get
from tests.accounts.people import JSON, sign_in_person
from tests.jobs.support import make_from, make_job, make_user, picture, run_job
from tests.support.engines import both_engines

DARKER = {"brightness": "0.8"}


def make_album(user_id: int, count: int = 2) -> tuple[str, list[str]]:
    """An album of so many photos, each with one job that is done; return their ids."""
    jobs = [run_job(make_job(user_id, picture(60 + number, 40), f"{number}.jpg")).id for number in range(count)]
    return albums.create(user_id, "Summer", jobs).id, jobs


def shown(user_id: int, album_id: str) -> list[str]:
    return [job.id for job in albums.list_photos(user_id, album_id, 100)[0]]


def count_rows(table: type) -> int:
    return db.session.scalar(select(func.count()).select_from(table))


@both_engines
def test_an_album_shows_the_newest_version_of_each_photo_in_the_order_in_which_they_came(app):
    with app.app_context():
        user_id = make_user()
        album_id, (first, second) = make_album(user_id)
        newer = make_from(user_id, first, "adjust", **DARKER)
        assert shown(user_id, album_id) == [newer, second]
        third = make_job(user_id)
        assert albums.add(user_id, album_id, [third, newer, first]) == 1, "the others were in it"
        jobs, further = albums.list_photos(user_id, album_id, 2)
        assert [job.id for job in jobs] == [newer, second]
        assert [job.id for job in albums.list_photos(user_id, album_id, 2, further)[0]] == [third]
        counts = albums.count_photos(user_id, [album_id])[album_id]
        assert (counts.total, counts.active, counts.statuses["done"]) == (3, 2, 1)
        assert albums.list_result_ids(user_id, album_id) == [first, second], "the newest that has a result"
        assert albums.remove(user_id, album_id, [second]) == 1 and shown(user_id, album_id) == [newer, third]


@both_engines
def test_a_run_starts_a_job_for_each_photo_and_one_bad_file_never_stops_the_rest(app):
    with app.app_context():
        user_id = make_user()
        album_id, (first, lost, last) = make_album(user_id, 3)
        storage.remove(lost)
        outcomes = album_runs.start(user_id, album_id, Run(get("adjust"), DARKER))
        assert [outcome.shown_id for outcome in outcomes] == [first, lost, last]
        assert [outcome.error and outcome.error.key for outcome in outcomes] == [None, "not_found", None]
        made = db.session.get(Job, outcomes[2].job_id)
        assert (made.parent_id, made.parent_variant, made.options["brightness"]) == (last, "original", 0.8)
        album = albums.find(user_id, album_id)
        assert (album.service, album.options["brightness"]) == ("adjust", 0.8)


def test_a_run_starts_from_the_newest_result_where_that_is_asked_for(user_id):
    album_id, (first, _second) = make_album(user_id)
    newest = run_job(make_from(user_id, first, "adjust", **DARKER)).id
    waiting = make_job(user_id)
    albums.add(user_id, album_id, [waiting])
    outcomes = album_runs.start(user_id, album_id, Run(get("adjust"), DARKER, "result", [first, waiting]))
    sources = [(job.parent_id, job.parent_variant) for job in (db.session.get(Job, each.job_id) for each in outcomes)]
    assert sources == [(newest, "result"), (waiting, "original")], "and only for the photos that were named"


def test_what_the_account_s_line_has_no_room_for_is_said_of_each_photo(app, user_id):
    album_id, _jobs = make_album(user_id, 3)
    app.config["MAX_ACTIVE_JOBS"] = 1
    outcomes = album_runs.start(user_id, album_id, Run(get("adjust"), DARKER))
    assert [outcome.error.key if outcome.error else "" for outcome in outcomes] == ["", *["too_many_active_jobs"] * 2]


def test_the_same_run_twice_with_one_key_makes_one_job_a_photo(user_id):
    album_id, _jobs = make_album(user_id)
    for variant in ("original", "result"):
        run = Run(get("adjust"), DARKER, variant, key=f"a key for the {variant}")
        made = [outcome.job_id for outcome in album_runs.start(user_id, album_id, run)]
        for job_id in made:
            run_job(job_id)
        assert [outcome.job_id for outcome in album_runs.start(user_id, album_id, run)] == made


def test_the_newest_album_comes_first_and_a_page_begins_behind_the_one_before(user_id):
    made = [albums.create(user_id, f"Album {number}").id for number in range(3)]
    found, older = albums.list_page(user_id, 2)
    assert [album.id for album in found] == made[:0:-1]
    assert [album.id for album in albums.list_page(user_id, 2, older)[0]] == made[:1]
    with pytest.raises(NotFound):
        albums.list_page(user_id, 2, "nothing")


def test_an_album_of_one_batch_starts_with_its_tool_and_options(user_id):
    album = albums.create(user_id, "  A\x00 batch ", [make_job(user_id), make_job(user_id)])
    assert (album.name, album.service, album.options["brightness"]) == ("A batch", "adjust", 1.5)


def test_albums_and_their_photos_are_bounded(user_id, monkeypatch):
    monkeypatch.setattr(albums, "MAX_PHOTOS", 2)
    album_id, _jobs = make_album(user_id)
    with pytest.raises(JobError, match="at most 500"):
        albums.add(user_id, album_id, [make_job(user_id)])
    db.session.rollback()
    monkeypatch.setattr(albums, "MAX_ALBUMS", 1)
    with pytest.raises(JobError, match="as many albums"):
        albums.create(user_id, "One more")
    with pytest.raises(JobError, match="name"):
        albums.rename(user_id, album_id, " \u200b ")


def test_deleting_an_album_keeps_its_photos_unless_they_are_to_go_as_well(owner, owner_id):
    kept, jobs = make_album(owner_id)
    gone = albums.create(owner_id, "The same photos", jobs).id
    versions = [*jobs, make_from(owner_id, jobs[0], "adjust", **DARKER)]
    assert owner.post(f"/12345/albums/{kept}/deletion").location == "/12345/albums"
    assert count_rows(Album) == 1 and shown(owner_id, gone) == [versions[-1], jobs[1]]
    assert owner.post(f"/12345/albums/{gone}/deletion", {"photos": "delete"}).location == "/12345/history"
    (batch,) = trash.list_contents(owner_id)
    assert {job.id for job in batch.jobs} == set(versions) and count_rows(AlbumPhoto) == 0
    lines = db.session.scalars(select(Event.detail).where(Event.action == "album_deleted").order_by(Event.id))
    assert list(lines) == ["0 jobs", "3 jobs"]


def test_a_deleted_photo_comes_back_into_its_album_and_an_erased_one_takes_the_empty_album_along(user_id):
    album_id, jobs = make_album(user_id)
    empty = albums.create(user_id, "Never filled").id
    trash.put(user_id, jobs)
    assert shown(user_id, album_id) == []
    albums.remove_erased()
    trash.take_back(user_id, jobs[:1])
    assert shown(user_id, album_id) == jobs[:1]
    trash.erase(user_id, jobs[1:])
    albums.remove_erased()
    assert count_rows(AlbumPhoto) == 1
    lifecycle.erase(jobs[0])
    albums.remove_erased()
    assert list(db.session.scalars(select(Album.id))) == [empty]


def test_the_account_s_data_tell_of_its_albums_and_go_with_it(user_id):
    album_id, jobs = make_album(user_id)
    (told,) = data_export.export_albums(user_id)
    assert (told["id"], told["name"], told["photos"]) == (album_id, "Summer", jobs)
    account_deletion.remove(user_id, "12345", None)
    assert count_rows(Album) == count_rows(AlbumPhoto) == 0


def test_the_selection_of_the_contact_sheet_goes_into_a_new_album_or_one_that_there_is(owner, owner_id):
    first, second = make_job(owner_id), make_job(owner_id)
    place = owner.post("/12345/albums/photos", {"id": [first], "album": ""}).location
    album_id = place.rpartition("/")[2]
    assert owner.post("/12345/albums/photos", {"id": [second], "album": album_id}).location == place
    assert shown(owner_id, album_id) == [first, second]
    page = owner.get("/12345/history").text
    assert f'<option value="{album_id}">' in page and 'formaction="/12345/albums/photos"' in page
    assert owner.post(f"{place}/removal", {"id": [first]}).status_code == 303
    assert shown(owner_id, album_id) == [second]
    assert (
        owner.post("/12345/albums/photos", {"album": album_id}, headers=JSON).json["error"]["key"] == "nothing_selected"
    )


def test_the_pages_say_how_an_album_is_doing_and_why_a_photo_has_no_result(owner, owner_id, sampler):
    album_id, _jobs = make_album(owner_id)
    declined = run_job(make_job(owner_id, service="sampler", way="decline")).id
    albums.add(owner_id, album_id, [declined, make_job(owner_id)])
    page = owner.get(f"/12345/albums/{album_id}").text
    assert "4 photos · 1 is waiting or being worked on · 1 without a result" in page
    assert re.search(r'class="frame-line">\S', page) and "album-progress" in page
    assert "4 photos" in owner.get("/12345/albums").text
    assert owner.post(f"/12345/albums/{album_id}/name", {"name": "Winter <1>"}).status_code == 303
    assert "Winter &lt;1&gt;" in owner.get("/12345/albums").text


def test_the_form_of_a_tool_runs_it_on_all_and_says_what_was_not_started(app, owner, owner_id):
    album_id, jobs = make_album(owner_id)
    place, form = f"/12345/albums/{album_id}", {"service": "adjust", "from_which": "original"}
    assert 'name="brightness"' in owner.get(f"{place}?tool=adjust").text
    refused = owner.post(f"{place}/jobs", form | {"brightness": "1000"})
    assert refused.status_code == 400 and 'id="brightness-error"' in refused.text and "0.2-100" in refused.text
    app.config["MAX_ACTIVE_JOBS"] = 1
    page = owner.post(f"{place}/jobs", form | DARKER).text
    assert "No job was started for 1 photo" in page and "1 other was started." in page
    assert f'type="hidden" name="id" value="{jobs[1]}"' in page, "these can be tried again"
    app.config["MAX_ACTIVE_JOBS"] = 20
    again = owner.post(f"{place}/jobs", form | DARKER | {"id": jobs[1]})
    assert (again.status_code, again.location) == (303, place)
    assert db.session.scalar(select(func.count(Job.id)).where(Job.photo_id == jobs[1])) == 2
    assert 'value="0.8"' in owner.get(f"{place}?tool=adjust").text, "the options are remembered"


@pytest.mark.parametrize("tool", [service.key for service in SERVICES])
def test_the_form_of_a_tool_asks_for_no_place_and_nothing_that_needs_one(owner, owner_id, monkeypatch, tool):
    """Whoever is meant stands elsewhere in each photo: "this one" cannot be chosen for all."""
    monkeypatch.setattr("jobs.availability.is_usable", lambda weights: True)  # what tells people apart is installed
    album_id, _jobs = make_album(owner_id)
    page = owner.get(f"/12345/albums/{album_id}?tool={tool}")
    assert page.status_code == 200 and f'name="service" value="{tool}"' in page.text
    assert not re.search(r'name="(point|frame|crop|mask|hints)"|value="this"', page.text)
    if tool in ("background", "idphoto"):
        assert 'name="whom" value="main"' in page.text and "The person" in page.text


def test_the_zip_of_an_album_has_the_newest_result_of_each_photo(owner, owner_id):
    album_id, (first, second) = make_album(owner_id)
    newest = run_job(make_from(owner_id, first, "adjust", **DARKER)).id
    response = owner.get(f"/12345/albums/{album_id}/pictures.zip")
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        names = archive.namelist()
    assert sorted(name[5:11] for name in names) == sorted([newest[:6], second[:6]])
    assert "revive-album-Summer.zip" in response.headers["Content-Disposition"]
    empty = albums.create(owner_id, "Empty").id
    for file in ("pictures.zip", "contact-sheet.pdf"):
        assert owner.get(f"/12345/albums/{empty}/{file}", headers=JSON).status_code == 404


@pytest.mark.parametrize("base", ["/12345", "/67890"])
def test_nobody_sees_or_changes_an_album_of_another(app, owner, owner_id, base):
    album_id, jobs = make_album(owner_id)
    other = sign_in_person(app, "67890")
    other_id = db.session.scalar(select(User.id).where(User.name == "67890"))
    own = make_job(other_id)
    before = (shown(owner_id, album_id), count_rows(Job), albums.find(owner_id, album_id).name)
    for place in ("", "/pictures.zip", "/contact-sheet.pdf"):
        assert other.get(f"{base}/albums/{album_id}{place}", headers=JSON).status_code == 404
    form = {"id": [own, *jobs], "album": album_id, "name": "Mine", "photos": "delete", "service": "adjust", **DARKER}
    for place in (f"{album_id}/name", f"{album_id}/removal", f"{album_id}/deletion", f"{album_id}/jobs", "photos"):
        fields = form | {"from_which": "original"}
        assert other.post(f"{base}/albums/{place}", fields, headers=JSON).status_code == 404
    assert (shown(owner_id, album_id), count_rows(Job), albums.find(owner_id, album_id).name) == before
    with pytest.raises(NotFound):
        albums.create(other_id, "Theirs", jobs)
