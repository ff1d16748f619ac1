"""What the tests of jobs share: pictures, uploads, real worker processes, and waiting for rows."""

import hashlib
import io
import json
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from flask import Flask, template_rendered
from PIL import Image

from jobs import lifecycle
from jobs.errors import QuotaExceeded
from jobs.files import marker
from jobs.files.uploads import FormFile
from models import Job, User, db
from models.job import ENDED
from services import get
from tests.support.forked_programs import start_worker
from worker import runner

ROOT = Path(__file__).resolve().parents[2]
BRIGHTER = {"brightness": "1.5"}


def picture(width: int = 60, height: int = 40, format: str = "JPEG", **settings) -> bytes:
    """A smooth picture with a little texture, as the bytes of a file."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 200 / width, y * 200 / height, (x + y) % 64], axis=2).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format, **settings)
    return out.getvalue()


def noise(megabytes: float) -> bytes:
    """A PNG of about so many megabytes."""
    side = int((megabytes * 2**20 / 3) ** 0.5)
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


def open_image(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def make_user(name: str = "12345") -> int:
    """Put an account that nobody can sign in to into the database; return its id."""
    user = User(name=name, password_hash="!")
    db.session.add(user)
    db.session.commit()
    return user.id


def make_job(
    user_id: int, data: bytes | None = None, name: str = "photo.jpg", service: str = "adjust", **fields: str | bytes
) -> str:
    """Upload a picture, for Adjust unless said otherwise, without a web server; return the job's id.

    Fields that are bytes are uploads as well.
    """
    uploads = {key: value for key, value in fields.items() if isinstance(value, bytes)}
    files = {key: FormFile(io.BytesIO(value), f"{key}.png") for key, value in uploads.items()}
    files["image"] = FormFile(io.BytesIO(picture() if data is None else data), name)
    texts = {key: value for key, value in fields.items() if key not in uploads}
    return lifecycle.create(user_id, get(service), texts or (BRIGHTER if service == "adjust" else {}), files).id


def make_from(
    user_id: int, job_id: str, service: str = "sampler", variant: str = "original", files=None, **fields: str
) -> str:
    """Make a job from an earlier one; return its id."""
    uploads = {key: FormFile(io.BytesIO(data), f"{key}.png") for key, data in (files or {}).items()}
    form = {"from_job": job_id, "from_which": variant} | fields
    return lifecycle.create(user_id, get(service), form, uploads).id


def run_job(job_id: str) -> Job:
    """Run a queued job in this process; return its row."""
    assert runner.run(job_id, "a-test")
    return db.session.get(Job, job_id, populate_existing=True)


def address(job_id: str, place: str = "") -> str:
    """The address of a job of 12345, or of something of it."""
    return f"/12345/jobs/{job_id}{place}"


def shown(browser, path: str, name: str = "job"):
    """What the template of a page gets under a name: the facts of its job, unless said otherwise."""
    found = []

    def note(_app, context, **_more) -> None:
        if name in context:
            found.append(context[name])

    with template_rendered.connected_to(note, browser.app):
        assert browser.get(path).status_code == 200
    return found[-1]


def facts_of(browser, job_id: str):
    """What the page of a job of 12345 is made of."""
    return shown(browser, address(job_id))


def make_painted_sheet(width: int = 60, height: int = 40, mode: str = "RGBA") -> bytes:
    """A sheet with one dab of paint, as the bytes of a PNG."""
    out = io.BytesIO()
    sheet = Image.new(mode, (width, height))
    sheet.paste("white", (10, 10, 20, 20))
    sheet.save(out, "PNG")
    return out.getvalue()


def refusal_of(user_id: int, data: bytes | None = None) -> str | None:
    """The key of what an upload is refused with; None when it is taken."""
    try:
        make_job(user_id, data)
    except QuotaExceeded as refused:
        db.session.rollback()
        return refused.key
    return None


def make_in_parallel(app: Flask, user_id: int, data: bytes, number: int) -> list[str]:
    """Upload so many pictures at the same moment; return the ids of those that were taken."""

    def try_once(_) -> str | None:
        with app.app_context():
            try:
                return make_job(user_id, data)
            except QuotaExceeded:
                return None

    app.config["WEB_THREADS"] = 4 * number
    with ThreadPoolExecutor(number) as pool:
        made = [job_id for job_id in pool.map(try_once, range(number)) if job_id]
    db.session.rollback()
    return made


def upload(browser, data: bytes, name: str = "photo.jpg", service: str = "adjust", headers=None, **fields: str):
    """Post a picture through the form of a service."""
    body = (fields or BRIGHTER) | {"image": (io.BytesIO(data), name)}
    return browser.post(f"/12345/{service}", body, content_type="multipart/form-data", headers=headers)


def upload_by_script(browser, data: bytes, service: str = "adjust", headers: dict | None = None, **fields: str):
    """Send a picture to the API as the script of a tool's page does."""
    body = (fields or BRIGHTER) | {"image": (io.BytesIO(data), "photo.jpg")}
    return browser.ask_api("POST", f"/tools/{service}/jobs", data=body, headers=headers or {})


