"""Lighthouse for the home page, the login page and the studio: `python -m benchmarks.lighthouse [--phone]`.

Lighthouse comes from npm, for this measurement only: `npm install --prefix .tools lighthouse`. A fresh installation is
started in a temporary folder, a person is registered, and the studio is looked at signed in. Prints one table; the
exit status is 1 where a category of a page is below 95. The performance score depends on the load of the machine: this
is no test.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from docs.screenshots import Outbox
from tests.browser.people import register, sign_in
from tests.support.servers import free_port, need, need_file, wait_for_port

ROOT = Path(__file__).resolve().parent.parent
LIGHTHOUSE = ROOT / ".tools" / "node_modules" / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
MIN_SCORE = 95
NAME = "lina@example.com"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phone", action="store_true", help="a slow phone, as Lighthouse simulates it, not a desk")
    phone = parser.parse_args().phone
    need_file(LIGHTHOUSE, "npm install --prefix .tools lighthouse")
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = os.environ | {"INSTANCE_DIR": folder, "PORT": str(port)}
        server = subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            wait_for_port(port, 60)
            low = measure_all(f"http://127.0.0.1:{port}", Path(folder), phone)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(90)
    sys.exit(bool(low))


def measure_all(url: str, folder: Path, phone: bool) -> list[str]:
    """Print the table; return what is below the bar."""
    cookie = open_session(url, folder)
    low = []
    print(f"{'page':10}" + "".join(f"{name:>16}" for name in CATEGORIES))
    for page, address, session in (("home", "/", ""), ("login", "/login", ""), ("studio", f"/{NAME}/adjust", cookie)):
        scores, reasons = measure(url + address, folder, phone, session)
        print(f"{page:10}" + "".join(f"{scores[name]:16.0f}" for name in CATEGORIES))
        low += [f"{page}: {name}" for name in CATEGORIES if scores[name] < MIN_SCORE]
        print("".join(f"    {reason}\n" for reason in reasons), end="")
    return low


def open_session(url: str, folder: Path) -> str:
    """Register a person; return the cookies of the session as a header."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need("chromium"), args=["--no-sandbox"])
        page = browser.new_context(base_url=url, locale="en-US").new_page()
        register(page, Outbox(folder / "outbox"), NAME)
        sign_in(page, NAME)
        cookies = page.context.cookies()
        browser.close()
    return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in cookies)


def measure(address: str, folder: Path, phone: bool, cookie: str) -> tuple[dict[str, float], list[str]]:
    """Return the score of each category in 0..100, and the audits that cost points."""
    report, headers = folder / "report.json", folder / "headers.json"
    headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}))
    command = [
        "node",
        str(LIGHTHOUSE),
        address,
        "--quiet",
        "--output=json",
        f"--output-path={report}",
        f"--extra-headers={headers}",
        "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        f"--only-categories={','.join(CATEGORIES)}",
        *([] if phone else ["--preset=desktop"]),
    ]
    subprocess.run(command, env=os.environ | {"CHROME_PATH": need("chromium")}, check=True)
    found = json.loads(report.read_text())
    scores = {name: 100 * found["categories"][name]["score"] for name in CATEGORIES}
    weights = {ref["id"]: ref["weight"] for name in CATEGORIES for ref in found["categories"][name]["auditRefs"]}
    lost = [audit for audit in found["audits"].values() if (audit["score"] or 0) < 1 and weights.get(audit["id"])]
    lost = [audit for audit in lost if audit["scoreDisplayMode"] not in ("notApplicable", "manual", "informative")]
    return scores, [f"{audit['title']} {audit.get('displayValue', '')}" for audit in lost]


if __name__ == "__main__":
    main()
