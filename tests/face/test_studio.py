"""The studio and the page of a job without script: every control is a plain form."""

import io
import re
import secrets

import pytest
from PIL import Image

import services
from models.job import CANCELLED, DONE, FAILED
from services.base import Choice, Option, Service
from tests.accounts.people import JSON, sign_in_person
from tests.face.conftest import NAME
from tests.support.stored import get_folder


@pytest.fixture
def tool(monkeypatch, app):
    """A tool that declares every kind of option."""
    service = Service(
        key="everything",
        title="Everything",
        summary="All kinds.",
        run=lambda *_: None,
        notice="Mind the step.",
        verdicts={"declined": "This one is better left alone.", "doubtful": "Touch it up."},
        touched_up=("doubtful",),
        options=(
            Option("tone", "choice", "Tone", "warm", (Choice("warm", "Warm"), Choice("cold", "Cold", "not-here"))),
            Option("size", "choice", "Size", "0", tuple(Choice(str(i), f"Size {i}") for i in range(13))),
            Option("mask", "mask", "Mask of mine", keeps=True, finds=True),
            Option("dabs", "hints", "Dabs of mine"),
            Option("crop", "frame", "Frame of mine"),
            Option("place", "point", "Point of mine"),
            Option("behind", "picture", "Backdrop"),
            Option("fine", "number", "Fineness", 1.0, minimum=0.0, maximum=2.0, advanced=True),
            Option("anyway", "switch", "Even so", False, advanced=True),
        ),
    )
    monkeypatch.setattr(services, "SERVICES", (*services.SERVICES, service))
    return service


def page(browser, address: str) -> str:
    response = browser.get(f"/{NAME}/{address}")
    assert response.status_code == 200
    return response.text


def studio_form(text: str) -> str:
    return text[text.index('<form id="tool"') : text.index("</form>", text.index('<form id="tool"'))]


def test_without_script_one_picture_goes_in_by_a_plain_field(browser):
    form = studio_form(page(browser, "adjust"))
    field = re.search(r'<input id="image"[^>]*>', form)[0]
    assert "required" in field and "multiple" not in field
    assert 'enctype="multipart/form-data"' in form and 'type="submit"' in form


def test_every_kind_of_option_has_a_control(browser, tool):
    form = studio_form(page(browser, "everything"))
    for name in ("mask", "dabs", "behind"):
        assert re.search(rf'<input id="{name}" name="{name}" type="file"', form), name
    assert re.search(r'<input id="crop" name="crop" type="text"', form)
    assert re.search(r'<input id="place" name="place" type="text"', form) and "<point-picker" in form
    assert re.search(r'<select id="size"', form) and form.count("<option value=") >= 12
    assert 'name="fine"' in form.split('<details class="advanced"')[1] and 'name="anyway"' in form
    assert '<details class="advanced" open' not in form


def test_a_choice_without_its_weights_is_not_shown_and_a_single_one_asks_nothing(browser, tool):
    form = studio_form(page(browser, "everything"))
    assert "Cold" not in form and '<input type="hidden" name="tone" value="warm">' in form


def test_a_fault_in_an_advanced_option_opens_it(browser, tool):
    response = browser.post(f"/{NAME}/everything", {"fine": "9"}, content_type="multipart/form-data")
    form = studio_form(response.text)
    assert response.status_code == 400 and '<details class="advanced" open>' in form and 'id="fine-error"' in form


def test_programs_learn_which_field_a_fault_is_about(browser):
    picture = (io.BytesIO(b"no picture"), "a.jpg")
    for fields, name in (({"brightness": "9000"}, "brightness"), ({"brightness": "2", "image": picture}, "image")):
        response = browser.post(f"/{NAME}/adjust", fields, content_type="multipart/form-data", headers=JSON)
        assert response.status_code == 400 and list(response.json["error"]["fields"]) == [name]


def test_the_page_of_a_job_runs_it_again_without_an_upload(browser, made):
    job = made(status=DONE, result_file="result.png", options={"transform": "90", "brightness": 1.7})
    form = studio_form(page(browser, f"jobs/{job}"))
    assert f'name="from_job" value="{job}"' in form and 'name="from_which" value="original"' in form
    assert "required" not in re.search(r'<input id="image"[^>]*>', form)[0]
    assert re.search(r'name="transform" value="90" checked', form) and 'value="1.7"' in form
    assert "Start again" in form


def test_a_result_is_sent_to_each_other_tool_by_a_link(browser, made):
    job = made(status=DONE, result_file="result.png")
    text = page(browser, f"jobs/{job}")
    for service in services.SERVICES:
        link = f'href="/{NAME}/{service.key}?from={job}&amp;which=result"'
        assert (link in text) == (service.key != "adjust")
    form = studio_form(page(browser, f"deblur?from={job}&which=result"))
    assert f'name="from_job" value="{job}"' in form and 'name="from_which" value="result"' in form
    assert f"/jobs/{job}/preview?of=result" in form


def test_only_one_s_own_jobs_can_be_gone_on_with(app, browser, made):
    job = made(status=DONE, result_file="result.png")
    other = sign_in_person(app, "67890")
    for address in (f"adjust?from={job}", f"adjust?from={secrets.token_hex(16)}"):
        assert other.get(f"/67890/{address}").status_code == 404
    assert browser.get(f"/{NAME}/adjust?from={job}&which=mask").status_code == 400
    assert browser.get(f"/{NAME}/adjust?from={made(status=FAILED)}&which=result").status_code == 404


def test_a_refused_second_run_still_knows_its_picture(browser, made):
    job = made(status=DONE, result_file="result.png")
    fields = {"from_job": job, "from_which": "original", "brightness": "9000"}
    response = browser.post(f"/{NAME}/adjust", fields, content_type="multipart/form-data")
    assert response.status_code == 400
    form = studio_form(response.text)
    assert f'name="from_job" value="{job}"' in form and 'value="9000"' in form and 'id="brightness-error"' in form


