"""The load: people who upload, wait, look and download, and note what they were told."""

import hashlib
import io
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from PIL import Image

from benchmarks.faults.site import PASSWORD

SHARES = {"adjust": 0.5, "tone": 0.3, "denoise": 0.2}
OPTIONS = {"adjust": {"brightness": "1.4"}, "tone": {"strength": "0.8", "anyway": "1"}, "denoise": {"anyway": "1"}}
RETRY_SECONDS, POLL_SECONDS = 3, 10
SIDES = (80, 120, 200)


@dataclass
class Order:
    """One picture that somebody sent, by the key of its request; `job_id` once the site has taken it."""

    key: str
    person: str
    service: str
    sent_hash: str
    job_id: str = ""
    is_deleted: bool = False
    is_cancelled: bool = False
    result_hash: str = ""


@dataclass
class Notes:
    """What all people were told: a time is in seconds since the start. They wait `patience` seconds for a response."""

    patience: float = 60
    began: float = field(default_factory=time.monotonic)
    orders: list[Order] = field(default_factory=list)
    responses: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    responded_at: list[float] = field(default_factory=list)
    unreachable: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _changing: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, response: httpx.Response, seconds: float) -> None:
        """Keep how a request ended; what nobody should be told is wrong."""
        told = f"{response.status_code} {read_key(response)}".strip()
        with self._changing:
            self.responses[told] += 1
            self.responded_at.append(self.now())
            if response.status_code < 400:
                self.seconds.setdefault(what, []).append(seconds)
            elif not is_honest(response):
                self.wrong.append(f"after {self.now():.0f} s: {what}: {told}: {response.text[:200]}")

    def note_unreachable(self, what: str, error: httpx.HTTPError) -> None:
        """Keep that nobody was served."""
        with self._changing:
            self.responses[f"no response: {type(error).__name__}"] += 1
            self.unreachable.append(self.now())
            if isinstance(error, httpx.ReadTimeout):
                self.wrong.append(f"after {self.now():.0f} s: {what}: no response for {self.patience:g} s")

    def complain(self, words: str) -> None:
        """Keep something that must not be."""
        with self._changing:
            self.wrong.append(f"after {self.now():.0f} s: {words}")

    def now(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.began


def is_honest(response: httpx.Response) -> bool:
    """Say whether an error is one that people may be told while something is away: it says so, and when to come again.

    409 is the answer to a cancelled job's download and the like; 429 that somebody is too quick.
    """
    key = read_key(response)
    if response.status_code == 503:
        return bool(key) and "Retry-After" in response.headers
    return response.status_code in (409, 429) or (response.status_code == 507 and key == "storage_full")


def read_key(response: httpx.Response) -> str:
    """Return the key of an error, "" where there is none."""
    try:
        error = response.json()["error"] if response.status_code >= 400 else {}
        return str(error.get("key", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


class Person(threading.Thread):
    """One person, who comes from an address of their own and goes on until `stopping`."""

    def __init__(self, site: str, name: str, seed: int, notes: Notes, stopping: threading.Event, pause: float):
        super().__init__(name=f"person-{name}", daemon=True)
        self.person, self._notes, self._stopping, self._pause = name, notes, stopping, pause
        self._chance = random.Random(f"{seed} {name}")
        address = f"10.0.{int(name) // 250 % 250}.{int(name) % 250 + 1}"
        headers = {"X-Forwarded-For": address, "Accept": "application/json"}
        self._client = httpx.Client(base_url=site, headers=headers, timeout=notes.patience)
        self._number = 0
        self.is_signed_in = threading.Event()

    def run(self) -> None:
        try:
            self.sign_in()
            self.is_signed_in.set()
            while not self._stopping.is_set():
                self._handle_one_picture()
                self._stopping.wait(self._chance.uniform(0.5, 1.5) * self._pause)
        except Exception as error:  # of the benchmark itself, and then nothing that it says counts
            self._notes.complain(f"the person {self.person} ended: {error!r}")
        finally:
            self._client.close()

    def sign_in(self) -> None:
        """Sign in by the form, and keep the token that the pages then have."""
        token = self._read_token("/login")
        fields = {"username": self.person, "password": PASSWORD, "csrf_token": token}
        self.ask("sign in", "POST", "/login", data=fields)
        self._client.headers["X-CSRFToken"] = self._read_token(f"/{self.person}/history")

    def ask(self, what: str, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request until somebody answers it with something other than 503 or 507."""
        while True:
            started = time.monotonic()
            try:
                response = self._client.request(method, path, **more)
                self._notes.note(what, response, time.monotonic() - started)
                if response.status_code not in (503, 507, 429) and response.status_code != 500:
                    return response
            except httpx.HTTPError as error:
                self._notes.note_unreachable(what, error)
            time.sleep(self._chance.uniform(0.7, 1.3) * RETRY_SECONDS)

    def _read_token(self, path: str) -> str:
        page = self.ask("page", "GET", path, headers={"Accept": "text/html"}).text
        found = re.search(r'name="csrf[_-]token" (?:value|content)="([^"]+)"', page)
        if not found:
            raise ValueError(f"{path} has no token: {page[:200]}")
        return found[1]

    def _handle_one_picture(self) -> None:
        order = self._send()
        if order is None:
            return
        fate = self._chance.random()
        if fate < 0.05:
            order.is_cancelled = True
            self.ask("cancel", "POST", f"/api/v1/jobs/{order.job_id}/cancellation")
        job = self._wait(order)
        if job.get("status") == "done" and job.get("result_url"):
            self._download(order, job)
        if fate > 0.9:
            order.is_deleted = True
            self.ask("delete", "DELETE", f"/api/v1/jobs/{order.job_id}")

    def _send(self) -> Order | None:
        self._number += 1
        service = self._chance.choices(list(SHARES), list(SHARES.values()))[0]
        data = make_picture(self._chance.choice(SIDES), f"{self.person} {self._number}")
        order = Order(f"{self.person}-{self._number}", self.person, service, hashlib.sha256(data).hexdigest())
        self._notes.orders.append(order)
        files = {"image": (f"{order.key}.png", data, "image/png")}
        path, more = f"/api/v1/tools/{service}/jobs", {"data": OPTIONS[service], "files": files}
        made = self.ask("upload", "POST", path, headers={"Idempotency-Key": order.key}, **more)
        if made.status_code != 201:
            self._notes.complain(f"an upload got {made.status_code}: {made.text[:200]}")
            return None
        order.job_id = made.json()["id"]
        return order

    def _wait(self, order: Order) -> dict[str, Any]:
        job: dict[str, Any] = {"status": "queued"}
        while job.get("status") in ("queued", "running") and not self._stopping.is_set():
            job = self.ask("poll", "GET", f"/api/v1/jobs/{order.job_id}?wait={POLL_SECONDS}").json()
        return job

    def _download(self, order: Order, job: dict[str, Any]) -> None:
        response = self.ask("download", "GET", job["result_url"])
        if response.status_code != 200:
            self._notes.complain(f"the result of {order.job_id} got {response.status_code}: {response.text[:200]}")
            return
        order.result_hash = hashlib.sha256(response.content).hexdigest()
        with Image.open(io.BytesIO(response.content)) as picture:
            picture.load()


def make_picture(side: int, seed: str) -> bytes:
    """Return a noisy picture, which is no one else's, as the bytes of a PNG."""
    chance = np.random.default_rng(list(seed.encode()))
    ramp = np.linspace(60, 180, side * 4 // 3)[None, :, None] + chance.uniform(-40, 40, 3)
    pixels = ramp + chance.normal(0, 12, (side, side * 4 // 3, 3))
    out = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(out, "PNG", compress_level=1)
    return out.getvalue()
