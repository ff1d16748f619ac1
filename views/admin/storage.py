"""Who keeps how much."""

from flask import render_template, request

from accounts import user_queries
from jobs import health, overview
from views.admin.shared import PAGE, blueprint, next_url


@blueprint.get("/storage")
def storage():
    rows, mark = user_queries.users("", "", "storage", PAGE, request.args.get("after", ""))
    return render_template(
        "admin/storage.html",
        users=rows,
        totals=overview.totals(),
        free_bytes=health.free_bytes(),
        next_url=next_url("admin.storage", {}, mark),
    )
