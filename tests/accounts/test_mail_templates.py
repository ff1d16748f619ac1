"""Every mail, in text and HTML, in both languages; and the way to a mail server over TLS."""

import hashlib
import ipaddress
import re
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import config
from accounts import administration
from accounts.mail import outbox
from accounts.security import codes
from app import create_app
from jobs import account_deletion
from models import EmailCode, Event, User, db
from tests.accounts.people import (
    NEW_PASSWORD,
    PASSWORD,
    Browser,
    body,
    code_in,
    deliver,
    gives_away,
    make_user,
    read,
)
from tests.support.servers import smtp_server

NAME = "ann@example.com"
BY = administration.Administrator("admin@example.com", "10.0.0.1")


def user_id() -> int:
    return db.session.scalar(db.select(User.id).where(User.name == NAME))


# How each mail comes about, and words that only this one has, in English and in Chinese.
LETTERS = {
    "register": ("is creating an account", "正在"),
    "already": ("this account exists already", "已"),
    "reset": ("choose a new password for the account", "密码"),
    "nobody": ("there is no account with this user name", "没有"),
    "changed": ("was changed, and all its other sessions", "已"),
    "invite": ("asks you to choose a new password", "密码"),
    "token-created": ("An access token was made for the account", "访问令牌"),
    "webhook-added": ("A webhook was added to the account", "Webhook"),
    "welcome": ("made an account at Revive for you", "为您开设"),
    "disabled": ("The reason given: Spam", "给出的理由：Spam"),
    "deleted": ("was deleted with all its pictures", "已删除"),
}
WITH_CODE = {"register", "already", "reset"}


def cause(kind: str, language: str) -> None:
    """Do what makes this mail due."""
    if kind not in {"register", "nobody", "welcome"}:
        db.session.add(User(name=NAME, password_hash="x", language=language))
        db.session.commit()
    if kind in {"register", "already"}:
        codes.order(codes.REGISTER, NAME, "a browser", language)
    elif kind in {"reset", "nobody"}:
        codes.order(codes.RESET, NAME, "a browser", language)
    elif kind in {"changed", "token-created", "webhook-added"}:
        codes.order_notice(kind, NAME, language)
    elif kind == "welcome":
        administration.create(BY, NAME, language)
    elif kind == "invite":
        administration.force_new_password(BY, user_id())
    elif kind == "disabled":
        administration.disable(BY, user_id(), "Spam")
    else:
        account_deletion.remove(user_id(), BY.name, BY.address)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", LETTERS)
def test_every_mail_says_the_same_in_text_and_in_html_in_the_language_of_its_reader(app, kind, language):
    with app.app_context():
        cause(kind, language)
    (letter,) = deliver(app)
    assert letter["To"] == NAME
    for part in ("plain", "html"):
        text = body(letter, part)
        assert LETTERS[kind][language == "zh"] in text, text
        assert bool(re.search(r"\b\d{6}\b", re.sub(r"#\w{6}", "", text))) is (kind in WITH_CODE)
        assert bool(re.search("[\u4e00-\u9fff]{6}", text)) is (language == "zh")
    assert bool(re.search("[\u4e00-\u9fff]{3}", letter["Subject"])) is (language == "zh")
    assert ('lang="zh-CN"' in body(letter, "html")) is (language == "zh")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """The files of a certificate for 127.0.0.1 that vouches for itself: (certificate, key)."""
    folder = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "post.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate.pem", folder / "key.pem"


class Porter:
    """Lets one user name with one password in, and remembers who tried."""

    def __init__(self):
        self.tries = []

    def __call__(self, server, session, envelope, mechanism, data):
        self.tries.append((data.login, data.password))
        return AuthResult(success=data.login == b"revive" and data.password == b"a long password")


@pytest.fixture
def porter():
    return Porter()


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def site(environment, server, **settings) -> object:
    environment |= {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(server.port), **settings}
    environment |= {"MAIL_USERNAME": "revive", "MAIL_PASSWORD": "a long password"}
    return create_app(config.load(environment) | {"TESTING": True})


def receive_letters(folder) -> list:
    return [read(path) for path in (folder / "new").iterdir()]


