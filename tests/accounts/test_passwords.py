"""A13, A14: what a password must be, and how it is kept."""

import threading
import time
import unicodedata

import pytest

from accounts.errors import FieldErrors
from accounts.names import find_mailbox
from accounts.security import passwords
from config import load
from models import User, db
from tests.accounts.people import PASSWORD, Browser, make_user, sign_in_person

pytestmark = pytest.mark.usefixtures("production_hashes")

GOOD = ["blue-Heron7", "a1 bcd", "Quiet river 42", "密码abc1！", "naïve é 1x", "1!aaaaaaaaaaaaaaaa", "tab\t1x!"]
BAD = {
    "aB1!x": "6 to 18",
    "1!" + "a" * 17: "6 to 18",
    "abcdefg!": "digit",
    "1234567!": "letter",
    "abcdefg1": "special",
    "": "fill in",
    "P@ssw0rd": "first passwords",
    "Password1!": "first passwords",
    "qwerty123!": "first passwords",
    "1qaz@WSX": "first passwords",
    "Admin@123": "first passwords",
    "abc123!@#": "first passwords",
}


def trouble(password: str, name: str | None = "12345") -> str:
    with pytest.raises(FieldErrors) as refusal:
        passwords.check(password, password, name)
    return str(refusal.value.errors["password"])


@pytest.mark.parametrize("password", GOOD)
def test_A13_unicode_and_spaces_are_welcome(app, password):
    with app.test_request_context():
        passwords.check(password, password, "12345")


@pytest.mark.parametrize("password, reason", BAD.items(), ids=[ascii(p) for p in BAD])
def test_A13_a_password_against_the_rules_is_refused_with_the_reason(app, password, reason):
    with app.test_request_context():
        assert reason in trouble(password)


@pytest.mark.parametrize("name", ["ann1+x@example.com", "987654"])
def test_A13_the_user_name_is_no_password(app, name):
    with app.test_request_context():
        app.config["PASSWORD_MAX_LENGTH"] = 64
        for password in {name.upper(), find_mailbox(name), name.split("@")[0]}:
            with pytest.raises(FieldErrors):
                passwords.check(password, password, name)


def test_A13_both_typings_must_agree(app):
    with app.test_request_context(), pytest.raises(FieldErrors) as refusal:
        passwords.check(PASSWORD, PASSWORD + "x", "12345")
    assert "differ" in str(refusal.value.errors["confirm"])


def test_A13_raised_bounds_just_work_and_nothing_is_cut_at_72_bytes(app):
    app.config.update(
        load({"PASSWORD_MIN_LENGTH": "8", "PASSWORD_MAX_LENGTH": "100", "INSTANCE_DIR": app.instance_path})
    )
    long = "é1! " * 20 + "the end is new"
    with app.test_request_context():
        assert "8 to 100" in trouble("aB1!xyz")
        passwords.check(long, long, "12345")
        assert not passwords.matches(passwords.make_hash(long), long[:-1])
        assert passwords.matches(passwords.make_hash(long), long)


def test_A13_the_block_list_holds_about_3000_passwords_that_keep_the_rules(app):
    with app.test_request_context():
        stopped = [p for p in passwords._COMMON if 6 <= len(p) <= 18 and "first passwords" in trouble(p)]
    assert len(stopped) > 2900


@pytest.mark.parametrize("length, status", [(10_000, 400), (100_000, 413)])
def test_A13_a_huge_password_is_refused_fast_and_before_anything_is_hashed(app, monkeypatch, length, status):
    make_user(app)
    browser = Browser(app)
    monkeypatch.setattr(passwords, "HASHER", None)
    huge = "aB1!" + "x" * length
    token = browser.token()
    start = time.thread_time()  # what this work costs, not what others do meanwhile
    assert browser.register("12345", "123456", huge, token=token).status_code == status
    assert browser.sign_in("12345", huge, token=token).status_code == status
    assert time.thread_time() - start < 1


