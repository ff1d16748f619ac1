"""Whether a worker's memory stays flat: `python -m benchmarks.worker_memory --jobs 200 --services adjust tone denoise`.

Runs so many jobs in a row in this process, as a worker's thread does, the services in turn, on pictures of changing
sizes, and prints the memory after each tenth of them. The first tenth loads what stays.
"""

import argparse
import io
import tempfile
from collections.abc import Iterator, Sequence

import numpy as np
from flask_migrate import upgrade
from PIL import Image

import config
import services
from app import create_app
from jobs import lifecycle
from jobs.availability import list_folders
from jobs.files.uploads import FormFile
from models import Job, User, db
from models.job import DONE
from services import runtime
from worker import memory, runner

SIDES = (400, 700, 1000, 1400)
MIXED = ("adjust", "tone", "denoise", "colorize", "deblur", "background", "enlarge")
FIELDS = {
    "adjust": {"brightness": "1.4", "straighten": "2"},
    "tone": {"anyway": "1"},
    "denoise": {"anyway": "1"},
    "deblur": {"anyway": "1"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--services", nargs="+", default=MIXED)
    parser.add_argument("--sides", type=int, nargs="+", default=SIDES, help="heights of the pictures, in pixels")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        given = {"INSTANCE_DIR": folder, "SECRET_KEY": "k" * 64, "MAX_JOBS_PER_DAY": "100000"}
        app = create_app(config.load(given))
        with app.app_context():
            upgrade()
            runtime.configure(*list_folders())
            for number, megabytes in measure(arguments.services, arguments.jobs, arguments.sides):
                print(f"after {number:4} jobs: {megabytes} MiB", flush=True)
            db.session.remove()
            db.engine.dispose()


def measure(names: Sequence[str], jobs: int, sides: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (jobs run, MiB of this process) after each tenth of the jobs. Needs the application's context."""
    user = User(name="12345", password_hash="!")
    db.session.add(user)
    db.session.commit()
    user_id = user.id
    for number in range(1, jobs + 1):
        # A service gets each size in turn, also where there are as many of both.
        side, name = sides[number // len(names) % len(sides)], names[number % len(names)]
        upload = FormFile(io.BytesIO(make_picture(side, number)), "photo.png")
        job = lifecycle.create(user_id, services.get(name), FIELDS.get(name, {}), {"image": upload})
        job_id = job.id
        runner.run(job_id, "benchmark")
        if db.session.get(Job, job_id, populate_existing=True).status != DONE:
            raise RuntimeError(f"{name} failed on a picture of {side} pixels")
        lifecycle.erase(job_id)
        if number % max(1, jobs // 10) == 0:
            yield number, memory.measure_megabytes()


def make_picture(side: int, seed: int) -> bytes:
    """Return a grey picture with some noise as the bytes of a PNG."""
    chance = np.random.default_rng(seed)
    grey = np.clip(chance.normal(128, 20, (side, side * 4 // 3)), 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(grey).convert("RGB").save(out, "PNG", compress_level=1)
    return out.getvalue()


if __name__ == "__main__":
    main()
