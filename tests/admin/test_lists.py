"""Lists: search, filters, orders, and pages that together show every row once."""

import re
from datetime import datetime, timedelta

import pytest

from accounts.security import audit
from models import Job, User, db, utc_now
from tests.admin.conftest import CHIEF, act, audit_lines
from tests.support.engines import both_engines

EVE = "eve@example.com"
NEVER = datetime(1, 1, 1)
NOON = utc_now().replace(microsecond=0)


@pytest.fixture
def crowd(app, chief):
    """Seventy accounts and as many jobs; several of the same moment and of the same size."""
    with app.app_context():
        for n in range(70):
            made = NOON - timedelta(hours=n // 3)
            user = User(
                name=f"guest{n:02}@example.com",
                password_hash="",
                created_at=made,
                stored_bytes=n // 4 * 1000,
                disabled_at=NOON if n % 10 == 0 else None,
                signed_in_at=NOON - timedelta(days=n // 4) if n % 2 else None,
            )
            db.session.add(user)
            db.session.flush()
            db.session.add(
                Job(
                    id=f"{n:032x}",
                    user_id=user.id,
                    service=("adjust", "deblur")[n % 2],
                    original_file="o.png",
                    status=("done", "failed", "cancelled")[n % 3],
                    error_key="worker_lost",
                    error_message="Lost <it>.",
                    created_at=made,
                )
            )
        db.session.commit()
    return chief


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/admin/users/\d+">([^<]+)</a>', page)


def collect_pages(browser, path: str, found) -> list:
    """Everything that `found` finds on all pages of a list."""
    things = []
    for _ in range(10):
        page = browser.get(path).text
        things += found(page)
        link = re.search(r'href="([^"]+)" rel="next"', page)
        if not link:
            return things
        path = link[1].replace("&amp;", "&")
    raise AssertionError("there is no end of it")


@both_engines
@pytest.mark.parametrize(
    ("order", "key", "falling"),
    [
        ("newest", lambda u: (u.created_at, u.id), True),
        ("oldest", lambda u: (u.created_at, u.id), False),
        ("name", lambda u: u.name, False),
        ("storage", lambda u: (u.stored_bytes, u.id), True),
        ("seen", lambda u: (u.signed_in_at or NEVER, u.id), True),
        ("unseen", lambda u: (u.signed_in_at or NEVER, u.id), False),
    ],
)
def test_pages_show_every_account_once_and_in_order(app, crowd, order, key, falling):
    with app.app_context():
        expected = [user.name for user in sorted(db.session.query(User), key=key, reverse=falling)]
    assert collect_pages(crowd, f"/admin/users?order={order}", names) == expected


@both_engines
def test_accounts_are_found_by_the_beginning_of_their_names_and_by_state(app, crowd):
    assert names(crowd.get("/admin/users?q=GUEST1&order=storage").text) == [f"guest1{n}@example.com" for n in range(10)]
    assert names(crowd.get("/admin/users?q=10001@qq.com").text) == [CHIEF]
    assert len(names(crowd.get("/admin/users?state=disabled").text)) == 7
    assert names(crowd.get("/admin/users?state=admin").text) == [CHIEF]
    for nobody in ("zz", "%", "_", "guest1' OR 1=1", "ｇuest", "é"):
        assert "No account matches" in crowd.get("/admin/users", query_string={"q": nobody}).text


def job_ids(page: str) -> list[str]:
    return re.findall(r'<tr id="job-(\w+)"', page)


@both_engines
@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", lambda n: True),
        ("service=deblur", lambda n: n % 2),
        ("status=failed", lambda n: n % 3 == 1),
        ("service=adjust&status=cancelled", lambda n: n % 2 == 0 and n % 3 == 2),
        ("user=guest07@example.com", lambda n: n == 7),
        ("user=guest07@example.com&status=done", lambda n: False),
        ("user=nobody", lambda n: False),
        ("user=é", lambda n: False),
    ],
)
def test_pages_show_every_job_of_a_filter_once(crowd, query, wanted):
    shown = collect_pages(crowd, f"/admin/jobs?{query}", job_ids)
    assert len(shown) == len(set(shown))
    assert set(shown) == {f"{n:032x}" for n in range(70) if wanted(n)}


def test_a_failed_job_says_why(crowd):
    page = crowd.get("/admin/jobs?status=failed").text
    assert "Lost &lt;it&gt;." in page and "worker_lost" in page


@pytest.mark.parametrize(
    "mark", ["x", "~", "2026-01-01", "1~2~3", "'--", "é~1", "2026-01-01T00:00:00+01:00~3", "9" * 300]
)
def test_a_mark_that_is_not_ours_begins_at_the_first_page(chief, mark):
    for order, path in (("", "users"), ("storage", "users"), ("name", "users"), ("", "jobs"), ("", "audit")):
        assert chief.get(f"/admin/{path}", query_string={"after": mark, "order": order}).status_code == 200


def test_the_audit_log_is_filtered_by_who_what_whom_and_where(app, chief, anna):
    act(chief, f"/users/{anna}/promotion")
    with app.app_context():
        audit.record("signed_in", actor=EVE, target=EVE, address="203.0.113.9", detail="<i>")
    for query in (f"actor={EVE}", "address=203.0.113.9", f"target={EVE}", f"action=signed_in&actor={EVE}"):
        page = chief.get(f"/admin/audit?{query}").text
        assert page.count('<th scope="row">') == 1 and "&lt;i&gt;" in page, query
    assert "made administrator" in chief.get("/admin/audit?action=user_promoted").text
    assert "Nothing of the kind" in chief.get("/admin/audit?actor=nobody").text


def test_every_action_that_is_written_down_has_words(app):
    from pathlib import Path

    from views.admin.audit import ACTIONS

    root = Path(__file__).resolve().parents[2]
    rooms = ("accounts", "checkpoints", "jobs", "views", "webhooks", "worker")
    code = "".join(path.read_text() for room in rooms for path in (root / room).rglob("*.py"))
    written = set(
        re.findall(r'(?:audit\.record\(|_record\((?:by|owner), |_set\(by, .*?, |"refused": )"([a-z_]+)"', code)
    )
    assert written == set(ACTIONS)


def test_administration_writes_nothing_by_reading(app, crowd):
    before = audit_lines(app, "signed_in", "user_disabled", "user_created")
    for page in ("", "users", "jobs", "queue", "weights", "storage", "audit"):
        crowd.get(f"/admin/{page}")
    assert audit_lines(app, "signed_in", "user_disabled", "user_created") == before


@pytest.mark.parametrize("hostile", ["endpoint=x", "_external=1&_scheme=x", "_anchor=x", "values=x", "_method=POST"])
def test_words_of_the_router_in_an_address_are_no_filters(chief, hostile):
    assert chief.get(f"/admin/users?{hostile}").status_code == 200


def test_a_number_beyond_every_row_is_not_found(chief):
    assert chief.get(f"/admin/users/{10**22}").status_code == 404
