"""All of a person's data as one ZIP file, made while it is sent: neither disk nor memory ever holds it whole."""

import json
import threading
import zipfile
from collections.abc import Generator, Iterable, Iterator
from typing import Any

from flask import Flask
from flask.globals import app_ctx
from sqlalchemy import exists, inspect, select

from accounts import data_export
from accounts.data_export import Account
from errors import N_
from jobs import quotas
from jobs.files import results, storage
from jobs.files.backends.base import StoredFile
from jobs.files.zip_stream import Archive, Pipe, make_entry, stream_stored
from models import Job, User, db

_AT_ONCE = 2
_BUSY = N_("Such a download is under way already, or other people are at theirs. Try again in a minute.")
_BATCH = 200
_HIDDEN = {"user_id", "worker", "original_file", "result_file", "mask_file", "kept"}
_HIDDEN |= {"request_key", "request_hash", "webhooks_due"}
_slots = threading.BoundedSemaphore(_AT_ONCE)


def make_zip(user_id: int) -> Archive:
    """Return the archive of an account. Raises ServiceUnavailable while too many are being sent."""
    return Archive(_slots, user_id, _BUSY, _stream_pieces(app_ctx.app, data_export.find_account(user_id)))


def _stream_pieces(app: Flask, account: Account) -> Generator[bytes]:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for name, document in _collect_documents(app, account.id).items():
            archive.writestr(make_entry(name), json.dumps(document, ensure_ascii=False, indent=2))
        yield from _write_events(archive, pipe, app, account)
        yield from _write_jobs(archive, pipe, app, account)
    yield pipe.take()


def _write_events(archive: zipfile.ZipFile, pipe: Pipe, app: Flask, account: Account) -> Iterator[bytes]:
    """Write the lines of the audit log, one JSON object a line."""
    last = 0
    with archive.open(make_entry("events.jsonl"), "w") as target:
        while batch := _read_events_after(app, account, last):
            last = batch[-1][0]
            target.write("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for _, line in batch).encode())
            yield pipe.take()


def _write_jobs(archive: zipfile.ZipFile, pipe: Pipe, app: Flask, account: Account) -> Iterator[bytes]:
    """Write a folder for each job: what is known of it, and its pictures."""
    last = ""
    while batch := _read_jobs_after(app, account, last):
        last = batch[-1][0]["id"]
        for facts, files in batch:
            folder = f"pictures/{facts['id']}"
            about = json.dumps(facts, ensure_ascii=False, indent=2)
            archive.writestr(make_entry(f"{folder}/job.json"), about)
            for file in files:
                yield from stream_stored(archive, pipe, file, f"{folder}/{file.name}")
        yield pipe.take()


def _collect_documents(app: Flask, user_id: int) -> dict[str, Any]:
    with app.app_context():
        name = db.session.scalar(select(User.name).where(User.id == user_id))
        if name is None:
            return {}
        uses = [
            {"limit": use.key, "used": use.rounded, "allowed": use.allowed} for use in quotas.measure_usage(user_id)
        ]
        return {
            "account.json": data_export.export_account(user_id) | {"limits": uses},
            "sessions.json": data_export.export_sessions(user_id),
            "access-tokens.json": data_export.export_access_tokens(user_id),
            "shares.json": data_export.export_shares(user_id),
            "albums.json": data_export.export_albums(user_id),
            "webhooks.json": data_export.export_webhooks(user_id),
        }


def _read_events_after(app: Flask, account: Account, last: int) -> list[tuple[int, dict[str, Any]]]:
    with app.app_context():
        name = db.session.scalar(select(User.name).where(account.is_there()))
        return data_export.export_events_after(name, account.made_at, last) if name else []


def _read_jobs_after(app: Flask, account: Account, last: str) -> list[tuple[dict[str, Any], list[StoredFile]]]:
    """Return the facts and the files of the next jobs; the connection goes back before anything is sent."""
    with app.app_context():
        mine = select(Job).where(Job.user_id == account.id, Job.id > last, exists().where(account.is_there()))
        mine = mine.order_by(Job.id).limit(_BATCH)
        return [(_describe_job(job), list(_list_files(job))) for job in db.session.scalars(mine)]


def _describe_job(job: Job) -> dict[str, Any]:
    """Return the job's row but what is hidden; the keys are the names of the columns."""
    shown = [column for column in Job.__table__.columns if column.key not in _HIDDEN]
    attributes = {column.key: inspect(Job).get_property_by_column(column).key for column in shown}
    return {name: data_export.to_plain(getattr(job, key)) for name, key in attributes.items()}


def _list_files(job: Job) -> Iterable[StoredFile]:
    return (storage.get_file(job.id, name) for name in results.list_names(job))
