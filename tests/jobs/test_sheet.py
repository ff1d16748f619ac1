"""The contact sheet: one frame for each photo, its versions, the days of the person, search, and its downloads."""

import re
from datetime import datetime

import pytest

from jobs import lifecycle
from jobs.files import downloads
from jobs.photos import listing
from jobs.photos.listing import Filter
from jobs.photos.steps import find_steps
from models import Job, User, db
from tests.jobs.support import address, make_from, make_job, picture, run_job
from tests.support.engines import both_engines


def make_chain(user_id: int) -> list[str]:
    """An upload, a step on its result, a step on that, and another try at the upload."""
    first = run_job(make_job(user_id)).id
    second = run_job(make_from(user_id, first, "adjust", "result", brightness="0.8")).id
    third = run_job(make_from(user_id, second, "adjust", "result", brightness="1.2")).id
    again = run_job(make_from(user_id, first, "adjust", "original", brightness="0.7")).id
    return [first, second, third, again]


def set_time(job_id: str, *moment: int) -> None:
    db.session.execute(db.update(Job).where(Job.id == job_id).values(created_at=datetime(*moment)))
    db.session.commit()


def frames(page: str) -> list[str]:
    """The ids of the jobs that have a frame on a page, from the top."""
    return re.findall(r'name="id" value="([0-9a-f]{32})" form="selection"', page)


@both_engines
def test_versions_of_one_photo_are_one_stack_on_a_page_and_open_by_a_link(browser, in_app, monkeypatch):
    owner_id = db.session.scalar(db.select(User.id))
    alone, chain, other = make_job(owner_id), make_chain(owner_id), make_job(owner_id, name="other.jpg")
    monkeypatch.setattr("views.jobs.job_pages.HISTORY_PAGE", 2)
    page = browser.get("/12345/history").text
    assert frames(page) == [other, chain[-1]] and "4 versions" in page
    (older,) = re.findall(r'href="(/12345/history\?before=[^"]+)"', page)
    assert frames(browser.get(older).text) == [alone]
    monkeypatch.setattr("views.jobs.job_pages.HISTORY_PAGE", 3)
    (stack,) = re.findall(r'class="frame-stack" href="([^"]+)"', browser.get("/12345/history").text)
    page = browser.get(stack).text
    assert frames(page) == chain[:0:-1] and "Versions of one photo" in page and "frame-stack" not in page
    (older,) = re.findall(r'href="(/12345/history\?[^"]*before=[^"]+)"', page)
    assert frames(browser.get(older.replace("&amp;", "&")).text) == chain[:1]
    lifecycle.delete(owner_id, chain[-1])
    assert chain[-2] in frames(browser.get("/12345/history").text), "the next version is on top"


def test_a_stack_holds_what_the_filter_leaves_in(sampler, owner, owner_id):
    first = run_job(make_job(owner_id)).id
    make_from(owner_id, first, "sampler", "result")
    page = owner.get("/12345/history?service=adjust").text
    assert frames(page) == [first] and "versions" not in page


@both_engines
def test_a_name_is_found_by_a_part_of_it_whatever_its_case(browser, in_app):
    owner_id = db.session.scalar(db.select(User.id))
    grandma, percent, other = (make_job(owner_id, name=name) for name in ("IMG_1.jpg", "100%_sure.jpg", "b.jpg"))
    lifecycle.rename(owner_id, grandma, "祖母 Grandma")

    def found(**query: str) -> list[str]:
        return frames(browser.get("/12345/history", query_string=query).text)

    assert found(name="grandMA") == found(name="祖母") == found(name="img_1") == [grandma]
    assert found(name="0%_s") == [percent] and found(name="%") == [percent], "no wildcards"
    assert found(name="  ") == found(name="\0") == [other, percent, grandma]
    assert found(name="' OR 1=1 --") == found(name="x\0y") == found(photo="é") == found(photo="x") == []


@both_engines
def test_days_are_those_of_the_person(browser, in_app):
    owner_id = db.session.scalar(db.select(User.id))
    late, early = make_job(owner_id), make_job(owner_id)
    set_time(late, 2026, 3, 1, 20, 0)
    set_time(early, 2026, 3, 1, 3, 0)
    page = browser.get("/12345/history").text
    assert page.count('class="sheet-day"') == 1 and "Sunday, March 1, 2026" in page
    browser.client.set_cookie("zone", "Asia/Shanghai")
    page = browser.get("/12345/history").text
    assert page.index("Monday, March 2, 2026") < page.index("Sunday, March 1, 2026")
    assert frames(browser.get("/12345/history?since=2026-03-02").text) == [late]
    assert frames(browser.get("/12345/history?until=2026-03-01").text) == [early]
    assert frames(browser.get("/12345/history?since=2026-03-01&until=2026-03-02").text) == [late, early]


