"""What an administrator does to accounts: the change itself, the mail, the line in the audit log."""

import pytest

from accounts import administration
from accounts.administration import Administrator
from accounts.errors import AccountError, FieldErrors
from models import Job, User, db
from tests.accounts.people import PASSWORD, Browser, at_once, body, code_in, deliver, make_user, sign_in_person
from tests.admin.conftest import ANNA, CHIEF, act, audit_lines, id_of
from tests.support.engines import both_engines
from tests.support.stored import get_folder

ADDRESS = "192.0.2.7"


def user_of(app, user_id: int) -> User:
    with app.app_context():
        return db.session.get(User, user_id)


def add_job(app, user_id: int, job_id: str, status: str) -> None:
    with app.app_context():
        db.session.add(Job(id=job_id, user_id=user_id, service="adjust", original_file="original.png", status=status))
        db.session.commit()


@both_engines
def test_who_is_made_by_an_administrator_is_invited_and_chooses_a_password(app, chief):
    response = act(chief, "/users/new", username="Bob@Example.com", language="zh")
    assert response.status_code == 303
    bob = id_of(app, "bob@example.com")
    assert response.location == f"/admin/users/{bob}"
    (letter,) = deliver(app)
    assert letter["To"] == "bob@example.com" and "设置密码" in body(letter)
    browser = Browser(app, "192.0.2.8")
    assert browser.sign_in("bob@example.com", "").status_code == 400
    browser.ask_for_code("bob@example.com", "reset")
    (letter,) = deliver(app)
    assert browser.reset("bob@example.com", code_in(letter), PASSWORD).status_code == 303
    assert browser.sign_in("bob@example.com").status_code == 303
    assert audit_lines(app, "user_created") == [("user_created", CHIEF, "bob@example.com", ADDRESS, "")]


@pytest.mark.parametrize("name", ["", "nonsense", ANNA, "10001@qq.com"])
def test_what_is_no_new_user_name_is_told_beside_its_field(app, chief, anna, name):
    response = act(chief, "/users/new", username=name, language="en")
    assert response.status_code == 400
    assert 'id="username-error"' in response.text
    assert audit_lines(app, "user_created") == []


@both_engines
def test_A18_disabling_ends_sessions_and_jobs_and_tells_the_owner_why(app, chief, anna):
    member = sign_in_person(app, ANNA)
    add_job(app, anna, "ab" * 16, "queued")
    add_job(app, anna, "cd" * 16, "done")
    response = act(chief, f"/users/{anna}/disablement", reason="  Sent <b>advertisements</b> ")
    assert response.status_code == 303
    assert not member.is_signed_in()
    assert "disabled" in member.sign_in(ANNA).text
    with app.app_context():
        assert {job.id[:2]: job.status for job in db.session.query(Job)} == {"ab": "cancelled", "cd": "done"}
    (letter,) = deliver(app)
    assert letter["To"] == ANNA and "Sent <b>advertisements</b>" in body(letter)
    assert "&lt;b&gt;" in body(letter, "html")
    line = ("user_disabled", CHIEF, ANNA, ADDRESS, "Sent <b>advertisements</b>")
    assert audit_lines(app, "user_disabled") == [line]
    assert "&lt;b&gt;advertisements" in chief.get(f"/admin/users/{anna}").text


@pytest.mark.parametrize("reason", ["", "   ", "x" * 256])
def test_nobody_is_disabled_without_a_reason(app, chief, anna, reason):
    response = act(chief, f"/users/{anna}/disablement", reason=reason)
    assert response.status_code == 400 and 'id="reason-error"' in response.text
    assert user_of(app, anna).disabled_at is None


def test_who_is_enabled_again_signs_in_again(app, chief, anna):
    act(chief, f"/users/{anna}/disablement", reason="a mistake")
    act(chief, f"/users/{anna}/enablement")
    user = user_of(app, anna)
    assert (user.disabled_at, user.disabled_reason) == (None, "")
    assert Browser(app).sign_in(ANNA).status_code == 303
    assert audit_lines(app, "user_enabled") == [("user_enabled", CHIEF, ANNA, ADDRESS, "")]


def test_rights_are_given_and_taken(app, chief, anna):
    act(chief, f"/users/{anna}/promotion")
    assert user_of(app, anna).is_admin
    act(chief, f"/users/{anna}/demotion")
    assert not user_of(app, anna).is_admin
    assert [line[:3] for line in audit_lines(app, "user_promoted", "user_demoted")] == [
        ("user_promoted", CHIEF, ANNA),
        ("user_demoted", CHIEF, ANNA),
    ]


@both_engines
@pytest.mark.parametrize("verb", ["disablement", "demotion", "deletion"])
def test_the_last_administrator_stays(app, chief, anna, verb):
    own = id_of(app, CHIEF)
    response = act(chief, f"/users/{own}/{verb}", reason="tired", confirm=CHIEF)
    assert response.status_code == 400
    assert "last administrator" in response.text
    user = user_of(app, own)
    assert user.is_admin and user.disabled_at is None
    # Nor does one who is disabled count as another.
    make_user(app, "20002", is_admin=True)
    act(chief, f"/users/{id_of(app, '20002')}/disablement", reason="away")
    assert act(chief, f"/users/{own}/{verb}", reason="tired", confirm=CHIEF).status_code == 400


