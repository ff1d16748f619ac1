"""Server time of the pages that everyone meets first: `python -m benchmarks.pages`.

The application answers in this process, so what is timed is Revive alone: routing, database, templates, headers.
"""

import statistics
import tempfile
import time

from flask_migrate import upgrade

import config
from app import create_app

PAGES = ("/", "/login", "/register", "/healthz")
ROUNDS = 200


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(config.load({"INSTANCE_DIR": folder}))
        with app.app_context():
            upgrade()
        client = app.test_client()
        print(f"{'page':12} {'median ms':>10} {'p95 ms':>10}")
        for page in PAGES:
            times = sorted(milliseconds(client, page) for _ in range(ROUNDS))
            print(f"{page:12} {statistics.median(times):10.2f} {times[int(0.95 * ROUNDS)]:10.2f}")


def milliseconds(client, page: str) -> float:
    start = time.perf_counter()
    client.get(page).get_data()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