@pytest.mark.parametrize("zone", ["Nowhere/None", "../../etc/passwd", "/etc/passwd", "Europe", "é", "x" * 200, ""])
def test_a_zone_that_is_none_is_utc(owner, owner_id, zone):
    set_time(make_job(owner_id), 2026, 3, 1, 23, 59)
    owner.client.set_cookie("zone", zone)
    assert "Sunday, March 1, 2026" in owner.get("/12345/history").text


@pytest.mark.parametrize("day", ["2026-13-01", "0001-01-01", "9999-12-31", "yesterday", "1" * 300])
def test_what_is_no_day_leaves_all_in_or_nothing_and_fails_never(owner, owner_id, day):
    make_job(owner_id)
    owner.client.set_cookie("zone", "Asia/Shanghai")
    assert owner.get("/12345/history", query_string={"since": day, "until": day}).status_code == 200


def test_a_search_that_finds_nothing_says_so_and_leads_back(owner, owner_id):
    make_job(owner_id)
    page = owner.get("/12345/history?name=nothing&service=adjust").text
    assert "No picture is like this." in page and 'value="nothing"' in page
    assert 'href="/12345/deblur' not in re.findall(r'<p class="empty">.*', page)[0]


def test_all_of_a_search_comes_as_one_zip(owner, owner_id):
    run_job(make_job(owner_id, name="one.jpg"))
    run_job(make_job(owner_id, name="two.jpg"))
    page = owner.get("/12345/history?name=one").text
    (url,) = re.findall(r'href="(/12345/history/pictures\.zip[^"]*)"', page)
    data = owner.get(url).data
    assert b"adjust-one.jpg" in data and b"adjust-two.jpg" not in data


@pytest.mark.parametrize(("format", "first"), [("JPEG", "jpeg"), ("PNG", "png"), ("WEBP", "webp"), ("TIFF", "png")])
def test_the_format_of_the_original_comes_first_everywhere(owner, owner_id, format, first):
    job_id = run_job(make_job(owner_id, picture(format=format))).id
    assert downloads.list_formats(db.session.get(Job, job_id))[0] == first
    sheet = owner.get("/12345/history").text
    assert f"{address(job_id, '/result')}?download=1&amp;format={first}" in sheet
    suffix = {"jpeg": "jpg"}.get(first, first)
    for query in ("", f"?id={job_id}", f"?id={job_id}&format=own"):
        assert f"adjust-photo.{suffix}".encode() in owner.get(f"/12345/history/pictures.zip{query}").data


def test_the_steps_to_a_result_are_shown_and_lead_to_each(owner, owner_id):
    first, second, third, again = make_chain(owner_id)
    page = owner.get(address(third)).text
    steps = re.search(r'<nav class="steps".*?</nav>', page, re.S)[0]
    assert re.findall(r'href="/12345/jobs/([0-9a-f]{32})"', steps) == [first, second, third, second]
    assert f'{address(first, "/original")}"' in steps and "4 versions" in steps
    assert f'href="{address(third)}" aria-current="step"' in steps
    steps = re.search(r'<nav class="steps".*?</nav>', owner.get(address(second)).text, re.S)[0]
    assert f'href="{address(first)}" rel="prev"' in steps and f'href="{address(third)}" rel="next"' in steps
    assert [job.id for job in find_steps(db.session.get(Job, again)).path] == [again]
    lone = make_job(owner_id)
    assert '<nav class="steps"' not in owner.get(address(lone)).text


def test_a_step_that_was_deleted_is_missed(owner, owner_id):
    first, second, third, _again = make_chain(owner_id)
    lifecycle.erase(first)
    found = find_steps(db.session.get(Job, third))
    assert [job.id for job in found.path] == [second, third] and not found.is_whole
    assert "An earlier step was deleted." in owner.get(address(third)).text
    assert len(listing.list_page(owner_id, 9, None, Filter(photo=first))[0]) == 3, "they stay one photo"
