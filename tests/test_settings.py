"""Settings: good defaults, and sentences instead of tracebacks for wrong values."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

import config

ROOT = Path(__file__).resolve().parent.parent


def load(tmp_path, **environment):
    return config.load({"INSTANCE_DIR": str(tmp_path), **environment})


def test_no_setting_is_needed(tmp_path):
    settings = load(tmp_path)
    assert settings["SQLALCHEMY_DATABASE_URI"] == f"sqlite:///{tmp_path / 'revive.db'}"
    assert settings["QUEUE_URL"] == f"sqlite:///{tmp_path / 'queue.db'}"
    assert settings["STORAGE_DIR"] == tmp_path / "storage"


def test_the_secret_key_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    first = load(tmp_path)["SECRET_KEY"]
    assert len(first) == 64 and load(tmp_path)["SECRET_KEY"] == first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("PORT", "http", "give a whole number from 1 to 65535"),
        ("MAX_MEGAPIXELS", "-1", "give a whole number"),
        ("DATABASE_URL", "postgres://x", "mysql+pymysql://"),
        ("QUEUE_URL", "amqp://x", "redis://"),
        ("HTTPS", "perhaps", "give yes or no"),
        ("USER_NAME_KINDS", "phone", "give qq, email or both"),
        ("SECRET_KEY", "short", "openssl rand -hex 32"),
    ],
)
def test_a_wrong_value_is_refused_with_what_to_do(tmp_path, name, value, advice):
    with pytest.raises(config.WrongSetting) as error:
        load(tmp_path, **{name: value})
    assert name in str(error.value) and advice in str(error.value)


@pytest.mark.parametrize("folder", ["a file", "a file/below"])
def test_a_folder_of_data_that_cannot_be_made_is_refused_with_what_to_do(tmp_path, folder):
    (tmp_path / "a file").touch()
    with pytest.raises(config.WrongSetting, match="give a folder that the user of Revive may write to"):
        config.load({"INSTANCE_DIR": str(tmp_path / folder)})


def test_a_file_of_settings_that_is_no_text_is_refused_with_what_to_do(tmp_path, monkeypatch):
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setattr(config, "HOME", tmp_path)
    with pytest.raises(config.WrongSetting, match="save it as UTF-8 text"):
        config.load()


def test_a_wrong_value_is_told_in_the_language_of_the_terminal(tmp_path):
    environment = {"PORT": "http", "INSTANCE_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "LANG": "zh_CN.UTF-8"}
    done = subprocess.run([sys.executable, "run.py"], cwd=ROOT, capture_output=True, env=environment)
    assert done.stderr.decode() == "焕影无法启动：PORT 的值是 'http'：请填写 1 到 65535 之间的整数。\n"


def test_opening_the_site_to_the_network_asks_for_its_host_names(tmp_path):
    with pytest.raises(config.WrongSetting, match="TRUSTED_HOSTS"):
        load(tmp_path, HOST="0.0.0.0")
    assert load(tmp_path, HOST="0.0.0.0", TRUSTED_HOSTS="photos.example.org")["HOST"] == "0.0.0.0"


def test_the_start_stops_with_one_sentence_and_no_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "run.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PORT": "http", "INSTANCE_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Revive cannot start: PORT is 'http'") and "Traceback" not in done.stderr


def test_tls_makes_the_cookie_secure_and_host_bound(tmp_path):
    settings = load(tmp_path, HTTPS="yes")
    assert settings["SESSION_COOKIE_NAME"].startswith("__Host-") and settings["SESSION_COOKIE_SECURE"]
