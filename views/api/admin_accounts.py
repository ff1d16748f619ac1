"""Accounts, for administrators."""

from typing import Any

from flask import url_for

from accounts import administration, user_queries
from accounts.errors import NoSuchAccount
from accounts.tokens import ADMIN
from errors import N_
from jobs import quotas, retention
from jobs.queue import notify_mailer
from models import User
from views.admin.shared import PAGE, me
from views.api.admin_schemas import AccountsQuery, AdminAccountDetails, AdminAccounts, Disablement, Limits
from views.api.facts import tell_time
from views.api.operation import operation

_ONE = "/admin/accounts/<int(max=2147483647):id>"


@operation("GET", "/admin/accounts", N_("List accounts"), ADMIN, query=AccountsQuery, response=AdminAccounts)
def admin_accounts(query: AccountsQuery) -> dict[str, Any]:
    rows, mark = user_queries.list_users(query.q, query.state, query.order, PAGE, query.after)
    return {"accounts": [_tell(user) for user in rows], "next": mark}


@operation("GET", _ONE, N_("Look at an account"), ADMIN, response=AdminAccountDetails)
def admin_account(id: int) -> dict[str, Any]:
    return _tell_details(id)


@operation(
    "POST", f"{_ONE}/disablement", N_("Disable an account"), ADMIN, body=Disablement, response=AdminAccountDetails
)
def admin_disable(id: int, body: Disablement) -> dict[str, Any]:
    notify_mailer(administration.disable(me(), id, body.reason))
    return _tell_details(id)


@operation("POST", f"{_ONE}/enablement", N_("Enable an account again"), ADMIN, response=AdminAccountDetails)
def admin_enable(id: int) -> dict[str, Any]:
    administration.enable(me(), id)
    return _tell_details(id)


@operation(
    "PUT", f"{_ONE}/limits", N_("Set the limits of an account"), ADMIN, body=Limits, response=AdminAccountDetails
)
def admin_limits(id: int, body: Limits) -> dict[str, Any]:
    texts = {name: "" if number is None else str(number) for name, number in body.model_dump().items()}
    administration.set_quotas(me(), id, texts)
    return _tell_details(id)


def _tell(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "is_admin": user.is_admin,
        "language": user.language,
        "created_at": tell_time(user.created_at),
        "signed_in_at": tell_time(user.signed_in_at),
        "disabled_at": tell_time(user.disabled_at),
        "disabled_reason": user.disabled_reason,
        "stored_bytes": user.stored_bytes,
        "url": url_for("api.admin_account", id=user.id),
    }


def _tell_details(user_id: int) -> dict[str, Any]:
    user = user_queries.find(user_id)
    if user is None:
        raise NoSuchAccount()
    limits = [{"key": use.key, "used": use.rounded, "allowed": use.allowed} for use in quotas.measure_usage(user_id)]
    return _tell(user) | {"limits": limits, "retention_days": retention.find_days(user_id)}