def test_a_job_without_a_picture_says_why_and_offers_to_run_anyway(browser, made, tool):
    job = made(service="everything", status=DONE, verdict="declined", options={"fine": 0.5})
    text = page(browser, f"jobs/{job}")
    assert "This one is better left alone." in text and "No result" in text
    assert '<button type="submit" form="tool" name="anyway" value="1"' in text
    stage = text[text.index("<job-stage") : text.index("</job-stage>")]
    assert "compare-slider" not in stage and "Download as" not in stage and "Mind the step." not in stage


def test_the_button_runs_anyway_with_the_options_of_before(browser, made, tool):
    job = made(service="everything", status=DONE, verdict="declined", options={"fine": 0.5, "anyway": False})
    text = page(browser, f"jobs/{job}")
    # The first value of a name counts, and the button stands before the form.
    assert text.index('form="tool" name="anyway"') < text.index('<form id="tool"')
    assert 'value="0.5"' in studio_form(text)


def test_the_alternatives_are_picked_with_buttons(browser, made):
    job = made(status=DONE, result_file="result.png", alternatives=3, chosen=1)
    text = page(browser, f"jobs/{job}")
    alternatives = text[text.index('class="alternatives"') :].split("</form>")[0]
    assert 'method="post"' in alternatives and f"/jobs/{job}/choice" in alternatives
    assert re.findall(r'name="answer" value="(\d)" aria-pressed="(\w+)"', alternatives) == [
        ("0", "false"),
        ("1", "true"),
        ("2", "false"),
    ]


def test_finished_files_and_the_tool_s_notice_stand_beside_the_result(browser, made, tool):
    files = [{"name": "sheet.pdf", "label": "Sheet to print, PDF", "bytes": 10}]
    job = made(service="everything", status=DONE, result_file="result.png", files=files)
    text = page(browser, f"jobs/{job}")
    assert f'href="/{NAME}/jobs/{job}/files/sheet.pdf"' in text and "Sheet to print, PDF" in text
    assert "Mind the step." in text


def test_the_download_is_a_plain_form_with_quality_and_privacy(browser, made):
    job = made(status=DONE, result_file="result.png")
    text = page(browser, f"jobs/{job}")
    form = text[text.index('class="download-form"') :].split("</form>")[0]
    assert f'method="get" action="/{NAME}/jobs/{job}/result"' in form
    assert 'name="quality"' in form and 'name="metadata" value="strip"' in form


def test_a_mask_is_touched_up_where_the_tool_takes_one(browser, made, tool):
    job = made(service="everything", status=DONE, result_file="result.png", mask_file="result-mask.png")
    text = page(browser, f"jobs/{job}")
    assert 'href="#drawn-mask"' in text and 'id="drawn-mask"' in text and 'href="#drawn-dabs"' in text
    assert re.search(rf'<drawing-surface[^>]* start="/{NAME}/jobs/{job}/mask" keep', text)
    without = made(service="everything", status=DONE, result_file="result.png")
    assert 'href="#drawn-mask"' not in page(browser, f"jobs/{without}")


def test_the_brush_is_open_where_parts_of_the_mask_may_be_missing(browser, made, tool):
    files = {"service": "everything", "status": DONE, "result_file": "result.png", "mask_file": "mask.png"}
    text = page(browser, f"jobs/{made(verdict='doubtful', **files)}")
    assert re.search(r'<div class="drawn" id="drawn-mask"[^>]* data-touches-up>', text)
    assert "Touch it up." in text and text.count("data-touches-up") == 1
    assert "data-touches-up" not in page(browser, f"jobs/{made(**files)}")


def test_what_was_uploaded_beside_the_picture_counts_again_unless_ticked(browser, made, tool):
    job = made(service="everything", status=DONE, result_file="result.png", options={"behind": "behind.png"})
    form = studio_form(page(browser, f"jobs/{job}"))
    assert re.search(r'data-former="behind"><input type="checkbox" name="behind_reuse" value="0">', form)
    assert re.search(r'data-former="mask" hidden>', form)


def test_an_uploaded_mask_comes_back_only_to_its_owner(app, browser, made, tool):
    job = made(service="everything", status=DONE, result_file="result.png", options={"mask": "mask.png", "fine": 1.0})
    with app.app_context():
        get_folder(job).mkdir(parents=True)
        Image.new("L", (3, 2)).save(get_folder(job) / "mask.png")
    assert browser.get(f"/{NAME}/jobs/{job}/uploads/mask").mimetype == "image/png"
    for name in ("behind", "fine", "nothing", "original"):
        assert browser.get(f"/{NAME}/jobs/{job}/uploads/{name}").status_code == 404
    other = sign_in_person(app, "67890")
    assert other.get(f"/67890/jobs/{job}/uploads/mask").status_code == 404


@pytest.mark.parametrize("status", [FAILED, CANCELLED])
def test_what_ended_without_a_result_can_be_tried_again_or_changed(browser, made, status):
    text = page(browser, f"jobs/{made(status=status, error_key='timeout', error_message='It was stopped.')}")
    assert "/retry" in text and "change the options" in text and studio_form(text)


def test_a_job_of_a_tool_that_is_gone_is_still_shown(browser, made):
    text = page(browser, f"jobs/{made(service='sepia', status=DONE, result_file='result.png')}")
    assert "<compare-slider" in text and '<form id="tool"' not in text


def test_a_newcomer_is_told_how_it_goes_and_others_are_not(browser, made):
    assert "first-steps" in page(browser, "")
    made(status=DONE, result_file="result.png")
    assert "first-steps" not in page(browser, "")
