"""G03: keys and passwords: none in the source, none too short, and changed without signing anybody out."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import config
from app import create_app
from tests.accounts.people import Browser, code_in, deliver, sign_in_person

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = "o" * 64, "n" * 64


def load(tmp_path, **environment) -> dict:
    return config.load({"INSTANCE_DIR": str(tmp_path), **environment})


def test_G03_an_absent_or_empty_key_is_made_random_and_never_a_known_one(tmp_path):
    keys = {load(tmp_path / name, SECRET_KEY=value)["SECRET_KEY"] for name in "ab" for value in ("", "  ")}
    assert len(keys) == 2 and all(re.fullmatch(r"[0-9a-f]{64}", key) for key in keys)


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FALLBACKS"])
@pytest.mark.parametrize("value", ["secret", "dev", "x" * 31])
def test_G03_a_short_key_stops_the_start_and_is_not_repeated(tmp_path, name, value):
    with pytest.raises(config.WrongSetting) as refused:
        load(tmp_path, **{name: value})
    assert name in str(refused.value) and "32 characters" in str(refused.value)
    assert f"'{value}'" not in str(refused.value)


def test_G03_one_short_key_among_the_older_ones_stops_the_start(tmp_path):
    with pytest.raises(config.WrongSetting):
        load(tmp_path, SECRET_KEY_FALLBACKS=f"{OLD},short")


@pytest.mark.parametrize("held", ["", "\n", "tooshort"])
def test_G03_a_key_file_without_a_key_stops_the_start(tmp_path, held):
    (tmp_path / "secret_key").write_text(held)
    with pytest.raises(config.WrongSetting, match="delete it"):
        load(tmp_path)


def test_G03_processes_that_start_at_once_share_one_key(tmp_path):
    command = "import config, sys; print(config.load({'INSTANCE_DIR': sys.argv[1]})['SECRET_KEY'])"
    started = [
        subprocess.Popen([sys.executable, "-c", command, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert len({process.communicate(timeout=120)[0] for process in started}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_G03_a_password_in_an_address_is_not_repeated(tmp_path):
    with pytest.raises(config.WrongSetting) as refused:
        load(tmp_path, DATABASE_URL="postgres://revive:hunter2@host/revive")
    assert "hunter2" not in str(refused.value)


def site(environment, key: str, *older: str):
    settings = {"SECRET_KEY": key, "SECRET_KEY_FALLBACKS": ",".join(older)}
    return create_app(config.load(environment | settings) | {"TESTING": True})


def move_browser(browser: Browser, app) -> Browser:
    """The same browser, cookies and all, at a site that was started anew."""
    then = Browser(app)
    cookie = browser.client.get_cookie("revive")
    then.client.set_cookie("revive", cookie.value)
    return then


def test_G03_a_new_key_signs_nobody_out_while_the_older_one_is_a_fallback(environment, database):
    before = sign_in_person(site(environment, OLD))
    after = move_browser(before, site(environment, NEW, OLD))
    assert after.is_signed_in()
    response = after.post("/12345/account/theme", {"theme": "dark"}, token=after.token_of("/12345/account"))
    assert response.status_code == 303
    fresh = move_browser(after, site(environment, NEW))
    assert fresh.is_signed_in(), "the cookie was signed with the new key meanwhile"


def test_G03_without_the_fallback_the_older_key_signs_nothing_any_more(environment, database):
    before = sign_in_person(site(environment, OLD))
    assert not move_browser(before, site(environment, NEW)).is_signed_in()


def test_G03_a_new_cookie_is_signed_with_the_new_key(environment, database):
    browser = sign_in_person(site(environment, NEW, OLD))
    assert move_browser(browser, site(environment, NEW)).is_signed_in()
    assert not move_browser(browser, site(environment, OLD)).is_signed_in()


def test_G03_a_code_that_was_asked_for_before_the_change_is_refused_like_a_wrong_one(environment, database):
    old_site = site(environment, OLD)
    before = Browser(old_site)
    before.ask_for_code("12345")
    code = code_in(*deliver(old_site))
    after = move_browser(before, site(environment, NEW, OLD))
    response = after.register("12345", code)
    assert response.status_code == 400 and "ask for a new code" in response.text


def test_G03_no_key_and_no_password_is_written_down_in_the_source():
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    texts = [ROOT / name for name in names if not name.startswith(("tests/", "weights/", "static/", "training/"))]
    looks = re.compile(r"""(SECRET_KEY|PASSWORD)["']?\s*[:=]\s*["'][^"'$<{ ]{8,}["']|BEGIN [A-Z ]*PRIVATE KEY""")
    for path in texts:
        if path.suffix in {".py", ".html", ".js", ".toml", ".yaml", ".yml", ".md", ".cfg", ".ini", ".conf", ""}:
            assert not looks.search(path.read_text("utf-8")), path
    assert not [name for name in names if name.endswith((".env", ".pem", ".key")) or name == ".env"]
