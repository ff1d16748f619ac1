"""The whole way: a code, an account, in, out, a forgotten password."""

from tests.accounts.people import NEW_PASSWORD, Browser, code_in, deliver
from tests.support.engines import both_engines


@both_engines
def test_a_person_registers_signs_in_signs_out_and_resets_the_password(app):
    browser = Browser(app)
    assert browser.ask_for_code("12345").status_code == 303
    (mail,) = deliver(app)
    assert mail["To"] == "12345@qq.com"
    response = browser.register("12345", code_in(mail))
    assert (response.status_code, response.location) == (303, "/12345/")
    assert browser.is_signed_in()
    assert browser.post("/logout").status_code == 303

    response = browser.sign_in("12345")
    assert (response.status_code, response.location) == (303, "/12345/")
    assert browser.is_signed_in()
    assert browser.post("/logout").status_code == 303
    assert not browser.is_signed_in()

    assert browser.ask_for_code("12345", "reset").status_code == 303
    (mail,) = deliver(app)
    response = browser.reset("12345", code_in(mail))
    assert (response.status_code, response.location) == (303, "/login")
    assert not browser.is_signed_in()
    assert browser.sign_in("12345").status_code == 400
    assert browser.sign_in("12345", NEW_PASSWORD).status_code == 303
