"""Lighthouse for home, login, the studio, and a 12-megapixel picture in it: `python -m benchmarks.lighthouse`.

Lighthouse comes from npm, for this measurement only: `npm install --prefix FOLDER lighthouse`, then run this with
`--installed FOLDER` (`.tools` when absent). It needs Node.js and Chromium. A fresh installation is started in a
temporary folder, a person is registered, and the studio is looked at signed in. Throttling is simulated, and each page
is loaded three times: the table that is printed holds medians, and below each page what cost points. The exit status is
1 where a score is below its bar: 95, and 90 for the performance with the large picture.

The performance depends on the machine and on what else it does: this is no test. The last column is how fast Lighthouse
found it, its BenchmarkIndex; it calls a slow desktop one of 1,000 to 1,500. With --as-desktop the simulation counts
what the processor did as much shorter as this machine, by the load before, is slower than a desktop of 1,000.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from PIL import Image
from playwright.sync_api import sync_playwright

from docs.screenshots import Outbox
from tests.browser.people import PICTURES, register, start, wait_until_done
from tests.support.servers import free_port, need, need_file, wait_for_port

ROOT = Path(__file__).resolve().parent.parent
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
MIN_SCORE, MIN_LARGE_PERFORMANCE = 95, 90
NAME = "lina@example.com"
LARGE = (4000, 3000)
DESKTOP_INDEX = 1000
PHONE_SLOWDOWN = 4  # Lighthouse's own for a phone, against a desktop


@dataclass(frozen=True)
class Page:
    """One page to measure: `cookie` is the header that signs in, or ""."""

    name: str
    path: str
    cookie: str = ""
    min_performance: int = MIN_SCORE

    def list_low(self, scores: dict[str, float]) -> list[str]:
        """Return the categories whose score is below the bar."""
        bars = dict.fromkeys(CATEGORIES, MIN_SCORE) | {"performance": self.min_performance}
        return [f"{self.name}: {name}" for name in CATEGORIES if scores[name] < bars[name]]


@dataclass
class Lighthouse:
    """Lighthouse itself, a folder for what it writes, and which computer it simulates."""

    program: Path
    folder: Path
    is_phone: bool
    is_calibrated: bool
    slowdown: float = 1.0

    def measure(self, address: str, cookie: str) -> dict:
        """Return Lighthouse's report of one load of a page."""
        report, headers = self.folder / "report.json", self.folder / "headers.json"
        headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}))
        command = [
            "node",
            str(self.program),
            address,
            "--quiet",
            "--output=json",
            f"--output-path={report}",
            f"--extra-headers={headers}",
            "--throttling-method=simulate",
            "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
            f"--only-categories={','.join(CATEGORIES)}",
            *([] if self.is_phone else ["--preset=desktop"]),
            *([f"--throttling.cpuSlowdownMultiplier={self.slowdown:.3f}"] if self.is_calibrated else []),
        ]
        subprocess.run(command, env=os.environ | {"CHROME_PATH": need("chromium")}, check=True)
        result = json.loads(report.read_text())
        self.slowdown = min(1.0, get_speed(result) / DESKTOP_INDEX) * (PHONE_SLOWDOWN if self.is_phone else 1)
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phone", action="store_true", help="a slow phone, as Lighthouse simulates it, not a desk")
    parser.add_argument("--runs", type=int, default=3, help="how often each page is loaded")
    parser.add_argument("--as-desktop", action="store_true", help="count a slower machine as a slow desktop")
    parser.add_argument("--installed", type=Path, default=ROOT / ".tools", help="folder with node_modules/lighthouse")
    chosen = parser.parse_args()
    lighthouse = chosen.installed / "node_modules" / "lighthouse" / "cli" / "index.js"
    need_file(lighthouse, f"npm install --prefix {chosen.installed} lighthouse")
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = os.environ | {"INSTANCE_DIR": folder, "PORT": str(port)}
        server = subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            wait_for_port(port, 120)
            url = f"http://127.0.0.1:{port}"
            pages = make_pages(url, Path(folder))
            low = measure_all(
                Lighthouse(lighthouse, Path(folder), chosen.phone, chosen.as_desktop), url, pages, chosen.runs
            )
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(90)
    sys.exit(bool(low))


def make_pages(url: str, folder: Path) -> list[Page]:
    """Register a person and let Adjust brighten a large picture; return the pages to measure."""
    large = folder / "large.jpg"
    with Image.open(PICTURES / "rocket.jpg") as picture:
        picture.convert("RGB").resize(LARGE, Image.Resampling.LANCZOS).save(large, quality=90)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need("chromium"), args=["--no-sandbox"])
        context = browser.new_context(base_url=url, locale="en-US")
        context.set_default_timeout(300_000)
        page = context.new_page()
        register(page, Outbox(folder / "outbox"), NAME)
        start(page, "adjust", large, brightness="1.4")
        job = wait_until_done(page)
        cookie = "; ".join(f"{each['name']}={each['value']}" for each in context.cookies())
        browser.close()
    return [
        Page("home", "/"),
        Page("login", "/login"),
        Page("studio", f"/{NAME}/adjust", cookie),
        Page("12 MP", f"/{NAME}/jobs/{job}", cookie, MIN_LARGE_PERFORMANCE),
    ]


def measure_all(lighthouse: Lighthouse, url: str, pages: list[Page], runs: int) -> list[str]:
    """Print the table; return what is below its bar."""
    low = []
    print(f"{'page':10}" + "".join(f"{name:>16}" for name in (*CATEGORIES, "machine")))
    for page in pages:
        reports = [lighthouse.measure(url + page.path, page.cookie) for _ in range(runs)]
        scores = {name: median(100 * each["categories"][name]["score"] for each in reports) for name in CATEGORIES}
        speeds = "-".join(f"{speed:.0f}" for speed in sorted(map(get_speed, reports))[:: max(1, runs - 1)])
        print(f"{page.name:10}" + "".join(f"{scores[name]:16.0f}" for name in CATEGORIES) + f"{speeds:>16}", flush=True)
        print("".join(f"    {reason}\n" for reason in list_losses(reports[-1])), end="", flush=True)
        low += page.list_low(scores)
    return low


def get_speed(report: dict) -> float:
    """Return how fast Lighthouse found the machine."""
    return report["environment"]["benchmarkIndex"]


def list_losses(report: dict) -> list[str]:
    """Return the audits of a report that cost points."""
    weights = {ref["id"]: ref["weight"] for name in CATEGORIES for ref in report["categories"][name]["auditRefs"]}
    lost = [audit for audit in report["audits"].values() if (audit["score"] or 0) < 1 and weights.get(audit["id"])]
    lost = [audit for audit in lost if audit["scoreDisplayMode"] not in ("notApplicable", "manual", "informative")]
    return [f"{audit['title']} {audit.get('displayValue', '')}" for audit in lost]


if __name__ == "__main__":
    main()
