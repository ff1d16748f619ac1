"""The account that a program acts for: its limits, and the token itself."""

from typing import Any

from flask import g
from flask_login import current_user

from accounts.tokens import READ
from errors import N_
from jobs import quotas, retention
from models import AccessToken
from views.api.facts import tell_time
from views.api.operation import operation
from views.api.schemas import Account


@operation("GET", "/account", N_("Your account, its limits, and this token"), READ, response=Account)
def account() -> dict[str, Any]:
    user = current_user
    return {
        "name": user.name,
        "language": user.language,
        "is_admin": user.is_admin,
        "created_at": tell_time(user.created_at),
        "retention_days": retention.find_days(user.id),
        "limits": [
            {"key": use.key, "used": use.rounded, "allowed": use.allowed} for use in quotas.measure_usage(user.id)
        ],
        "token": _tell_token(g.access_token) if g.access_token else None,
    }


def _tell_token(token: AccessToken) -> dict[str, Any]:
    return {
        "name": token.name,
        "scopes": token.scopes.split(),
        "created_at": tell_time(token.created_at),
        "expires_at": tell_time(token.expires_at),
    }