@pytest.mark.parametrize("way", ["STARTTLS", "TLS from the first byte"])
def test_a_mail_goes_over_tls_to_a_server_that_a_certificate_vouches_for(
    environment, database, tmp_path, certificate, tls, porter, way, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    starts = way == "STARTTLS"
    # The server does not know of TLS that was there before its first word.
    early = {"ssl_context": tls, "auth_require_tls": False}
    options = {"tls_context": tls, "require_starttls": True} if starts else early
    with smtp_server(tmp_path / "post", authenticator=porter, auth_required=True, **options) as server:
        app = site(environment, server, **{"MAIL_USE_TLS" if starts else "MAIL_USE_SSL": "yes"})
        browser = Browser(app)
        browser.ask_for_code(NAME)
        deliver(app)
        (letter,) = receive_letters(tmp_path / "post")
    assert porter.tries == [(b"revive", b"a long password")]
    assert browser.register(NAME, code_in(letter)).status_code == 303


def test_a_server_that_nobody_vouches_for_gets_neither_password_nor_code(environment, database, tmp_path, tls, porter):
    options = {"tls_context": tls, "require_starttls": True, "authenticator": porter, "auth_required": True}
    with smtp_server(tmp_path / "post", **options) as server:
        app = site(environment, server, MAIL_USE_TLS="yes")
        Browser(app).ask_for_code(NAME)
        deliver(app)
        assert receive_letters(tmp_path / "post") == [] and porter.tries == []
    with app.app_context():
        event = db.session.query(Event).filter_by(action="mail_failed").one()
        assert event.detail == "register: SSLCertVerificationError"
        assert db.session.query(EmailCode).one().sent_at is None


def test_a_server_without_tls_gets_neither_password_nor_code_when_tls_is_asked_for(
    environment, database, tmp_path, porter
):
    with smtp_server(tmp_path / "post", authenticator=porter, auth_require_tls=False) as server:
        app = site(environment, server, MAIL_USE_TLS="yes")
        Browser(app).ask_for_code(NAME)
        deliver(app)
        assert receive_letters(tmp_path / "post") == [] and porter.tries == []


def test_with_a_mail_server_the_plain_code_is_only_in_the_mail(environment, database, tmp_path, caplog, capfd):
    with smtp_server(tmp_path / "post") as server:
        environment |= {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(server.port)}
        app = create_app(config.load(environment) | {"TESTING": True})
        browser = Browser(app)
        response = browser.ask_for_code(NAME)
        deliver(app)
        (letter,) = receive_letters(tmp_path / "post")
    code = code_in(letter)
    with app.app_context():
        rows = [list(row) for table in db.metadata.sorted_tables for row in db.session.execute(table.select())]
        kept = db.session.query(EmailCode).one().code_hash
    assert not [word for row in rows for word in row if gives_away(str(word), code)]
    assert kept not in {hashlib.sha256(text.encode()).hexdigest() for text in (code, f"code:{code}", NAME + code)}
    said = capfd.readouterr()
    for text in (caplog.text, said.out, said.err, response.text, str(response.headers)):
        assert not gives_away(text, code)
    assert not app.config["OUTBOX_DIR"].exists()


def test_who_gets_no_mail_is_told_to_ask_again(app):
    for server, words in (("mail.example", "If none comes, ask again"), ("", "If not, ask again after a minute.")):
        app.config["MAIL_SERVER"] = server
        browser = Browser(app)
        browser.ask_for_code(NAME)
        assert words in browser.get("/register").text


def test_a_new_password_is_told_to_its_owner_and_the_mail_holds_neither_password(app):
    make_user(app, NAME)
    browser = Browser(app)
    browser.ask_for_code(NAME, "reset")
    (letter,) = deliver(app)
    browser.reset(NAME, code_in(letter))
    (letter,) = deliver(app)
    assert LETTERS["changed"][0] in body(letter)
    for secret in (PASSWORD, NEW_PASSWORD):
        assert secret not in body(letter) + body(letter, "html")


def test_a_mail_is_tried_five_times_with_growing_pauses(app):
    assert outbox.MAX_ATTEMPTS == 5
    pauses = [outbox.FIRST_RETRY_SECONDS * 3**attempt for attempt in range(outbox.MAX_ATTEMPTS - 1)]
    assert pauses == [5, 15, 45, 135] and sum(pauses) < 10 * 60, "all within the life of a code"
