"""The first page of the administration: how things are, and how they were in the last thirty days."""

from flask import render_template

import services
from accounts.mail.faults import find_mail_fault
from jobs import health, overview
from views.admin.plots import draw_columns, draw_stacks
from views.admin.shared import blueprint

FAILED = 2  # its place in the stacks of the first plot, and with it its colour


@blueprint.get("/", endpoint="overview")
def show():
    days = overview.count_by_day()
    return render_template(
        "admin/overview.html",
        health=health.report(),
        mail_fault=find_mail_fault(),
        line=overview.read_queue_state(),
        totals=overview.read_totals(),
        days=days,
        jobs_plot=draw_stacks([(day.done, day.made - day.done - day.failed, day.failed) for day in days]),
        failures_plot=draw_columns([day.failed for day in days], kind=FAILED),
        accounts_plot=draw_columns([day.new_accounts for day in days]),
        durations=_list_durations(),
        failures=overview.count_failures(),
    )


def _list_durations() -> list[tuple[str, float, float]]:
    """(title, mean seconds, share of the longest) of each service that ran."""
    seconds = overview.average_durations()
    longest = max(seconds.values(), default=0.0) or 1.0
    titles = {service.key: service.title for service in services.list_all()}
    return [(titles.get(key, key), mean, mean / longest) for key, mean in sorted(seconds.items())]
