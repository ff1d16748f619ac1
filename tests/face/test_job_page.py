"""The page of a job in each of its states, and the contact sheet."""

import re

import pytest

from models.job import CANCELLED, DONE, FAILED, QUEUED, RUNNING
from tests.face.conftest import NAME


@pytest.fixture
def page_of(made, browser):
    """Put a job of the person into the database and return its page."""

    def page(**columns) -> str:
        response = browser.get(f"/{NAME}/jobs/{made(**columns)}")
        assert response.status_code == 200
        return response.text

    return page


@pytest.mark.parametrize("status", [QUEUED, RUNNING])
def test_a_waiting_job_shows_progress_and_cancel_and_reloads_without_script(page_of, status):
    page = page_of(status=status, progress=0.4, stage="Adjusting")
    assert '<noscript><meta http-equiv="refresh"' in page
    assert 'max="100" value="40"' in page and "Adjusting" in page and "/cancellation" in page
    assert "compare-slider" not in page.split("<main")[1]


def test_a_queued_job_tells_its_place_in_the_line(page_of):
    page_of(status=QUEUED)
    assert "Number 2 in line" in page_of(status=QUEUED)


def test_a_done_job_shows_the_divider_and_three_downloads(page_of):
    page = page_of(status=DONE, result_file="result.jpg")
    assert "<compare-slider" in page and "http-equiv" not in page
    form = page[page.index('action="/12345/jobs/') :]
    assert '/result">' in form and 'name="download" value="1"' in form
    for name in ("jpeg", "png", "webp"):
        assert f'name="format" value="{name}"' in form
    assert "/mask" not in page


def test_a_mask_is_shown_and_offered_where_there_is_one(page_of):
    page = page_of(status=DONE, service="background", result_file="result.png", mask_file="mask.png")
    assert re.search(r'<img src="[^"]+/mask"', page) and "/mask?download=1" in page


def test_a_verdict_is_told_in_a_sentence(page_of):
    from services import SERVICES

    service = next(service for service in SERVICES if service.verdicts)
    key, sentence = next(iter(service.verdicts.items()))
    page = page_of(status=DONE, service=service.key, verdict=key, result_file="result.png")
    assert f'<p id="job-verdict">{sentence}</p>' in page
    assert 'aria-describedby="job-verdict compare-keys"' in page, "read out with the heading, which gets the focus"


def test_a_failed_job_tells_why_and_offers_another_try(page_of):
    page = page_of(status=FAILED, error_key="timeout", error_message="This picture was stopped.")
    assert "This picture was stopped." in page and "/retry" in page and 'role="alert"' in page


def test_a_cancelled_job_says_so(page_of):
    assert "This job was cancelled." in page_of(status=CANCELLED)


def test_names_of_files_are_escaped(page_of):
    page = page_of(status=DONE, result_file="result.jpg", original_name='"><script>alert(1)</script>.jpg')
    assert "<script>alert" not in page


def test_the_contact_sheet_deletes_from_a_menu_and_then_offers_the_undo(made, browser):
    job_id = made(status=DONE, result_file="result.jpg", original_name="cat.jpg")
    sheet = browser.get(f"/{NAME}/history").text
    entry = sheet[sheet.index('<details class="frame-menu"') :]
    assert f"/jobs/{job_id}/deletion" in entry[: entry.index("</details>")]
    browser.post(f"/{NAME}/jobs/{job_id}/deletion")
    sheet = browser.get(f"/{NAME}/history").text
    assert "cat.jpg is deleted." in sheet and f'action="/{NAME}/history/restoration"' in sheet


def test_an_empty_contact_sheet_says_what_to_do(browser):
    assert "Pick a tool and put in a picture." in browser.get(f"/{NAME}/history").text
