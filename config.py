"""Settings from the environment and `.env`. A wrong value stops the start with a sentence that says what to do.

`SETTINGS` in `setting_list.py` is the whole list.
"""

import os
import sys
from collections.abc import Mapping
from gettext import gettext as _
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import secret_key
from command_line import use_language
from setting_list import SECRETS, SETTINGS
from setting_readers import MEGABYTE, MIN_KEY_LENGTH, Setting, WrongSetting, load_file

ROOT = Path(__file__).resolve().parent
# Where `.env` and `instance` lie: beside the code, but with the user's data where the code was installed as a package.
_USER_DATA = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
HOME = ROOT if (ROOT / "pyproject.toml").is_file() else _USER_DATA / "revive"
# What servers and workers write is for their user alone: pictures, the database, mails.
UMASK = 0o077
CONNECT_SECONDS, STATEMENT_SECONDS = 5, 60


def load(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the Flask configuration. Raises WrongSetting."""
    values = _read_all(environment)
    if values["PASSWORD_MIN_LENGTH"] > values["PASSWORD_MAX_LENGTH"]:
        raise WrongSetting(_("PASSWORD_MIN_LENGTH is above PASSWORD_MAX_LENGTH: lower the first or raise the second."))
    if bool(values["STORAGE_ACCESS_KEY"]) != bool(values["STORAGE_SECRET_KEY"]):
        raise WrongSetting(_("STORAGE_ACCESS_KEY and STORAGE_SECRET_KEY belong together: set both or neither."))
    if values["STORAGE_URL"] and not find_spec("boto3"):
        raise WrongSetting(_("STORAGE_URL names a bucket: install what it needs with `pip install 'revive[s3]'`."))
    if values["NGINX_SENDS_FILES"] and (values["STORAGE_URL"] or not values["PROXIES"]):
        raise WrongSetting(_("NGINX_SENDS_FILES needs nginx in front (PROXIES) and pictures in a folder."))
    if values["HOST"] not in {"127.0.0.1", "localhost", "::1"} and not values["TRUSTED_HOSTS"]:
        told = _("HOST opens the site to the network: set TRUSTED_HOSTS to the host names people will use.")
        raise WrongSetting(told)
    return values | _derive_settings(values)


def load_for_tools(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what the tools need without the site; nothing is made or written. Raises WrongSetting."""
    values = _read_all(environment)
    return {name: values[name] for name in ("MAX_MEGAPIXELS", "WEIGHTS_DIR", "IMPORTED_WEIGHTS_DIR")}


def load_or_exit() -> dict[str, Any]:
    """`load`, with a wrong setting told on the terminal, in its language, instead of a traceback."""
    use_language()
    try:
        return load()
    except WrongSetting as error:
        sys.exit(_("Revive cannot start: {reason}").format(reason=error))


def _read_all(environment: Mapping[str, str] | None) -> dict[str, Any]:
    if environment is None:
        load_file(HOME / ".env")
        environment = os.environ
    values = {setting.name: _read(setting, environment.get(setting.name, "").strip()) for setting in SETTINGS}
    instance = Path(values["INSTANCE_DIR"] or HOME / "instance").resolve()
    weights, imported = (
        values["WEIGHTS_DIR"] or ROOT / "weights",
        values["IMPORTED_WEIGHTS_DIR"] or instance / "weights",
    )
    given = frozenset(setting.name for setting in SETTINGS if environment.get(setting.name, "").strip())
    values["SET_IN_ENVIRONMENT"] = given
    return values | {"INSTANCE_DIR": instance, "WEIGHTS_DIR": Path(weights), "IMPORTED_WEIGHTS_DIR": Path(imported)}


def _read(setting: Setting, raw: str) -> Any:
    if not raw:
        return setting.default
    try:
        return setting.read(raw)
    except ValueError as error:
        told = (
            _("{name} is not usable: {advice}.")
            if setting.name.startswith(SECRETS)
            else _("{name} is {value}: {advice}.")
        )
        raise WrongSetting(told.format(name=setting.name, value=repr(raw), advice=error)) from None


def _derive_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    secure = values["HTTPS"]
    instance = values["INSTANCE_DIR"]
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = _find_secret_key(values["SECRET_KEY"], instance)
    except OSError:
        told = _("INSTANCE_DIR is {folder}: give a folder that the user of Revive may write to.")
        raise WrongSetting(told.format(folder=instance)) from None
    return {
        "SQLALCHEMY_DATABASE_URI": values["DATABASE_URL"] or f"sqlite:///{instance / 'revive.db'}",
        "SQLALCHEMY_ENGINE_OPTIONS": _build_engine_options(values),
        "QUEUE_URL": values["QUEUE_URL"] or f"sqlite:///{instance / 'queue.db'}",
        "STORAGE_DIR": Path(values["STORAGE_DIR"] or instance / "storage"),
        "OUTBOX_DIR": instance / "outbox",
        "SECRET_KEY": key,
        "BASE_URL": (values["BASE_URL"] or f"http://127.0.0.1:{values['PORT']}").rstrip("/"),
        "TRUSTED_HOSTS": list(values["TRUSTED_HOSTS"]) or ["127.0.0.1", "localhost", "[::1]"],
        "MAX_CONTENT_LENGTH": (values["MAX_UPLOAD_MEGABYTES"] * 2 + 1) * MEGABYTE,
        "MAX_FORM_MEMORY_SIZE": 256 * 1024,
        "MAX_FORM_PARTS": 100,
        "SESSION_COOKIE_NAME": "__Host-revive" if secure else "revive",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
    }


def _build_engine_options(values: Mapping[str, Any]) -> dict[str, Any]:
    options = {
        "pool_pre_ping": True,
        "hide_parameters": True,  # hashes and addresses have no place in the log of an unforeseen error
        "pool_recycle": values["DATABASE_POOL_RECYCLE_SECONDS"],
        # A thread holds at most two connections at once: its own, and one that counts or records. Archives have four
        # threads of their own.
        "pool_size": values["DATABASE_POOL_SIZE"] or values["WEB_THREADS"],
        "max_overflow": values["WEB_THREADS"] + 10,
    }
    if (values["DATABASE_URL"] or "sqlite:").startswith("sqlite:"):
        return options
    # Without them a server that hangs, and does not just refuse, would hold every thread for ever.
    seconds = values["DATABASE_TIMEOUT_SECONDS"] or STATEMENT_SECONDS
    timeouts = {"connect_timeout": CONNECT_SECONDS, "read_timeout": seconds, "write_timeout": seconds}
    return options | {"connect_args": timeouts}


def _find_secret_key(given: str | None, instance: Path) -> str:
    """The given key if it is long enough, else the one kept in `instance`, made at the first start."""
    if given is not None:
        if len(given) < MIN_KEY_LENGTH:
            told = _("SECRET_KEY is shorter than 32 characters: make one with `openssl rand -hex 32`.")
            raise WrongSetting(told)
        return given
    try:
        return secret_key.load_or_make(instance / "secret_key", MIN_KEY_LENGTH)
    except ValueError as error:
        raise WrongSetting(str(error)) from None
