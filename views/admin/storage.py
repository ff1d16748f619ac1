"""Who keeps how much."""

from flask import render_template, request

from accounts import user_queries
from jobs import health, overview
from jobs.files import storage as files
from views.admin.shared import PAGE, blueprint, make_next_url


@blueprint.get("/storage")
def storage():
    rows, mark = user_queries.list_users("", "", "storage", PAGE, request.args.get("after", ""))
    return render_template(
        "admin/storage.html",
        users=rows,
        totals=overview.read_totals(),
        free_bytes=health.free_bytes(),
        location=files.get_backend().location,
        next_url=make_next_url("admin.storage", {}, mark),
    )
