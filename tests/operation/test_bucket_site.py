"""A site whose web server and worker share a database, a queue and a bucket, and no folder."""

import io
import shutil
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

import config
from app import create_app
from jobs import account_deletion, health, job_statistics, lifecycle, trash
from jobs.errors import StorageFull
from jobs.files import storage
from models import Job, User, db, utc_now
from models.job import QUEUED
from setting_readers import WrongSetting
from tests.accounts.people import sign_in_person
from tests.jobs.sampler import install
from tests.jobs.support import WorkerProcess, make_from, make_job, make_painted_sheet, picture, run_job, wait_until
from worker import recovery, runner
from worker.proof import prove


@pytest.fixture(autouse=True)
def no_weights(environment, tmp_path):
    environment["WEIGHTS_DIR"] = str(tmp_path / "weights")


@pytest.fixture
def environment(environment, bucket):
    return environment | bucket.settings


@pytest.fixture
def sampler(monkeypatch):
    return install(monkeypatch)


@pytest.fixture
def owner(app, sampler):
    """A signed-in browser; the test is in the application's context as well."""
    browser = sign_in_person(app, "12345")
    with app.app_context():
        yield browser


@pytest.fixture
def owner_id(owner) -> int:
    return db.session.scalar(db.select(User.id))


@pytest.fixture
def redis_environment(environment, redis_server):
    environment["QUEUE_URL"] = redis_server.url
    return environment


@pytest.fixture
def worker(redis_environment, app, tmp_path):
    """A worker with a folder of its own, which has nothing of the web server's but database, queue and bucket."""
    own = redis_environment | {"INSTANCE_DIR": str(tmp_path / "another-machine"), "GATE": str(tmp_path / "gate")}
    process = WorkerProcess(own, tmp_path / "worker.log").ready()
    yield tmp_path / "another-machine"
    process.kill()


def place(job_id: str, path: str) -> str:
    return f"/12345/jobs/{job_id}/{path}"


def list_left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if "scratch" in path.parts or "storage" in path.parts if path.is_file()]


def send_every_kind_of_file(owner, owner_id, bucket, run) -> set[str]:
    """Make jobs of all kinds, `run` each elsewhere, and fetch all their files; return the ids."""
    plain = run(make_job(owner_id, picture(), service="sampler", mask=make_painted_sheet(mode="L")))
    several = run(make_job(owner_id, service="sampler", way="alternatives"))
    files = run(make_job(owner_id, service="sampler", way="files"))
    again = run(make_from(owner_id, plain))
    bright = run(make_job(owner_id))
    onward = run(make_from(owner_id, bright, "adjust", "result", brightness="1.2"))
    for job_id, path in (
        (plain, "original"),
        (plain, "result"),
        (plain, "result?format=jpeg&quality=80"),
        (plain, "preview?of=result"),
        (plain, "thumbnail"),
        (plain, "uploads/mask"),
        (plain, "live/matte"),
        (several, "answers/2"),
        (files, "files/sheet.pdf"),
        (again, "uploads/mask"),
        (bright, "change-map"),
        (onward, "result"),
    ):
        sent = owner.get(place(job_id, path))
        assert sent.status_code == 200 and len(sent.data) == sent.content_length > 0, path
    archive = zipfile.ZipFile(io.BytesIO(owner.get("/12345/history/pictures.zip").data))
    assert archive.testzip() is None and len(archive.namelist()) == 7
    made = {plain, several, files, again, bright, onward}
    assert {key.split("/")[2] for key in bucket.list_pictures()} == made
    return made


@pytest.mark.parametrize("engine", ["mariadb"], indirect=True)
def test_every_kind_of_file_goes_from_a_web_server_to_a_worker_and_back(
    redis_environment, owner, owner_id, worker, bucket, app
):
    made = send_every_kind_of_file(owner, owner_id, bucket, lambda job_id: wait_until(job_id).id)
    assert {db.session.get(Job, each).status for each in made} == {"done"}
    assert not list_left(worker) and not list_left(Path(app.config["INSTANCE_DIR"])), "nothing stays on either machine"


def test_two_installations_that_share_no_folder_are_one_site(owner, owner_id, bucket, app, environment, tmp_path):
    own = {"INSTANCE_DIR": str(tmp_path / "another"), "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"]}
    other = create_app(config.load(environment | own) | {"TESTING": True})

    def run_elsewhere(job_id: str) -> str:
        db.session.remove()
        with other.app_context():
            assert prove().problems == () and run_job(job_id).status == "done"
            db.session.remove()
        return job_id

    send_every_kind_of_file(owner, owner_id, bucket, run_elsewhere)
    assert not list_left(tmp_path / "another") and not list_left(Path(app.config["INSTANCE_DIR"]))


