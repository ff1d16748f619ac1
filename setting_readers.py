"""What a setting is, and what reads it: turns its text into its value, or raises Unusable with what is expected."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dotenv import load_dotenv

import traces
from errors import N_

MIN_KEY_LENGTH, MAX_DIGITS = 32, 12
# As settings and pages count, and most systems: what people see of a file's size agrees with its limit.
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Setting:
    """One setting: `read` turns its text into a value or raises Unusable with what is expected.

    What an administrator may change while the site runs has a `group` and a `title` on the page of the settings.
    """

    name: str
    read: Callable[[str], Any]
    default: Any
    about: str
    group: str = ""
    title: str = ""


class WrongSetting(Exception):
    """A setting that cannot be used; the message says what to do."""


class Unusable(ValueError):
    """What is expected of a text: `str` says it in the language that `command_line.use_language` chose.

    Pages translate `template`, which is English, into their own language, and put `values` into it.
    """

    def __init__(self, template: str, **values: object):
        super().__init__(template)
        self.template, self.values = template, values

    def __str__(self) -> str:
        return _(self.template).format(**self.values)


def load_file(path: Path) -> None:
    """Put what the file sets into the environment, where that does not set it. Raises WrongSetting."""
    try:
        load_dotenv(path)
    except (OSError, UnicodeDecodeError):
        told = _("{file} cannot be read: save it as UTF-8 text that the user of Revive may read.")
        raise WrongSetting(told.format(file=path)) from None


def read_text(raw: str) -> str:
    return raw


def read_line(maximum: int) -> Callable[[str], str | None]:
    """Return the reader of one line of plain text, None where there is nothing in it."""

    def read(raw: str) -> str | None:
        line = " ".join(raw.split())
        if len(line) > maximum or not line.isprintable():
            raise Unusable(N_("give one line of at most {most} printable characters"), most=maximum)
        return line or None

    return read


def switch(raw: str) -> bool:
    if raw.lower() not in {"0", "1", "true", "false", "yes", "no", "on", "off"}:
        raise Unusable(N_("give yes or no"))
    return raw.lower() in {"1", "true", "yes", "on"}


def read_whole(minimum: int, maximum: int) -> Callable[[str], int]:
    def read(raw: str) -> int:
        if len(raw) > MAX_DIGITS or not raw.isascii() or not raw.isdigit() or not minimum <= int(raw) <= maximum:
            raise Unusable(N_("give a whole number from {low} to {high}"), low=minimum, high=maximum)
        return int(raw)

    return read


def read_keys(raw: str) -> tuple[str, ...]:
    if any(len(key) < MIN_KEY_LENGTH for key in read_words(raw)):
        raise Unusable(N_("give keys of at least 32 characters; a short one would let strangers sign cookies"))
    return read_words(raw)


def read_words(raw: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in raw.split(",") if word.strip())


def name_kinds(raw: str) -> tuple[str, ...]:
    kinds = read_words(raw)
    if not kinds or set(kinds) - {"qq", "email"}:
        raise Unusable(N_("give qq, email or both: qq,email"))
    return kinds


def read_database_url(raw: str) -> str:
    if urlsplit(raw).scheme not in {"sqlite", "mysql+pymysql", "mariadb+pymysql"}:
        raise Unusable(
            N_("give sqlite:////path/to/file or mysql+pymysql://user:password@host/database?charset=utf8mb4")
        )
    return raw


def read_storage_url(raw: str) -> str:
    advice = N_("give s3://bucket or s3://bucket/prefix, with ?endpoint=https://host and &region=name where needed")
    parts = urlsplit(raw)
    query = parse_qs(parts.query, keep_blank_values=True)
    endpoint = urlsplit(query.get("endpoint", ["https://host"])[0])
    is_bucket = re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", parts.netloc)  # and so no user and no password
    is_known = set(query) <= {"endpoint", "region"} and all(len(values) == 1 for values in query.values())
    if parts.scheme != "s3" or not is_bucket or parts.fragment or not is_known:
        raise Unusable(advice)
    if endpoint.scheme not in {"http", "https"} or not endpoint.hostname or endpoint.username or endpoint.query:
        raise Unusable(advice)
    return raw


def queue_url(raw: str) -> str:
    if urlsplit(raw).scheme not in {"sqlite", "redis", "rediss", "unix"}:
        raise Unusable(N_("give sqlite:////path/to/file or redis://host:6379/0"))
    return raw


def read_device(raw: str) -> str:
    if not re.fullmatch(r"cpu|mps|xpu|cuda(:[0-9]{1,2})?", raw):
        raise Unusable(N_("give cpu, cuda, cuda:1, mps or xpu"))
    return raw


def read_one_of(*words: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        if raw.lower() not in words:
            raise Unusable(N_("give one of: {words}"), words=", ".join(words))
        return raw.lower()

    return read


def read_token(raw: str) -> str:
    if len(raw) < MIN_KEY_LENGTH or not raw.isascii():
        raise Unusable(N_("give at least 32 characters: `openssl rand -hex 32`"))
    return raw


def read_traces_endpoint(raw: str) -> str:
    if urlsplit(raw).scheme not in {"http", "https"} or not urlsplit(raw).netloc:
        raise Unusable(N_("give an address such as http://collector:4318/v1/traces"))
    if not traces.is_installed():
        raise Unusable(N_("leave it out, or install what it needs: pip install 'revive[traces]'"))
    return raw


def read_networks(raw: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(word) for word in read_words(raw))
    except ValueError:
        raise Unusable(N_("give networks such as 10.8.0.0/16, or single addresses, comma-separated")) from None
