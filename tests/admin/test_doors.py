"""C05, C01: the administration is not there for anybody but administrators."""

import pytest

from models import User, db
from tests.accounts.people import JSON, Browser, sign_in_person
from tests.admin.conftest import ANNA, CHIEF, act, id_of

SPELLINGS = [
    "/admin/",
    "/admin",
    "/admin/users",
    "/admin/users/1",
    "/admin/users/1/disablement",
    "/admin/jobs",
    "/admin/queue/pause",
    "/%61dmin/users",
    "/ADMIN/users",
    "/admin/../admin/users",
    "/admin/users/",
    "/admin//audit",
    "/./admin/audit",
    "/admin;x/users",
    "/admin%2fusers",
    "/admin/users%00",
    "/admin/storage?x=1",
    "/admin/nothing",
]
PAGES = ["/", "/users", "/users/new", "/jobs", "/queue", "/weights", "/storage", "/audit"]


@pytest.mark.parametrize("method", ["get", "post", "head"])
@pytest.mark.parametrize("who", ["stranger", "user"])
def test_C05_for_others_no_spelling_of_it_exists(app, who, method):
    browser = Browser(app) if who == "stranger" else sign_in_person(app, "54321")
    token = browser.token_of("/login")
    for path in SPELLINGS:
        response = browser.send(method, path, token)
        while response.status_code in {301, 302, 303, 308}:
            response = browser.get(response.location)
        assert response.status_code == 404, path


def test_C05_it_looks_like_any_missing_page(app):
    browser = sign_in_person(app, "54321")
    for headers in ({}, JSON):
        there, nowhere = browser.get("/admin/users", headers=headers), browser.get("/nothing/users", headers=headers)
        assert there.status_code == nowhere.status_code == 404
        assert there.text.replace("/admin/", "/nothing/") == nowhere.text
        # Nor does a form without its token tell that there is something that wants one.
        assert browser.client.post("/admin/queue/pause", headers=headers).status_code == 404


def test_every_address_of_it_is_behind_the_door(app):
    """Whatever is added later is closed as well."""
    browser = sign_in_person(app, "54321")
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("admin.")]
    assert len(rules) > 15
    for rule in rules:
        path = rule.rule.replace("<int:user_id>", "1").replace("<id>", "ab" * 16).replace("<name>", "u2netp")
        assert path.startswith("/admin/")
        for method in rule.methods - {"OPTIONS"}:
            assert browser.client.open(path, method=method).status_code == 404, (method, path)


def test_an_administrator_gets_every_page_in_both_languages(app, chief, anna):
    for language in ("en", "zh"):
        chief.client.set_cookie("language", language)
        for page in [*PAGES, f"/users/{anna}"]:
            response = chief.get(f"/admin{page}")
            assert response.status_code == 200, page
            assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in response.text


@pytest.mark.parametrize("verb", ["disablement", "demotion"])
def test_A18_rights_end_at_once(app, chief, verb):
    second = sign_in_person(app, "20002")
    with app.app_context():
        db.session.query(User).filter_by(name="20002").update({"is_admin": True})
        db.session.commit()
    assert second.get("/admin/users").status_code == 200
    assert act(chief, f"/users/{id_of(app, '20002')}/{verb}", reason="away").status_code == 303
    assert second.get("/admin/users").status_code == 404
    assert second.is_signed_in() == (verb == "demotion")


def test_A21_no_form_field_makes_an_administrator(app, chief, anna):
    member = sign_in_person(app, ANNA)
    fields = {"is_admin": "1", "role": "admin", "id": str(id_of(app, CHIEF)), "jobs_per_day_limit": "9"}
    member.post(f"/{ANNA}/account/password", fields, token=member.token_of(f"/{ANNA}/account"))
    member.post("/language", {"language": "en", **fields}, token=member.token_of(f"/{ANNA}/account"))
    act(chief, f"/users/{anna}/quotas", is_admin="1", jobs_per_day_limit="5")
    with app.app_context():
        user = db.session.get(User, anna)
        assert (user.is_admin, user.jobs_per_day_limit) == (False, 5)


def test_actions_need_the_token_of_the_form(app, chief, anna):
    assert chief.post(f"/admin/users/{anna}/promotion", token="").status_code == 400
    with app.app_context():
        assert not db.session.get(User, anna).is_admin


def test_the_menu_leads_there_for_administrators_only(app, chief):
    assert 'href="/admin/"' in chief.get(f"/{CHIEF}/").text
    assert 'href="/admin/"' not in sign_in_person(app, "54321").get("/54321/").text
