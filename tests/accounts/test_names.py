"""A05, A11, A12: one spelling for one mailbox, and nothing else."""

import pytest
from sqlalchemy import select

import config
from accounts.errors import FieldErrors
from accounts.names import canonicalize, find_mailbox
from accounts.security import limits
from app import create_app
from models import User, db
from tests.accounts.people import Browser, code_in, deliver, make_user, user_count
from tests.support.engines import both_engines

SAME = [
    ("12345", "12345"),
    (" 12345\n", "12345"),
    ("\u00a012345\u3000", "12345"),
    ("12345@qq.com", "12345"),
    ("12345@QQ.Com", "12345"),
    ("12345@ｑｑ.com", "12345"),
    ("Ann@Example.COM", "ann@example.com"),
    ("ann@exam\u200bple.com", "ann@example.com"),
    ("ann@bücher.example", "ann@xn--bcher-kva.example"),
    ("ann@XN--BCHER-KVA.example", "ann@xn--bcher-kva.example"),
    ("o'neil.a+b@mail.example.org", "o'neil.a+b@mail.example.org"),
    ("someone@qq.com", "someone@qq.com"),
]
REFUSED = [
    "",
    " ",
    "1234",
    "123456789012",
    "012345",
    "012345@qq.com",
    "1234@qq.com",
    "12 345",
    "12\u00a0345",
    "12\u200b345",
    "\u200b12345",
    "１２３４５",
    "１２３４５@qq.com",
    "٣٤٥٦٧",
    "-12345",
    "+12345",
    "1e5",
    "12345.0",
    "login",
    "admin",
    "ann",
    "@example.com",
    "ann@",
    "ann@localhost",
    "ann@1.2.3.4",
    "ann@[127.0.0.1]",
    "ann@example.com.",
    "a@b@example.com",
    "ann..b@example.com",
    ".ann@example.com",
    "ann.@example.com",
    "an n@example.com",
    "änn@example.com",
    "ａnn@example.com",
    "ann@exam ple.com",
    "ann@example..com",
    "ann@-example.com",
    "ann@exa_mple.com",
    "ann/../x@example.com",
    "a?b@example.com",
    "ann@example.com\r\nBcc: eve@example.com",
    "ann\r\n@example.com",
    "ann@example.com, eve@example.com",
    '"a b"@example.com',
    "<ann@example.com>",
    "Ann <ann@example.com>",
    "a%40b@example.com",
    "ann@example.com/",
    "ann@example.com;x",
    "a" * 65 + "@example.com",
    "ann@" + "a" * 117 + ".de",
    "a" * 100_000 + "@example.com",
    "ann@" + "ü" * 100_000,
    "a\0@example.com",
]


@pytest.mark.parametrize("typed, name", SAME)
def test_A11_every_spelling_of_a_mailbox_is_one_name(typed, name):
    assert canonicalize(typed) == name
    assert canonicalize(name) == name


@pytest.mark.parametrize("typed", REFUSED, ids=lambda typed: ascii(typed)[:40])
def test_A12_what_is_neither_a_qq_number_nor_an_e_mail_address_is_refused(typed):
    with pytest.raises(FieldErrors) as refusal:
        canonicalize(typed)
    assert list(refusal.value.errors) == ["username"]


def test_A12_an_address_of_120_characters_is_the_longest():
    longest = "a" * 60 + "@" + "b" * 56 + ".de"
    assert canonicalize(longest) == longest
    with pytest.raises(FieldErrors):
        canonicalize("a" + longest)


def test_the_mail_of_a_qq_number_goes_to_its_mailbox():
    assert find_mailbox("12345") == "12345@qq.com"
    assert find_mailbox("ann@example.com") == "ann@example.com"


def test_a_kind_of_name_that_the_setting_leaves_out_is_refused():
    with pytest.raises(FieldErrors):
        canonicalize("12345", ("email",))
    with pytest.raises(FieldErrors):
        canonicalize("ann@example.com", ("qq",))
    assert canonicalize("12345@qq.com", ("qq",)) == "12345"
    assert canonicalize("12345@qq.com", ("email",)) == "12345"


@both_engines
def test_A11_two_spellings_make_one_account_and_one_address(app):
    first = Browser(app, "127.0.0.1")
    first.ask_for_code("Ann@Example.com")
    assert first.register("ANN@example.com", code_in(*deliver(app))).status_code == 303
    second = Browser(app, "127.0.0.2")
    for spelling in ("aNN@example.com", " ann@example.com", "ann@exaｍple.com"):
        with app.app_context():
            limits.forget(limits.CODE_PAUSE, "register/ann@example.com")
        second.ask_for_code(spelling)
        response = second.register(spelling, code_in(*deliver(app)))
        assert response.status_code == 400
        assert "You have an account already" in response.text
    assert user_count(app) == 1
    assert first.sign_in("ann@EXAMPLE.com").location == "/ann@example.com/"


@both_engines
def test_A11_the_name_column_tells_case_apart(app):
    make_user(app, "ann@example.com")
    with app.app_context():
        assert db.session.scalar(select(User).where(User.name == "ANN@example.com")) is None
        assert db.session.scalar(select(User).where(User.name == "ann@example.com")) is not None


@pytest.mark.parametrize("kind", ["code", "code[]", "null", "full width", "empty", "spaces", "list"])
def test_A05_nothing_but_the_six_digits_matches(app, kind):
    browser = Browser(app)
    browser.ask_for_code("12345")
    code = code_in(*deliver(app))
    fields = {"username": "12345", "password": "blue-Heron7", "confirm": "blue-Heron7"}
    fields |= {
        "code": {},
        "code[]": {"code[]": code},
        "null": {"code": "null"},
        "full width": {"code": code.translate({48 + n: 0xFF10 + n for n in range(10)})},
        "empty": {"code": ""},
        "spaces": {"code": " ".join(code)},
        "list": {"code": f"['{code}']"},
    }[kind]
    response = browser.post("/register", fields)
    assert response.status_code == 400
    assert user_count(app) == 0
    assert browser.register("12345", code).status_code == 303


def test_which_kinds_of_names_may_register_is_a_setting(environment, database):
    app = create_app(config.load(environment | {"USER_NAME_KINDS": "email"}) | {"TESTING": True})
    browser = Browser(app)
    assert browser.ask_for_code("12345").status_code == 400
    assert browser.ask_for_code("ann@example.com").status_code == 303
    make_user(app, "12345")
    assert browser.sign_in("12345").status_code == 303
