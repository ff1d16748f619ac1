"""A folder and a bucket do the same, as `jobs.files.backends.base` says it."""

import io
import os
import time

import pytest

from jobs.errors import StorageAway
from jobs.files.backends import opening
from jobs.files.backends.base import BUCKET, UNCOMMITTED
from tests.support.bucket import ACCESS_KEY, SECRET_KEY

ONE, OTHER = "ab" * 16, "cd" * 16


@pytest.fixture
def settings(tmp_path):
    return {
        "INSTANCE_DIR": tmp_path,
        "STORAGE_ACCESS_KEY": ACCESS_KEY,
        "STORAGE_SECRET_KEY": SECRET_KEY,
        "NGINX_SENDS_FILES": False,
    }


@pytest.fixture(params=["folder", "bucket"])
def backend(request, tmp_path, settings):
    address = request.getfixturevalue("bucket").url if request.param == "bucket" else str(tmp_path / "pictures")
    return opening.open_backend(address, settings)


def keep(backend, job_id: str = ONE, **files: bytes) -> None:
    with backend.draft(job_id) as draft:
        for name, data in files.items():
            (draft.folder / f"{name}.png").write_bytes(data)
        draft.keep()


def test_a_draft_is_kept_with_all_its_files_and_leaves_nothing_beside_them(backend):
    keep(backend, original=b"picture", mask=b"")
    assert backend.list_files(ONE) == {"mask.png": 0, "original.png": 7}
    assert list(backend.list_job_ids()) == [ONE] and not list(backend.scratch.glob("*"))
    assert backend.get_file(ONE, "original.png").read() == b"picture"
    assert backend.list_uncommitted(-1) == [ONE]
    backend.mark_committed(ONE)
    assert backend.list_uncommitted(-1) == []


def test_a_draft_that_is_not_kept_is_gone(backend):
    with pytest.raises(RuntimeError), backend.draft(ONE) as draft:
        (draft.folder / "original.png").write_bytes(b"picture")
        raise RuntimeError
    assert not list(backend.list_job_ids()) and not list(backend.scratch.glob("*"))


def test_a_draft_copies_files_of_other_jobs_which_then_live_apart(backend):
    keep(backend, original=b"picture")
    with backend.draft(OTHER) as draft:
        assert draft.copy(backend.get_file(ONE, "original.png"), "again.png") == 7
        with pytest.raises(FileNotFoundError):
            draft.copy(backend.get_file(ONE, "missing.png"), "missing.png")
        draft.keep()
    backend.remove(ONE)
    assert backend.list_files(ONE) == {} and backend.list_files(OTHER) == {"again.png": 7}
    assert list(backend.list_job_ids()) == [OTHER]


def test_a_part_of_a_file_is_read_and_a_missing_one_is_told(backend):
    keep(backend, original=bytes(range(200)))
    file = backend.get_file(ONE, "original.png")
    with file.open(10, 20) as part:
        assert part.read() == bytes(range(10, 20)) and part.seek(0, os.SEEK_END) == 10
    with file.open(190) as part:
        assert part.read(5) == bytes(range(190, 195))
    with file.local_copy() as path:
        assert path.read_bytes() == bytes(range(200))
    missing = backend.get_file(ONE, "missing.png")
    assert not missing.exists() and not list(backend.scratch.glob("*"))
    for read in (missing.read, missing.stat):
        with pytest.raises(FileNotFoundError):
            read()


def test_the_mark_of_a_file_changes_with_its_content(backend):
    keep(backend, original=b"picture")
    before = backend.stat(ONE, "original.png")
    time.sleep(0.01)
    backend.save(ONE, "original.png", b"another")
    now = backend.stat(ONE, "original.png")
    assert (before.size, now.size) == (7, 7) and before.mark != now.mark


def test_single_files_go_and_those_beside_the_jobs_are_no_jobs(backend):
    keep(backend, original=b"picture", result=b"other")
    backend.remove_files(ONE, "result.png", "missing.png")
    backend.write_text("installation-id", "abc")
    backend.add(OTHER, "original.png", io.BytesIO(b"added"))
    assert backend.read_text("installation-id") == "abc" and backend.read_text("other-id") == ""
    assert backend.list_files(ONE) == {"original.png": 7}
    assert sorted(backend.list_job_ids()) == [ONE, OTHER] and not list(backend.list_job_ids(3600))
    assert UNCOMMITTED not in backend.list_files(ONE)


def test_what_a_crash_left_on_this_machine_goes_once_it_is_old(backend):
    left = backend.make_scratch_path("png")
    left.write_bytes(b"half")
    assert backend.remove_stale(3600) == 0 and left.exists()
    os.utime(left, (time.time() - 4000,) * 2)
    assert backend.remove_stale(3600) == 1 and not left.exists()


def test_a_large_object_is_whole_and_a_long_list_of_files_goes_at_once(bucket, settings):
    backend = opening.open_backend(bucket.url, settings)
    data = os.urandom(1 << 20) * 70  # sent in parts
    backend.add(ONE, "original.png", io.BytesIO(data))
    assert backend.stat(ONE, "original.png").size == len(data)
    assert backend.get_file(ONE, "original.png").read() == data
    for number in range(5):
        backend.save(ONE, f"{number}.png", b"x")
    backend.remove(ONE)
    assert bucket.read_all() == {}


def test_a_bucket_that_is_away_is_told_once_and_once_when_it_is_back(bucket, settings, caplog):
    backend = opening.open_backend(bucket.url, settings)
    keep(backend, original=b"picture")
    bucket.server.stop()
    try:
        for ask in (lambda: backend.stat(ONE, "original.png"), lambda: backend.read_text("installation-id")):
            with pytest.raises(StorageAway):
                ask()
    finally:
        bucket.server.start()
    assert backend.get_file(ONE, "original.png").read() == b"picture"
    told = [record.message for record in caplog.records if record.name.endswith("s3_client")]
    assert len(told) == 2 and "EndpointConnectionError" in told[0] and "answers again" in told[1]
    assert backend.kind == BUCKET and not {ACCESS_KEY, SECRET_KEY} & set(" ".join(told).split())


def test_a_bucket_that_refuses_or_is_not_there_is_away_rather_than_empty(bucket, settings):
    away = opening.open_backend(bucket.url.replace(bucket.name, "another-bucket"), settings)
    for ask in (lambda: away.read_text("installation-id"), lambda: away.save(ONE, "a.png", b"")):
        with pytest.raises(StorageAway):
            ask()
    with pytest.raises(StorageAway):
        list(away.list_job_ids())