@both_engines
@pytest.mark.parametrize("verb", ["demote", "disable"])
def test_two_administrators_cannot_remove_each_other_at_the_same_moment(app, verb):
    for name in ("10001", "10002"):
        make_user(app, name, is_admin=True)
    ids = [id_of(app, name) for name in ("10001", "10002")]

    def strike(place: int) -> str:
        with app.app_context():
            by = Administrator(f"1000{place + 1}", ADDRESS)
            try:
                if verb == "demote":
                    administration.demote(by, ids[1 - place])
                else:
                    administration.disable(by, ids[1 - place], "You first")
                return "done"
            except AccountError as error:
                return error.key

    assert sorted(at_once(2, strike)) == ["done", "last_administrator"]
    with app.app_context():
        assert db.session.query(User).filter_by(is_admin=True, disabled_at=None).count() == 1


def test_A21_a_demanded_password_is_neither_seen_nor_chosen_by_the_administrator(app, chief, anna):
    member = sign_in_person(app, ANNA)
    response = act(chief, f"/users/{anna}/reset", password="Chosen by another 1")
    assert response.status_code == 303
    assert not member.is_signed_in() and user_of(app, anna).password_hash == ""
    assert member.sign_in(ANNA).status_code == 400
    (letter,) = deliver(app)
    assert letter["To"] == ANNA and "/reset" in body(letter)
    assert audit_lines(app, "reset_started") == [("reset_started", CHIEF, ANNA, ADDRESS, "")]


def test_signing_out_everywhere_ends_all_sessions(app, chief, anna):
    members = [sign_in_person(app, ANNA, f"192.0.2.{n}") for n in (20, 21)]
    act(chief, f"/users/{anna}/sessions/end")
    assert not any(member.is_signed_in() for member in members)
    assert audit_lines(app, "all_sessions_ended") == [("all_sessions_ended", CHIEF, ANNA, ADDRESS, "")]


def test_limits_are_set_and_given_back_to_the_site(app, chief, anna):
    act(chief, f"/users/{anna}/quotas", storage_megabytes_limit="70", active_jobs_limit="0")
    user = user_of(app, anna)
    assert (user.storage_megabytes_limit, user.active_jobs_limit, user.jobs_per_day_limit) == (70, 0, None)
    act(chief, f"/users/{anna}/quotas", storage_megabytes_limit="")
    assert user_of(app, anna).storage_megabytes_limit is None
    details = [line[4] for line in audit_lines(app, "quotas_set")]
    assert details == ["storage_megabytes: 70, active_jobs: 0", "the site's own"]


def test_how_long_pictures_are_kept_is_set_for_one_account(app, chief, anna):
    act(chief, f"/users/{anna}/quotas", retention_days="30", jobs_per_day_limit="5")
    user = user_of(app, anna)
    assert (user.retention_days, user.jobs_per_day_limit) == (30, 5)
    assert audit_lines(app, "quotas_set")[0][4] == "jobs_per_day: 5, retention_days: 30"
    response = act(chief, f"/users/{anna}/quotas", retention_days="3651")
    assert response.status_code == 400 and 'id="retention_days-error"' in response.text and "3650" in response.text


@pytest.mark.parametrize("text", ["-1", "many", "1e3", "１２", "1000001", "9" * 30])
def test_what_is_no_limit_is_told_beside_its_field(app, chief, anna, text):
    response = act(chief, f"/users/{anna}/quotas", jobs_per_day_limit=text, active_jobs_limit="3")
    assert response.status_code == 400 and 'id="jobs_per_day_limit-error"' in response.text
    assert user_of(app, anna).active_jobs_limit is None


@both_engines
def test_deleting_an_account_takes_its_jobs_and_files(app, chief, anna, tmp_path):

    add_job(app, anna, "ab" * 16, "done")
    with app.app_context():
        folder = get_folder("ab" * 16)
    folder.mkdir(parents=True)
    (folder / "original.png").write_bytes(b"picture")
    assert act(chief, f"/users/{anna}/deletion", confirm=ANNA).status_code == 303
    with app.app_context():
        assert db.session.query(Job).count() == 0 and db.session.get(User, anna) is None
    assert not folder.exists()
    assert [line[:4] for line in audit_lines(app, "account_deleted")] == [("account_deleted", CHIEF, ANNA, ADDRESS)]


def test_nothing_is_deleted_unless_its_name_is_typed(app, chief, anna):
    response = act(chief, f"/users/{anna}/deletion", confirm="somebody@example.com")
    assert response.status_code == 400 and 'id="confirm-error"' in response.text
    assert user_of(app, anna) is not None


@pytest.mark.parametrize(
    "verb", ["disablement", "enablement", "promotion", "demotion", "reset", "sessions/end", "quotas", "deletion"]
)
def test_an_account_that_is_gone_is_not_found(chief, verb):
    assert act(chief, f"/users/4711/{verb}", reason="x", confirm="x").status_code == 404
    assert chief.get("/admin/users/4711").status_code == 404


def test_who_gives_his_own_rights_away_lands_at_home(app, chief):
    make_user(app, "20002", is_admin=True)
    assert act(chief, f"/users/{id_of(app, CHIEF)}/demotion").location == "/"
    assert chief.get("/admin/").status_code == 404


def test_the_verbs_refuse_what_the_forms_would(app, anna):
    with app.app_context(), pytest.raises(FieldErrors):
        administration.set_quotas(Administrator(CHIEF, ""), anna, {"active_jobs_limit": "lots"})
