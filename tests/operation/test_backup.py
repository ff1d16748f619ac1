"""Backups: the drill of losing everything and getting it back, on both engines and from one to the other."""

import shutil
import tarfile
from pathlib import Path

import pytest

import config
from app import create_app
from models import Job, User, db
from tests.accounts.people import Browser, make_user
from tests.jobs.support import list_stored_files, make_job, run_job
from tests.support.engines import both_engines
from tests.support.stored import get_folder


@pytest.fixture
def site(app):
    """A site with an account that can sign in, a finished job and a waiting one."""
    make_user(app, "12345")
    with app.app_context():
        user_id = db.session.scalar(db.select(User.id))
        run_job(make_job(user_id, name="祖母的照片.jpg"))
        make_job(user_id)
        db.session.remove()
    return app


def run(app, *arguments: str):
    return app.test_cli_runner().invoke(args=[str(each) for each in arguments])


def make_empty_site(folder: Path, url: str = ""):
    given = {"INSTANCE_DIR": str(folder), "SECRET_KEY": "k" * 64} | ({"DATABASE_URL": url} if url else {})
    return create_app(config.load(given) | {"TESTING": True})


@both_engines
def test_the_drill_all_is_lost_and_all_is_back(site, tmp_path, request, mariadb):
    before = list_stored_files(site)
    file = tmp_path / "site.backup"
    made = run(site, "backup", file)
    assert made.exit_code == 0, made.output
    assert file.stat().st_mode & 0o077 == 0
    assert "is there already" in run(site, "backup", file).output
    for url in ("", mariadb.new_database("revive_restored")):
        target = make_empty_site(tmp_path / ("on-mariadb" if url else "on-sqlite"), url)
        done = run(target, "restore-backup", file)
        assert done.exit_code == 0, done.output
        assert list_stored_files(target) == before
        with target.app_context():
            jobs = list(db.session.scalars(db.select(Job).order_by(Job.created_at)))
            assert [job.status for job in jobs] == ["done", "queued"] and jobs[0].original_name == "祖母的照片.jpg"
            assert (get_folder(jobs[0].id) / jobs[0].result_file).exists()
            db.session.remove()
        assert run(target, "jobs", "check").exit_code == 0
        browser = Browser(target)
        assert browser.sign_in("12345").status_code == 303
        assert "祖母的照片" in browser.get("/12345/history").text
        assert "has accounts or jobs" in run(target, "restore-backup", file).output
        with target.app_context():
            db.engine.dispose()


def test_a_damaged_backup_is_found_before_anything_is_written(site, tmp_path):
    file, short, changed = (tmp_path / name for name in ("whole", "short", "changed"))
    assert run(site, "backup", file).exit_code == 0
    assert "is whole" in run(site, "restore-backup", "--check-only", file).output
    short.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    data = bytearray(file.read_bytes())
    with tarfile.open(file) as tar:
        picture = next(entry for entry in tar if entry.name.endswith("original.jpg"))
    data[picture.offset_data + 50] ^= 1
    changed.write_bytes(data)
    target = make_empty_site(tmp_path / "empty")
    for each in (short, changed, tmp_path / "instance" / "revive.db"):
        done = run(target, "restore-backup", each)
        assert done.exit_code == 1 and "Traceback" not in done.output, done.output
    assert "SHA-256" in run(target, "restore-backup", changed).output
    assert list_stored_files(target) == []


def test_a_picture_that_is_gone_is_told_and_the_rest_is_kept(site, tmp_path):
    with site.app_context():
        job_id = db.session.scalar(db.select(Job.id).where(Job.status == "queued"))
        shutil.rmtree(get_folder(job_id))
        db.session.remove()
    done = run(site, "backup", tmp_path / "file")
    assert done.exit_code == 0 and f"storage/{job_id} is not in the storage" in done.output
