"""Jobs: the list, and each one, with a way to wait for its end."""

from typing import Any

from flask_login import current_user

from accounts.tokens import READ
from errors import N_
from jobs.photos import listing
from jobs.waiting import wait_for_news
from views.api.facts import tell_job, tell_jobs
from views.api.operation import operation
from views.api.schemas import Job, JobQuery, Jobs, JobsQuery
from views.jobs.sheet import find_history_service


@operation("GET", "/jobs", N_("List your jobs, the newest first"), READ, query=JobsQuery, response=Jobs)
def jobs(query: JobsQuery) -> dict[str, Any]:
    chosen = listing.Filter(service=find_history_service(query.service))
    found, older = listing.list_page(current_user.id, query.limit, query.before or None, chosen)
    return {"jobs": tell_jobs(found), "next": older}


@operation("GET", "/jobs/<id>", N_("Look at a job, or wait for its end"), READ, query=JobQuery, response=Job)
def job(id: str, query: JobQuery) -> dict[str, Any]:
    return tell_job(wait_for_news(current_user.id, id, query.wait, query.progress))