def status_of(job_id: str) -> str:
    db.session.rollback()
    return db.session.scalar(db.select(Job.status).where(Job.id == job_id))


def quickest(measure: Callable[[], float], enough: float, tries: int = 20) -> float:
    """Measure until once it was quick enough, and return that: one slow moment of a busy machine proves nothing."""
    for _ in range(tries):
        if (seconds := measure()) < enough:
            break
    return seconds


def wait_until(job_id: str, *statuses: str, seconds: float = 120) -> Job:
    """Wait for the job to have one of the statuses (any final one when none is named); return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if status_of(job_id) in (statuses or ENDED):
            return db.session.get(Job, job_id, populate_existing=True)
        time.sleep(0.01)
    raise TimeoutError(f"the job is {status_of(job_id)} after {seconds} s")


def list_stored_files(app: Flask) -> list[str]:
    """Every file in the storage but the id of the installation, relative to it."""
    root = Path(app.config["STORAGE_DIR"])
    return sorted(
        str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and path.name != marker.FILE
    )


def promise_weights(folder: Path, *names: str) -> None:
    """Write a manifest and files that keep it; good enough for whoever only verifies."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = {}
    for name in names:
        data = name.encode() * 100
        (folder / f"{name}.safetensors").write_bytes(data)
        entries[name] = {
            "network": "none",
            "arguments": {},
            "file": f"{name}.safetensors",
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "licence": "none",
            "card": f"{name}.md",
        }
    (folder / "manifest.json").write_text(json.dumps(entries))


class WorkerProcess:
    """A real `flask worker` of the installation in `environment`, or with GATE or NO_SWEEP in it the one for tests."""

    def __init__(self, environment: dict[str, str], log: Path):
        self.log = log
        for_tests = {"GATE", "NO_SWEEP"} & set(environment)
        command = ("tests.jobs.worker.waiting_worker", []) if for_tests else ("flask", ["worker"])
        self.process = start_worker(*command, {"PATH": os.environ["PATH"]} | environment, log)

    def ready(self) -> "WorkerProcess":
        """Wait until it listens."""
        return self.says(f":{self.process.pid}:")

    def says(self, words: str, seconds: float = 120) -> "WorkerProcess":
        """Wait until its log holds these words."""
        end = time.monotonic() + seconds
        while words not in self.log.read_text():
            assert self.process.poll() is None and time.monotonic() < end, self.log.read_text()
            time.sleep(0.02)
        return self

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(120)

    def ask_to_stop(self, number: int = signal.SIGTERM) -> "WorkerProcess":
        """Send the signal and wait until the worker has taken note."""
        self.process.send_signal(number)
        return self.says("begins nothing more")

    def ended(self, seconds: float = 120) -> int:
        return self.process.wait(seconds)
