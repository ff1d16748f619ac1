"""The administration through the API."""

import pytest

from models import Event, Job, User, db
from models.job import FAILED
from tests.api.support import Program, refusal


@pytest.fixture
def person(app, program) -> int:
    """The id of the account 12345."""
    with app.app_context():
        return db.session.scalar(db.select(User.id).where(User.name == "12345"))


def test_accounts_are_listed_searched_and_looked_at(administrator, person):
    assert [each["name"] for each in administrator.get("/admin/accounts?order=name").json["accounts"]] == [
        "12345",
        "54321",
    ]
    assert [each["name"] for each in administrator.get("/admin/accounts?state=admin").json["accounts"]] == ["54321"]
    assert administrator.get("/admin/accounts?q=123").json["accounts"][0]["url"].endswith(f"/{person}")
    details = administrator.get(f"/admin/accounts/{person}").json
    assert details["retention_days"] == 0 and len(details["limits"]) == 4
    assert refusal(administrator.get("/admin/accounts/999")) == (404, "not_found", None)
    assert refusal(administrator.get("/admin/accounts?state=new"))[1:] == ("invalid_request", "state")


def test_an_account_is_disabled_enabled_and_limited_and_the_log_says_by_whom(app, administrator, person):
    place = f"/admin/accounts/{person}"
    response = administrator.post(f"{place}/disablement", json={"reason": "Spam"})
    assert response.json["disabled_reason"] == "Spam" and response.json["disabled_at"]
    assert administrator.post(f"{place}/enablement").json["disabled_at"] is None
    limits = administrator.ask("PUT", f"{place}/limits", json={"jobs_per_day_limit": 7}).json["limits"]
    assert {use["key"]: use["allowed"] for use in limits}["jobs_per_day"] == 7
    for body, field in (({"jobs_per_day_limit": -1}, "jobs_per_day_limit"), ({"jobs": 1}, "jobs")):
        assert refusal(administrator.ask("PUT", f"{place}/limits", json=body))[::2] == (400, field)
    assert refusal(administrator.post(f"{place}/disablement", json={"reason": " "}))[::2] == (400, "reason")
    with app.app_context():
        said = db.session.query(Event).filter_by(actor="54321", target="12345")
        assert [event.action for event in said.order_by(Event.id)] == ["user_disabled", "user_enabled", "quotas_set"]


def test_the_last_administrator_is_not_disabled(app, administrator):
    with app.app_context():
        own_id = db.session.scalar(db.select(User.id).where(User.name == "54321"))
    response = administrator.post(f"/admin/accounts/{own_id}/disablement", json={"reason": "Holiday"})
    assert refusal(response)[:2] == (400, "last_administrator")


def test_jobs_of_everybody_are_listed_cancelled_and_tried_again(app, administrator, program):
    job_id = program.start_job(brightness="2")
    (job,) = administrator.get("/admin/jobs?user=12345&service=adjust&status=queued").json["jobs"]
    assert (job["id"], job["user"], job["status"]) == (job_id, "12345", "queued")
    assert administrator.post(f"/admin/jobs/{job_id}/cancellation").json["status"] == "cancelled"
    assert refusal(administrator.post(f"/admin/jobs/{job_id}/cancellation"))[:2] == (409, "not_waiting")
    with app.app_context():
        db.session.execute(db.update(Job).values(status=FAILED, error_key="broken_picture"))
        db.session.commit()
    assert administrator.get("/admin/jobs").json["jobs"][0]["error"]["key"] == "broken_picture"
    assert administrator.post(f"/admin/jobs/{job_id}/retry").json["status"] == "queued"


def test_the_queue_is_paused_and_goes_on(administrator, program):
    program.start_job(brightness="2")
    assert administrator.get("/admin/queue").json["waiting"] == 1
    assert administrator.post("/admin/queue/pause").json["paused_since"]
    assert administrator.post("/admin/queue/resumption").json["paused_since"] is None


def test_lists_go_on_from_page_to_page(app, administrator):
    with app.app_context():
        db.session.add_all(User(name=str(60_000 + number), password_hash="!") for number in range(40))
        db.session.commit()
    first = administrator.get("/admin/accounts?order=name").json
    rest = administrator.get(f"/admin/accounts?order=name&after={first['next']}").json
    assert len({each["id"] for each in first["accounts"] + rest["accounts"]}) == 41 and rest["next"] is None


def test_a_demoted_administrator_is_refused_at_once(app, administrator):
    assert Program(app, "77777", "admin", is_admin=True).get("/admin/queue").status_code == 200
    with app.app_context():
        db.session.execute(db.update(User).where(User.name == "54321").values(is_admin=False))
        db.session.commit()
    assert refusal(administrator.get("/admin/queue")) == (403, "forbidden", None)
