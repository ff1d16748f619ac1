"""`flask storage migrate`: from the folder into a bucket and back, stopped in the middle and taken up again."""

import hashlib
import json
from pathlib import Path

import pytest

import config
from app import create_app
from jobs.errors import ServiceUnavailable
from jobs.files import marker, storage
from jobs.files.backends import opening
from jobs.files.backends.s3 import S3Backend
from models import Job, db
from models.job import RUNNING
from models.setting import STORAGE_PLACE, read_text
from tests.jobs.support import make_job, make_user, run_job
from worker.operation import migration
from worker.proof import prove

FILES_OF_A_JOB = 8  # original, result and change map, with their small copies


@pytest.fixture(autouse=True)
def impatience(monkeypatch):
    monkeypatch.setattr(migration, "GRACE_SECONDS", 0)
    monkeypatch.setattr(migration, "WAIT_SECONDS", 0)


@pytest.fixture
def site(app, bucket):
    """A site with three finished jobs in its folder, and the keys of a bucket."""
    app.config.update(bucket.settings | {"STORAGE_URL": None})
    with app.app_context():
        user_id = make_user()
        for _ in range(3):
            run_job(make_job(user_id))
        db.session.remove()
        yield app


@pytest.fixture
def on_bucket(site, environment, bucket):
    """The same site with the settings of a bucket."""
    return create_app(config.load(environment | bucket.settings) | {"TESTING": True})


def hash_folder(app) -> dict[str, str]:
    root = Path(app.config["STORAGE_DIR"])
    files = [path for path in root.glob("??/*/*") if path.is_file()]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def hash_bucket(bucket) -> dict[str, str]:
    found = {key.removeprefix("site/"): data for key, data in bucket.read_all().items() if key.count("/") == 3}
    return {key: hashlib.sha256(data).hexdigest() for key, data in found.items()}


def move(app, source, target):
    return app.test_cli_runner().invoke(args=["storage", "migrate", "--from", str(source), "--to", str(target)])


def test_folder_to_bucket_to_folder_by_hash(site, on_bucket, bucket, tmp_path):
    before = hash_folder(site)
    assert len(before) == 3 * FILES_OF_A_JOB
    there = move(site, site.config["STORAGE_DIR"], bucket.url)
    assert there.exit_code == 0 and f"{len(before)} files" in there.output, there.output
    assert hash_bucket(bucket) == before and "STORAGE_URL" in there.output
    with on_bucket.app_context():
        assert marker.find_problem() == "" and prove().problems == ()
        back = move(on_bucket, bucket.url, tmp_path / "back")
        assert back.exit_code == 0 and f"{len(before)} files" in back.output, back.output
    site.config["STORAGE_DIR"] = tmp_path / "back"
    assert hash_folder(site) == before and marker.find_problem() == ""
    assert not list(Path(site.config["INSTANCE_DIR"]).glob("storage-migration-*"))


def test_a_run_that_was_stopped_goes_on_where_it_was(site, bucket, monkeypatch):
    before, add, added = hash_folder(site), S3Backend.add, []

    def stop_in_the_middle(self, job_id, name, source):
        if len(added) == 10:
            raise KeyboardInterrupt
        added.append(name)
        add(self, job_id, name, source)

    monkeypatch.setattr(migration, "_AT_ONCE", 1)
    monkeypatch.setattr(S3Backend, "add", stop_in_the_middle)
    places = storage.get_backend(), migration_target(site, bucket)
    with pytest.raises(KeyboardInterrupt):
        migration.migrate(*places, Path(site.config["INSTANCE_DIR"]), print)
    (ledger,) = Path(site.config["INSTANCE_DIR"]).glob("storage-migration-*.jsonl")
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert len(lines) == 10 and all(before[line["file"]] == line["sha256"] for line in lines)
    assert marker.find_problem() == "", "the site goes on with its folder"
    monkeypatch.setattr(S3Backend, "add", add)
    changed = storage.get_backend().get_folder(lines[0]["file"].split("/")[1]) / lines[0]["file"].split("/")[2]
    changed.write_bytes(changed.read_bytes()[::-1])  # as long as before
    done = migration.migrate(*places, Path(site.config["INSTANCE_DIR"]), print)
    assert (done.files, done.known) == (len(before) - 9, len(before)) and hash_bucket(bucket) == hash_folder(site)


def migration_target(site, bucket):
    return opening.open_backend(bucket.url, site.config)


def test_after_the_move_who_still_has_the_old_place_takes_nothing(site, on_bucket, bucket):
    assert move(site, site.config["STORAGE_DIR"], bucket.url).exit_code == 0
    assert prove().problems == ("storage_moved",) and not prove().takes_jobs
    with pytest.raises(ServiceUnavailable) as refused:
        make_job(make_user("54321"))
    assert refused.value.key == "storage_moved"
    told = site.test_client().get("/healthz").json
    assert (told["status"], told["storage"], told["storage_kind"]) == ("degraded", "moved", "folder")
    with on_bucket.app_context():
        assert make_job(make_user("6789012"))


def test_nothing_is_moved_while_a_job_runs(site, bucket):
    job_id = make_job(make_user("54321"))
    db.session.execute(db.update(Job).where(Job.id == job_id).values(status=RUNNING))
    db.session.commit()
    refused = move(site, site.config["STORAGE_DIR"], bucket.url)
    assert refused.exit_code == 1 and "still running: 1" in refused.output
    assert marker.find_problem() == "" and not bucket.list_pictures()


def test_a_migration_that_was_killed_is_unlocked(site):
    migration.write_text(STORAGE_PLACE, migration.MOVING)
    assert marker.find_problem() == "storage_moved"
    told = site.test_cli_runner().invoke(args=["storage", "unlock"])
    assert told.exit_code == 0 and marker.find_problem() == "" and read_text(STORAGE_PLACE) == "folder"


def test_no_other_site_is_written_into_or_copied(site, bucket, tmp_path):
    empty = move(site, tmp_path / "nothing", bucket.url)
    assert empty.exit_code == 1 and "does not hold the pictures of this site" in empty.output
    migration_target(site, bucket).write_text(marker.FILE, "of another site")
    foreign = move(site, site.config["STORAGE_DIR"], bucket.url)
    assert foreign.exit_code == 1 and "holds pictures of another site" in foreign.output
    folders = move(site, site.config["STORAGE_DIR"], tmp_path / "other")
    assert folders.exit_code == 1 and "rsync" in folders.output
