"""What the tests of webhooks share: a receiver that notes what it is sent, and rows to look at."""

import base64
import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from accounts.security import passwords
from jobs import lifecycle
from jobs.files import storage
from models import Job, User, Webhook, WebhookDelivery, db
from tests.accounts.people import PASSWORD
from webhooks import announcements, registry


@dataclass
class Message:
    """One POST as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A server on loopback that answers each message with the next of `statuses`, the last one for ever."""

    statuses: list[int] = field(default_factory=lambda: [204])
    messages: list[Message] = field(default_factory=list)
    before_response: Callable[[], None] = lambda: None

    def __enter__(self) -> "Receiver":
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.messages.append(Message(self.path, dict(self.headers), body))
                receiver.before_response()
                status = receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0]
                self.send_response(status)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            def log_message(self, *_words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_error) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?of=revive"


def owner_of(user_id: int, name: str = "12345") -> registry.Owner:
    return registry.Owner(user_id, name, "10.0.0.1")


def add_webhook(user_id: int, url: str, name: str = "12345") -> registry.Added:
    """Add a webhook of an account, which gets the usual password."""
    db.session.execute(db.update(User).where(User.id == user_id).values(password_hash=passwords.make_hash(PASSWORD)))
    db.session.commit()
    return registry.add(owner_of(user_id, name), url, PASSWORD)


def queue_job(user_id: int) -> str:
    """Put the row of a job that waits into the database, without a picture; return its id."""
    job = Job(id=storage.make_id(), user_id=user_id, service="adjust", original_file="original.jpg", options={})
    db.session.add(job)
    db.session.commit()
    return job.id


def end_job(user_id: int) -> str:
    """Put the row of a cancelled job into the database; return its id."""
    job_id = queue_job(user_id)
    lifecycle.cancel(user_id, job_id)
    return job_id


def make_delivery(user_id: int, url: str) -> str:
    """Add a webhook, end a job, and write the delivery; return its id."""
    add_webhook(user_id, url)
    end_job(user_id)
    announcements.announce()
    return db.session.scalars(db.select(WebhookDelivery.id)).one()


def delivery_of(delivery_id: str) -> WebhookDelivery:
    db.session.rollback()
    return db.session.get(WebhookDelivery, delivery_id, populate_existing=True)


def webhook_of(webhook_id: int) -> Webhook:
    db.session.rollback()
    return db.session.get(Webhook, webhook_id, populate_existing=True)


def job_of(job_id: str) -> Job:
    return db.session.get(Job, job_id, populate_existing=True)


def is_signed(message: Message, secret: str) -> bool:
    """Verify a message as docs/webhooks.md says, by code of its own."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{message.headers['webhook-id']}.{message.headers['webhook-timestamp']}.".encode() + message.body
    expected = "v1," + base64.b64encode(hmac.new(key, text, "sha256").digest()).decode()
    return message.headers["webhook-signature"] == expected
