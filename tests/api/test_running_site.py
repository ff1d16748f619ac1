"""The API of a running site: by the lines of docs/api.md, by a generated client, by requests made up at random."""

import importlib
import io
import json
import os
import re
import subprocess
import sys

import pytest

from examples.client import Revive
from models import User, db
from tests.accounts.people import PASSWORD, Browser, make_user
from tests.api.support import Program, make_token
from tests.jobs.support import ROOT, WorkerProcess, open_image, picture, run_job
from tests.security.test_web_server import Web
from tests.support.servers import free_port, need

# Cases of each operation, and the seconds after which no more are made; CONTRIBUTING.md says how to try more.
CASES_EACH, SECONDS = int(os.environ.get("API_CASES_EACH", "3")), int(os.environ.get("API_SECONDS", "30"))
# What the schema cannot say, such as that a mask is needed, may be refused: that a request fits it is not all.
CHECKS = ",".join(
    (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "ignored_auth",
    )
)


@pytest.fixture(autouse=True)
def empty_weights():
    """Here every tool takes jobs: the weights are the released ones."""


@pytest.fixture
def site(app, environment, tmp_path):
    """A running web server with the account 12345, an administrator's; no worker."""
    make_user(app, is_admin=True)
    environment |= {"PORT": str(free_port()), "PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    environment |= {"MAX_ACTIVE_JOBS": "1000", "MAX_JOBS_PER_DAY": "100000", "OMP_NUM_THREADS": "1"}
    server = Web(environment, tmp_path / "web.log")
    try:
        server.start()
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.process.terminate()
        server.process.wait(60)


@pytest.fixture
def worker(site, environment, tmp_path):
    process = WorkerProcess(environment, tmp_path / "worker.log").ready()
    yield process
    process.kill()


def lines_of(page: str) -> str:
    """The shell lines of a page that use the API."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S)
    return next(block for block in blocks if "/api/v1" in block)


def test_the_story_of_the_documentation_leads_from_a_token_to_the_result(app, site, worker, tmp_path):
    """The token is made as a person makes it, on the account page; then the lines are run as they stand."""
    need("jq")
    browser = Browser(app)
    browser.sign_in("12345", PASSWORD)
    fields = {"token_name": "curl", "token_scopes": ["read", "jobs"], "token_days": "30", "token_password": PASSWORD}
    page = browser.post("/12345/account/tokens", fields, token=browser.token_of("/12345/account"))
    token = re.search(r'id="new-token"[^>]* value="([^"]+)"', page.text)[1]
    (tmp_path / "photo.jpg").write_bytes(picture())
    environment = {"PATH": os.environ["PATH"], "REVIVE": site, "TOKEN": token}
    for name in ("docs/api.md", "README.md"):
        script = f"set -eu -o pipefail\n{lines_of(name)}"
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert open_image((tmp_path / "result.jpg").read_bytes()).format == "JPEG"
    command = [sys.executable, ROOT / "examples" / "client.py", "adjust", "photo.jpg", "client.png", "brightness=2"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    assert open_image((tmp_path / "client.png").read_bytes()).size == (60, 40)
    client = Revive(site, token)
    album = client.make_album("Summer", [client.start("adjust", tmp_path / "photo.jpg", brightness="2")])
    assert [each["error"] for each in client.run_on_album(album, "adjust", brightness="0.8")] == [None]
    refused = subprocess.run(
        [*command[:-1], "brightness=0"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert refused.returncode == 1 and "invalid_option" in refused.stderr


def make_things(app) -> dict[str, list]:
    """Make jobs with a result, an album of them and another account; return the ids of each kind."""
    make_user(app, "67890")
    program = Program(app)
    jobs = [program.start_job(brightness="1.5") for _ in range(3)]
    for job_id in jobs:
        with app.app_context():
            run_job(job_id)
    album = program.post("/albums", json={"name": "Summer", "ids": jobs}).json["id"]
    with app.app_context():
        account = db.session.scalar(db.select(User.id).where(User.name == "67890"))
    return {"jobs": jobs, "albums": [album], "accounts": [account]}


@pytest.mark.timeout(600 + SECONDS)
def test_no_request_breaks_the_api_and_no_response_is_outside_its_description(app, site, tmp_path):
    ids = json.dumps(make_things(app))
    token = make_token(app, scopes="read jobs admin")
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{site}/api/v1/openapi.json", "--checks", CHECKS]
    command += ["--header", f"Authorization: Bearer {token}", "--phases", "fuzzing", "--max-examples", str(CASES_EACH)]
    command += ["--seed", "1", "--max-time", str(SECONDS), "--suppress-health-check", "all", "--no-color"]
    command += ["--request-timeout", "60"]  # a program may wait for a job
    # With one, Hypothesis goes on to shrink what it found, with requests that show nothing new.
    command += ["--generation-database", "none"]
    hooks = os.environ | {"SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks", "PYTHONPATH": str(ROOT), "API_IDS": ids}
    done = subprocess.run(command, cwd=tmp_path, env=hooks, capture_output=True, text=True)
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert int(re.search(r"(\d+) generated", done.stdout)[1]) > 50


def test_a_client_generated_from_the_description_works(app, site, tmp_path, monkeypatch):
    token = make_token(app, scopes="read jobs")
    target = tmp_path / "made" / "revive_client"
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--url", f"{site}/api/v1/openapi.json"]
    subprocess.run([*command, "--meta", "none", "--output-path", target], check=True, capture_output=True, cwd=tmp_path)
    monkeypatch.syspath_prepend(str(target.parent))
    made = {
        name: importlib.import_module(f"revive_client.{name}")
        for name in ("client", "types", "models", "api.tools.tools", "api.tools.create_job_adjust", "api.jobs.job")
    }
    client = made["client"].AuthenticatedClient(base_url=site, token=token)
    tools = made["api.tools.tools"].sync(client=client)
    assert [tool.key for tool in tools.tools][:1] == ["restore"]
    photo = made["types"].File(payload=picture_stream(), file_name="photo.jpg", mime_type="image/jpeg")
    body = made["models"].CreateJobAdjustBody(image=photo, brightness=1.5)
    job = made["api.tools.create_job_adjust"].sync(client=client, body=body)
    assert job.status == "queued" and made["api.jobs.job"].sync(job.id, client=client).id == job.id
    assert made["api.jobs.job"].sync("0" * 32, client=client).error.key == "not_found"


def picture_stream() -> io.BytesIO:
    return io.BytesIO(picture())
