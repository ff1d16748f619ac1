"""Stored pictures that the site names to nginx (X-Accel-Redirect): nginx sends them, and nobody else gets them."""

import re
import ssl
import stat
from http.client import HTTPSConnection

import pytest

import config
from models import User, db
from setting_readers import WrongSetting
from tests.accounts.people import make_user
from tests.api.support import make_token
from tests.jobs.support import make_job, run_job
from tests.support.stored import get_folder
from tests.test_deployment import certificates, nginx, web  # noqa: F401

HOST = "photos.example.org"


@pytest.fixture
def environment(environment, tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir(mode=0o750)
    given = {"STORAGE_DIR": str(pictures), "NGINX_SENDS_FILES": "yes", "PROXIES": "1"}
    return environment | given | {"WEIGHTS_DIR": str(tmp_path / "weights"), "TRUSTED_HOSTS": HOST}


@pytest.fixture
def job(app):
    """The id of a finished job, and a token of its owner."""
    make_user(app, "12345")
    with app.app_context():
        user = db.session.scalar(db.select(User))
        token = make_token(app)
        done = run_job(make_job(user.id))
        stored = (get_folder(done.id) / "result.png").read_bytes()
        yield done.id, token, stored


def ask(port: int, path: str, token: str = "", method: str = "GET", **headers: str):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    line = HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    line.request(method, path, headers={"Host": HOST, "Authorization": f"Bearer {token}"} | given)
    response = line.getresponse()
    return response, response.read()


def test_nginx_sends_what_the_site_names_with_the_headers_of_the_site(job, nginx, web):  # noqa: F811
    job_id, token, stored = job
    path = f"/api/v1/jobs/{job_id}/result"
    response, data = ask(nginx[1], path, token)
    assert (response.status, data) == (200, stored) and int(response.headers["Content-Length"]) == len(stored)
    mark = response.headers["ETag"]
    part, piece = ask(nginx[1], path, token, Range="bytes=10-19")  # the site itself answers this
    assert (part.status, piece, part.headers["ETag"]) == (206, stored[10:20], mark)
    for name in {name.lower() for name in part.headers} - {"content-length", "content-range", "date", "x-request-id"}:
        assert response.headers.get(name) == part.headers[name], name
    assert "X-Accel-Redirect" not in response.headers and "Last-Modified" not in part.headers
    assert ask(nginx[1], path, token, If_None_Match=mark)[0].status == 304
    assert ask(nginx[1], path, token, If_Match='"other"')[0].status == 412
    assert ask(nginx[1], path, token, If_Match=mark)[1] == stored
    resumed, rest = ask(nginx[1], path, token, Range="bytes=20-", If_Range=mark)
    assert (resumed.status, rest) == (206, stored[20:])
    head, nothing = ask(nginx[1], path, token, "HEAD")
    assert (head.status, nothing, int(head.headers["Content-Length"])) == (200, b"", len(stored))
    converted, data = ask(nginx[1], f"{path}?format=jpeg", token)
    assert (converted.status, data[:2]) == (200, b"\xff\xd8")


def test_nobody_else_gets_a_stored_picture(job, nginx):  # noqa: F811
    job_id, _token, stored = job
    for path in (f"/.stored/{job_id[:2]}/{job_id}/result.png", "/.stored/", "/.stored/../.stored/installation-id"):
        response, data = ask(nginx[1], path)
        assert response.status == 404 and stored not in data
    assert ask(nginx[1], f"/api/v1/jobs/{job_id}/result")[0].status == 401


def test_the_group_of_the_folder_may_read_and_nobody_else(app, job):
    folder = get_folder(job[0])
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {0o640}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o2750 for path in (folder, folder.parent))


def test_the_setting_needs_nginx_and_a_folder(environment):
    for wrong in ({"PROXIES": "0"}, {"STORAGE_URL": "s3://bucket"}):
        with pytest.raises(WrongSetting, match="NGINX_SENDS_FILES"):
            config.load(environment | wrong)


def test_the_template_passes_on_every_header_that_the_site_sets():
    from pathlib import Path

    from views.http.headers import EVERYWHERE

    template = (Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf.template").read_text()
    passed = set(re.findall(r"add_header ([\w-]+) \$upstream_http_", template))
    assert {*EVERYWHERE, "Content-Security-Policy", "Strict-Transport-Security", "ETag"} <= passed