def test_ranges_and_conditions_hold(owner, owner_id):
    job = run_job(make_job(owner_id))
    whole = owner.get(place(job.id, "result"))
    mark = whole.headers["ETag"]
    part = owner.get(place(job.id, "result"), headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, whole.data[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole.data)}" and part.headers["ETag"] == mark
    assert owner.get(place(job.id, "result"), headers={"Range": "bytes=-5"}).data == whole.data[-5:]
    assert owner.get(place(job.id, "result"), headers={"If-None-Match": mark}).status_code == 304
    assert owner.get(place(job.id, "result"), headers={"If-Match": '"other"'}).status_code == 412
    head = owner.send("head", place(job.id, "result"), "")
    assert (head.status_code, head.content_length, head.headers["ETag"]) == (200, len(whole.data), mark)
    beyond = owner.get(place(job.id, "result"), headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416
    small = owner.get(place(job.id, "thumbnail"))
    assert small.headers["Cache-Control"] == "private, no-cache" and small.headers["ETag"]
    kept = owner.get(place(job.id, "thumbnail"), headers={"If-None-Match": small.headers["ETag"]})
    assert (kept.status_code, kept.headers["Cache-Control"]) == (304, "private, no-cache")


def test_what_is_deleted_leaves_nothing_in_the_bucket(owner_id, bucket):
    erased, trashed, left = (run_job(make_job(owner_id)).id for _ in range(3))
    lifecycle.erase(erased)
    trash.put(owner_id, [trashed])
    trash.erase(owner_id, [trashed])
    assert {key.split("/")[2] for key in bucket.list_pictures()} == {left}
    long_ago = utc_now() - timedelta(days=9)
    db.session.execute(db.update(Job).where(Job.id == left).values(finished_at=long_ago, created_at=long_ago))
    db.session.commit()
    assert recovery.purge(days=1) == 1 and not bucket.list_pictures()
    run_job(make_job(owner_id))
    account_deletion.remove(owner_id, actor="a test", address=None)
    assert not bucket.list_pictures()


def test_what_a_worker_writes_after_the_deletion_goes_with_the_mark(owner_id, bucket, monkeypatch):
    job_id = make_job(owner_id)
    lifecycle.erase(job_id)
    storage.save(job_id, "result.png", b"too late")
    assert len(bucket.list_pictures()) == 1
    monkeypatch.setattr(recovery, "_DRAFT_SECONDS", -1)
    recovery.purge()
    assert not bucket.read_all().keys() - {"site/installation-id"}


def test_a_bucket_that_is_away_is_an_honest_503_and_no_failed_job(owner, owner_id, app, bucket, monkeypatch):
    job = run_job(make_job(owner_id))
    waiting = make_job(owner_id)
    bucket.server.stop()
    try:
        sent = owner.get(place(job.id, "result"), headers={"Accept": "application/json"})
        assert (sent.status_code, sent.json["error"]["key"]) == (503, "storage_away") and sent.headers["Retry-After"]
        assert owner.get(place(job.id, "")[:-1]).status_code == 200, "pages need no bucket"
        health = app.test_client().get("/healthz")
        assert (health.json["status"], health.json["storage"]) == ("degraded", "away")
        assert health.json["storage_kind"] == "bucket" and "secret" not in health.text
        assert runner.run(waiting, "a-test")
        row = db.session.get(Job, waiting, populate_existing=True)
        assert (row.status, row.attempts) == (QUEUED, 0)
        doctor = app.test_cli_runner().invoke(args=["doctor"])
        assert "does not answer" in doctor.output and bucket.settings["STORAGE_SECRET_KEY"] not in doctor.output
    finally:
        bucket.server.start()
    assert run_job(waiting).status == "done"


def test_a_full_bucket_takes_no_more(owner_id, app):
    app.config["STORAGE_MEGABYTES"] = 1
    assert health.free_bytes() == 1_000_000 and health.check_disk() == "low"
    job_id = make_job(owner_id)
    db.session.execute(db.update(Job).where(Job.id == job_id).values(original_bytes=2_000_000))
    db.session.commit()
    job_statistics.count_storage()
    assert (health.free_bytes(), health.check_disk()) == (0, "full")
    with pytest.raises(StorageFull):
        make_job(owner_id)


def test_a_backup_of_a_bucket_is_restored_into_a_folder(owner_id, app, bucket, tmp_path):
    run_job(make_job(owner_id))
    db.session.remove()
    made = app.test_cli_runner().invoke(args=["backup", str(tmp_path / "site.backup")])
    assert made.exit_code == 0, made.output
    target = create_app(config.load({"INSTANCE_DIR": str(tmp_path / "new"), "SECRET_KEY": "k" * 64}))
    with target.app_context():
        done = target.test_cli_runner().invoke(args=["restore-backup", str(tmp_path / "site.backup")])
    assert done.exit_code == 0, done.output
    pictures = {key.removeprefix("site/"): data for key, data in bucket.read_all().items() if key.count("/") == 3}
    root = Path(target.config["STORAGE_DIR"])
    assert {str(p.relative_to(root)): p.read_bytes() for p in root.glob("??/*/*")} == pictures
    shutil.rmtree(root)


@pytest.mark.parametrize(
    "url",
    [
        "http://bucket/prefix",
        "s3://key:secret@bucket/prefix",
        "s3://bucket/?endpoint=ftp://host",
        "s3://bucket/?endpoint=https://user:secret@host",
        "s3://bucket/?secret=1",
        "s3://B/",
    ],
)
def test_an_address_that_is_none_is_refused_and_never_repeated(environment, url):
    with pytest.raises(WrongSetting) as refused:
        config.load(environment | {"STORAGE_URL": url})
    assert "s3://bucket/prefix" in str(refused.value) and url not in str(refused.value)
