"""Sends one test mail step by step, so that whoever sets the server up sees which step fails."""

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr
from typing import Any

from accounts.mail.outbox import SMTP_TIMEOUT_SECONDS
from errors import N_


@dataclass(frozen=True)
class Step:
    """One step: its title, what the server or the system said, and what to do if it failed ("" otherwise)."""

    title: str
    said: str
    advice: str = ""

    @property
    def is_done(self) -> bool:
        return not self.advice


_ADVICE = {
    N_("Find the server's address"): N_("Check MAIL_SERVER, and this machine's name servers."),
    N_("Connect"): N_("Check MAIL_PORT, and whether a firewall lets this machine out on it."),
    N_("Begin TLS"): N_(
        "Port 587 wants MAIL_USE_TLS=yes, port 465 MAIL_USE_SSL=yes. The certificate must be valid for MAIL_SERVER."
    ),
    N_("Sign in"): N_("Check MAIL_USERNAME and MAIL_PASSWORD. Some providers want a password made for programs."),
    N_("Name the sender"): N_("Set MAIL_DEFAULT_SENDER to an address that this account may send from."),
    N_("Name the recipient"): N_("Check the address. Some servers take mails for strangers after a sign-in only."),
    N_("Send the mail"): N_("Read what the server said: as a rule it takes the mail for unwanted, or too large."),
}


def run(settings: Mapping[str, Any], address: str) -> Iterator[Step]:
    """Yield each step as it is done; the first one that fails is the last."""
    server = _Server(settings)
    steps: tuple[Callable[[], str], ...] = (
        server.resolve,
        server.connect,
        server.begin_tls,
        server.sign_in,
        server.name_sender,
        lambda: server.name_recipient(address),
        lambda: server.send(address),
    )
    try:
        for (title, advice), step in zip(_ADVICE.items(), steps, strict=True):
            try:
                yield Step(title, step())
            except (OSError, smtplib.SMTPException) as error:
                yield Step(title, _describe(error), advice)
                return
    finally:
        server.close()


class _Server:
    """A conversation with the mail server; each step returns what the server said."""

    def __init__(self, settings: Mapping[str, Any]):
        self._settings = settings
        self._host, self._port = settings["MAIL_SERVER"], settings["MAIL_PORT"]
        self._smtp: smtplib.SMTP = smtplib.SMTP(timeout=SMTP_TIMEOUT_SECONDS)
        self._sender = parseaddr(settings["MAIL_DEFAULT_SENDER"])[1]

    def resolve(self) -> str:
        found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        return ", ".join(dict.fromkeys(str(place[0]) for *_, place in found))

    def connect(self) -> str:
        if self._settings["MAIL_USE_SSL"]:
            context = ssl.create_default_context()
            self._smtp = smtplib.SMTP_SSL(timeout=SMTP_TIMEOUT_SECONDS, context=context)
        # smtplib checks the certificate for the name that it was made with, and connects at once where it gets one.
        vars(self._smtp)["_host"] = self._host
        return _say(self._smtp.connect(self._host, self._port))

    def begin_tls(self) -> str:
        if self._settings["MAIL_USE_TLS"]:
            return _say(self._smtp.starttls(context=ssl.create_default_context()))
        return "TLS" if self._settings["MAIL_USE_SSL"] else "–"

    def sign_in(self) -> str:
        name, password = self._settings["MAIL_USERNAME"], self._settings["MAIL_PASSWORD"]
        self._smtp.ehlo_or_helo_if_needed()
        return _say(self._smtp.login(name, password)) if name and password else "–"

    def name_sender(self) -> str:
        return _expect(self._smtp.mail(self._sender))

    def name_recipient(self, address: str) -> str:
        return _expect(self._smtp.rcpt(address))

    def send(self, address: str) -> str:
        message = EmailMessage()
        message["From"], message["To"] = self._settings["MAIL_DEFAULT_SENDER"], address
        message["Subject"] = "Revive: test"
        message["Date"], message["Message-ID"] = datetime.now(UTC), make_msgid()
        message["Auto-Submitted"] = "auto-generated"
        message.set_content("This mail was sent by `revive mail test`. Mails of the site arrive the same way.\n")
        return _expect(self._smtp.data(message.as_bytes()))

    def close(self) -> None:
        self._smtp.close()


def _expect(response: tuple[int, bytes]) -> str:
    if not 200 <= response[0] < 300:
        raise smtplib.SMTPResponseException(*response)
    return _say(response)


def _say(response: tuple[int, bytes]) -> str:
    return f"{response[0]} {response[1].decode('utf-8', 'replace')}".replace("\n", " ")[:200]


def _describe(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return _say((error.smtp_code, said if isinstance(said, bytes) else str(said).encode()))
    return f"{type(error).__name__}: {error}"[:200]
