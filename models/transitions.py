"""Every change of a job's status: from which status it may come, and which columns go with it.

    queued -> running -> done, failed
    queued, running -> cancelled
    running -> queued (its worker stopped or died), failed, cancelled -> queued (tried again)

The condition is part of the statement, so that of two who change one job at the same time only one does.
"""

from sqlalchemy import ColumnElement, Update, update

from models.base import utc_now
from models.job import CANCELLED, DONE, FAILED, QUEUED, RUNNING, Job

FROM = {
    QUEUED: (RUNNING, FAILED, CANCELLED),
    RUNNING: (QUEUED,),
    DONE: (RUNNING,),
    FAILED: (RUNNING,),
    CANCELLED: (QUEUED, RUNNING),
}


def change_status(to: str, *conditions: ColumnElement[bool], **values: object) -> Update:
    """Return the statement that brings the jobs that meet the conditions to the status `to`, with these `values` too.

    Its `rowcount` says how many jobs did change.
    """
    return update(Job).where(Job.status.in_(FROM[to]), *conditions).values({"status": to} | _list_columns(to) | values)


def _list_columns(to: str) -> dict[str, object]:
    """Return what else changes with the status."""
    if to == QUEUED:
        return {"worker": "", "progress": 0.0, "stage": ""}
    if to == RUNNING:
        return {"started_at": utc_now(), "heartbeat_at": utc_now(), "progress": 0.0, "stage": ""}
    progress = {DONE: {"progress": 1.0}, CANCELLED: {"progress": 0.0}}.get(to, {})
    return {"finished_at": utc_now(), "stage": "", "webhooks_due": True} | progress