def test_A14_passwords_are_kept_as_argon2id_of_19_MiB_and_two_passes_with_salts_of_their_own(app):
    make_user(app, "12345")
    make_user(app, "54321")
    with app.app_context():
        first, second = (user.password_hash for user in db.session.query(User))
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second


def test_A14_an_older_hash_is_renewed_at_sign_in(app):
    from argon2 import PasswordHasher

    make_user(app)
    with app.app_context():
        db.session.query(User).one().password_hash = PasswordHasher(1, 8, 1).hash(PASSWORD)
        db.session.commit()
    sign_in_person(app)
    with app.app_context():
        assert "m=19456,t=2" in db.session.query(User).one().password_hash


def test_no_more_than_two_hashes_are_made_at_once(app, monkeypatch):
    now, most, lock, both = [0], [0], threading.Lock(), threading.Barrier(2, timeout=60)

    class Slow:
        def hash(self, password):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            both.wait()  # there are two, however slowly the second comes
            time.sleep(0.05)  # a third would come now
            with lock:
                now[0] -= 1

    monkeypatch.setattr(passwords, "HASHER", Slow())
    threads = [threading.Thread(target=passwords.make_hash, args=("x",)) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert most[0] == 2


COMPOSED = "café-Über 7"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)
ACCENT, JOINER, LONG_LIGATURE = "\u0301", "\u200d", "\ufdfa"  # the last is 18 characters in NFKC


def full_width(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


@pytest.mark.parametrize("set_as, typed", [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)], ids=["NFC", "NFD"])
def test_A13_a_password_is_the_same_however_its_characters_are_composed(app, set_as, typed):
    assert set_as != typed
    make_user(app, "12345", set_as)
    for password, status in ((typed, 303), (set_as, 303), ("cafe-Uber 7", 400)):
        assert Browser(app).sign_in("12345", password).status_code == status


def test_A13_full_width_characters_are_those_of_half_width(app):
    make_user(app, "12345", "blue-Heron7")
    assert Browser(app).sign_in("12345", full_width("blue-Heron7")).status_code == 303


@pytest.mark.parametrize("later", [COMPOSED, DECOMPOSED], ids=["NFC", "NFD"])
def test_A14_a_hash_of_a_password_as_it_was_typed_keeps_working_and_is_renewed_at_sign_in(app, later):
    make_user(app)
    with app.app_context():
        older = passwords.HASHER.hash(DECOMPOSED)
        db.session.query(User).one().password_hash = older
        db.session.commit()
    assert Browser(app).sign_in("12345", DECOMPOSED).status_code == 303
    with app.app_context():
        assert db.session.query(User).one().password_hash != older
    assert Browser(app).sign_in("12345", later).status_code == 303


def test_A14_a_hash_of_today_is_not_renewed(app):
    make_user(app, "12345", DECOMPOSED)
    with app.app_context():
        made = db.session.query(User).one().password_hash
    assert Browser(app).sign_in("12345", DECOMPOSED).status_code == 303
    with app.app_context():
        assert db.session.query(User).one().password_hash == made


def test_A13_length_counts_the_characters_that_a_person_sees(app):
    with app.test_request_context():
        long = unicodedata.normalize("NFD", "1!" + "é" * 16)
        assert len(long) == 34
        passwords.check(long, unicodedata.normalize("NFC", long), "12345")
        for unseen in (ACCENT * 6, JOINER * 6, ACCENT * 2000):
            assert "6 to 18" in trouble("1!abc" + unseen)
        assert "6 to 18" in trouble("aB1!xyz" + ACCENT * 2000)
        assert "6 to 18" in trouble("aB1!xyz" + LONG_LIGATURE * 11 + ACCENT * 900)


@pytest.mark.parametrize("password", ["P@ssw0rd", "Qwerty123!", "1qaz@WSX"])
def test_A13_the_block_list_compares_normalised(app, password):
    with app.test_request_context():
        assert "first passwords" in trouble(full_width(password))


def test_A13_the_user_name_in_full_width_is_no_password(app):
    with app.test_request_context():
        assert "user name" in trouble(full_width("Ann1+x@Ex.com"), "ann1+x@ex.com")
