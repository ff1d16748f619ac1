"""Settings from the environment and `.env`. A wrong value stops the start with a sentence that says what to do.

`SETTINGS` is the whole list; docs/settings.md is generated from it and tested.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path
from typing import Any

import secret_key
from command_line import use_language
from setting_readers import (
    MEGABYTE,
    MIN_KEY_LENGTH,
    WrongSetting,
    load_file,
    name_kinds,
    queue_url,
    read_database_url,
    read_keys,
    read_networks,
    read_text,
    read_whole,
    read_words,
    switch,
)

ROOT = Path(__file__).resolve().parent
# Where `.env` and `instance` lie: beside the code, but with the user's data where the code was installed as a package.
_USER_DATA = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
HOME = ROOT if (ROOT / "pyproject.toml").is_file() else _USER_DATA / "revive"
# What servers and workers write is for their user alone: pictures, the database, mails.
UMASK = 0o077
# Settings whose wrong values are not repeated on the terminal or in a log.
SECRETS = ("SECRET_KEY", "MAIL_PASSWORD", "DATABASE_URL", "QUEUE_URL")
CONNECT_SECONDS, STATEMENT_SECONDS = 5, 60


@dataclass(frozen=True)
class Setting:
    """One setting: `read` turns its text into a value or raises ValueError with what is expected."""

    name: str
    read: Callable[[str], Any]
    default: Any
    about: str


SETTINGS = (
    Setting("INSTANCE_DIR", read_text, None, "folder for all data that has no other setting; `instance` when absent"),
    Setting(
        "DATABASE_URL",
        read_database_url,
        None,
        "where accounts and jobs live; `mysql+pymysql://…` in production, SQLite under `instance/` when absent",
    ),
    Setting(
        "DATABASE_POOL_SIZE",
        read_whole(1, 200),
        None,
        "database connections that each process keeps open; as many as `WEB_THREADS` when absent",
    ),
    Setting(
        "DATABASE_POOL_RECYCLE_SECONDS",
        read_whole(1, 86_400),
        1800,
        "a connection older than this is replaced; keep it below the server's `wait_timeout`",
    ),
    Setting(
        "DATABASE_TIMEOUT_SECONDS",
        read_whole(1, 3600),
        None,
        "how long to wait for the database before it counts as away; when absent, 3 in web servers and 60 in workers and commands. SQLite: how long to wait for a lock, 15 at most",
    ),
    Setting("QUEUE_URL", queue_url, None, "the queue: `redis://host:6379/0`, or SQLite under `instance/` when absent"),
    Setting("STORAGE_DIR", read_text, None, "folder of uploads and results; `instance/storage` when absent"),
    Setting("WEIGHTS_DIR", read_text, None, "folder of the weights and their manifest; `weights` when absent"),
    Setting(
        "IMPORTED_WEIGHTS_DIR",
        read_text,
        None,
        "folder of imported official weights (`flask weights import`); `instance/weights` when absent",
    ),
    Setting("MAX_WEIGHTS_MEGABYTES", read_whole(1, 8192), 1024, "largest official weights file that can be imported"),
    Setting(
        "SECRET_KEY",
        read_text,
        None,
        "signs the session cookie; when absent, created once and stored in `instance/secret_key`",
    ),
    Setting("SECRET_KEY_FALLBACKS", read_keys, (), "older keys, comma-separated, still accepted while you rotate"),
    Setting("HOST", read_text, "127.0.0.1", "address that the web server listens on"),
    Setting("PORT", read_whole(1, 65535), 5000, "port that the web server listens on"),
    Setting(
        "TRUSTED_HOSTS",
        read_words,
        (),
        "host names that the site answers to, comma-separated; 127.0.0.1 and localhost when absent",
    ),
    Setting("BASE_URL", read_text, None, "address of the site in mails, such as `https://photos.example.org`"),
    Setting("HTTPS", switch, False, "set to yes when people reach the site over TLS: secure `__Host-` cookie and HSTS"),
    Setting("PROXIES", read_whole(0, 5), 0, "number of your reverse proxies in front that set `X-Forwarded-For`"),
    Setting("WEB_THREADS", read_whole(1, 64), 8, "threads of each web process, half of them for work on pictures"),
    Setting("WEB_PROCESSES", read_whole(1, 32), 1, "web processes"),
    Setting(
        "DECODING_MEGABYTES",
        read_whole(200, 65536),
        1500,
        "memory for the processes that check and convert pictures, all web processes together; a single larger picture is taken alone",
    ),
    Setting("SLOW_CLIENT_SECONDS", read_whole(2, 600), 30, "when a client that sends or reads under 1 kB/s is cut off"),
    Setting("WORKER_THREADS", read_whole(1, 16), 1, "jobs that one worker runs at once"),
    Setting(
        "MAIL_SERVER",
        read_text,
        None,
        "SMTP server; when absent, mails are written to `instance/outbox/` and codes shown on the terminal",
    ),
    Setting("MAIL_PORT", read_whole(1, 65535), 25, "port of the SMTP server"),
    Setting("MAIL_USE_TLS", switch, False, "begin TLS with STARTTLS after connecting"),
    Setting("MAIL_USE_SSL", switch, False, "TLS from the first byte"),
    Setting("MAIL_USERNAME", read_text, None, "user name at the SMTP server"),
    Setting("MAIL_PASSWORD", read_text, None, "password at the SMTP server"),
    Setting("MAIL_DEFAULT_SENDER", read_text, "Revive <revive@localhost>", "sender of the mails"),
    Setting("USER_NAME_KINDS", name_kinds, ("qq", "email"), "which user names may register: `qq`, `email` or both"),
    Setting("PASSWORD_MIN_LENGTH", read_whole(6, 64), 6, "shortest password"),
    Setting("PASSWORD_MAX_LENGTH", read_whole(8, 256), 18, "longest password"),
    Setting("CODE_MINUTES", read_whole(1, 10), 10, "how long a mailed code is valid"),
    Setting("SESSION_IDLE_DAYS", read_whole(1, 90), 14, "a session that is not used for this long ends"),
    Setting("SESSION_DAYS", read_whole(1, 365), 90, "a session ends after this time in any case"),
    Setting("MAX_UPLOAD_MEGABYTES", read_whole(1, 512), 32, "largest upload"),
    Setting("MAX_MEGAPIXELS", read_whole(1, 200), 50, "largest picture"),
    Setting(
        "MAX_ACTIVE_JOBS", read_whole(1, 1000), 20, "jobs that one account may have waiting or running at the same time"
    ),
    Setting(
        "MAX_STORAGE_MEGABYTES",
        read_whole(1, 1_000_000),
        2000,
        "storage of one account, originals and results combined",
    ),
    Setting("MAX_JOBS_PER_DAY", read_whole(1, 100_000), 500, "jobs that one account may start in a day (UTC)"),
    Setting(
        "MAX_MEGAPIXELS_PER_DAY",
        read_whole(1, 1_000_000),
        10_000,
        "megapixels that one account may process in a day (UTC)",
    ),
    Setting("TRY_WITHOUT_ACCOUNT", switch, False, "visitors may try the tools for an hour without an account"),
    Setting("MAX_GUEST_MEGAPIXELS", read_whole(1, 50), 2, "largest picture of a visitor without an account"),
    Setting("MAX_GUEST_JOBS_PER_DAY", read_whole(1, 100_000), 500, "jobs of all such visitors together in a day (UTC)"),
    Setting("MAX_GUEST_STORAGE_MEGABYTES", read_whole(1, 1_000_000), 1000, "storage of all such visitors together"),
    Setting(
        "RETENTION_DAYS",
        read_whole(0, 3650),
        0,
        "jobs and their pictures are deleted after this many days; 0 keeps them",
    ),
    Setting(
        "SHARE_DAYS",
        read_whole(0, 365),
        0,
        "longest time that a link lasts by which anybody may look at one result, in days; 0 allows no such links",
    ),
    Setting("MAX_WEBHOOKS", read_whole(0, 100), 5, "webhooks that one account may have; 0 allows none"),
    Setting(
        "WEBHOOK_NETWORKS",
        read_networks,
        (),
        "private networks or addresses that webhooks may reach, also over http: `192.168.1.20/32,10.8.0.0/16`",
    ),
    Setting(
        "WEBHOOK_LOG_DAYS", read_whole(2, 365), 14, "the log of what webhooks were sent is kept for this many days"
    ),
    Setting("JOB_MINUTES", read_whole(1, 240), 20, "a job that runs longer is stopped and fails with a reason"),
)


def load(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the Flask configuration. Raises WrongSetting."""
    values = _read_all(environment)
    if values["PASSWORD_MIN_LENGTH"] > values["PASSWORD_MAX_LENGTH"]:
        raise WrongSetting(_("PASSWORD_MIN_LENGTH is above PASSWORD_MAX_LENGTH: lower the first or raise the second."))
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
