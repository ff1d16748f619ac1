"""The history: filter, numbers, names, empty states; and a queue that stands still."""

import pytest

from jobs import lifecycle
from models import Setting, db
from models.setting import PAUSED
from tests.jobs.support import address, facts_of, make_job, run_job, shown
from tests.support.engines import both_engines


@both_engines
def test_the_history_of_one_tool_has_pages_of_its_own(sampler, browser, in_app, owner_id, monkeypatch):
    monkeypatch.setattr("views.jobs.job_pages.HISTORY_PAGE", 2)
    made = [make_job(owner_id, service=("adjust", "sampler")[n % 2]) for n in range(7)]
    seen, url = [], "/12345/history?service=adjust"
    while url:
        seen += [job["id"] for job in shown(browser, url, "jobs")]
        url = shown(browser, url, "older_url")
    assert seen == made[::2][::-1]
    assert browser.get("/12345/history?service=nothing").status_code == 404


def test_numbers_go_on_from_page_to_page(owner, owner_id, monkeypatch):
    monkeypatch.setattr("views.jobs.job_pages.HISTORY_PAGE", 2)
    for _ in range(5):
        make_job(owner_id)
    numbers, url = [], "/12345/history"
    while url:
        numbers += [job["number"] for job in shown(owner, url, "jobs")]
        url = shown(owner, url, "older_url")
    assert numbers == [5, 4, 3, 2, 1]


def test_a_page_stays_when_the_job_before_it_is_deleted(owner, owner_id, monkeypatch):
    monkeypatch.setattr("views.jobs.job_pages.HISTORY_PAGE", 2)
    made = [make_job(owner_id) for _ in range(4)]
    older = shown(owner, "/12345/history", "older_url")
    lifecycle.delete(owner_id, made[2])
    assert [job["id"] for job in shown(owner, older, "jobs")] == made[:2][::-1]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Oma", "Oma"),
        ("", "photo.jpg"),
        (" \t ", "photo.jpg"),
        ("<b>Oma/Opa</b>", "<b>Oma/Opa</b>"),
        (" 祖母\u202e\0 ", "祖母"),
    ],
    ids=["plain", "empty", "blank", "markup", "control"],
)
def test_a_job_has_a_name_of_its_owner_s_choice(owner, owner_id, title, shown):
    job_id = make_job(owner_id)
    assert owner.post(address(job_id, "/title"), {"title": title}).location == address(job_id)
    facts = facts_of(owner, job_id)
    assert (facts["name"], facts["original_name"]) == (shown, "photo.jpg")
    assert "<b>Oma" not in owner.get("/12345/history").text


def test_a_name_with_a_slash_makes_a_plain_file_name(owner, owner_id):
    job_id = make_job(owner_id)
    owner.post(address(job_id, "/title"), {"title": "Oma/Opa 1.5"})
    sent = owner.get(address(job_id, "/original?download=1")).headers["Content-Disposition"]
    assert sent == 'attachment; filename="revive-adjust-original-Oma_Opa 1.5.jpg"'


def test_a_long_name_is_cut_and_people_are_sent_back(owner, owner_id):
    job_id = make_job(owner_id)
    response = owner.post(address(job_id, "/title"), {"title": "x" * 5000, "next": "/12345/history"})
    assert (response.status_code, response.location) == (303, "/12345/history")
    assert facts_of(owner, job_id)["title"] == "x" * 100


def test_an_empty_sheet_and_an_empty_filter_say_what_to_do(owner):
    assert "The sheet is empty." in owner.get("/12345/history").text
    page = owner.get("/12345/history?service=adjust").text
    assert "No picture of this tool is here." in page and 'href="/12345/adjust"' in page


def test_the_page_offers_what_can_be_done_with_each(owner, owner_id):
    job_id = run_job(make_job(owner_id)).id
    page = owner.get("/12345/history").text
    for part in (
        f'value="{job_id}"',
        address(job_id, "/title"),
        address(job_id, "/deletion"),
        f"/12345/adjust?from={job_id}",
        "/12345/history/pictures.zip",
    ):
        assert part in page


@both_engines
def test_who_waits_is_told_that_the_queue_stands_still(browser, in_app, owner_id):
    done, waiting = run_job(make_job(owner_id)).id, make_job(owner_id)
    assert facts_of(browser, waiting)["paused"] is False
    db.session.add(Setting(key=PAUSED, number=1))
    db.session.commit()
    facts = facts_of(browser, waiting)
    assert (facts["paused"], facts["eta_seconds"], facts["position"]) == (True, None, 1)
    assert facts_of(browser, done)["paused"] is False
    assert "paused the queue" in browser.get(address(waiting)).text
