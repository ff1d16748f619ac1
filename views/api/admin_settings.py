"""Settings that count at once, for administrators."""

from typing import Any

from accounts.settings import changes
from accounts.settings.changes import Listed
from accounts.tokens import ADMIN
from errors import N_
from views.admin.shared import me
from views.api.admin_schemas import AdminSetting, AdminSettings, Confirmation, SettingChange
from views.api.facts import tell_time
from views.api.operation import operation
from views.pages import tr

_ONE = "/admin/settings/<name>"


@operation("GET", "/admin/settings", N_("List the settings that count at once"), ADMIN, response=AdminSettings)
def admin_settings() -> dict[str, Any]:
    return {"settings": [_tell(listed) for listed in changes.list_settings()]}


@operation("GET", _ONE, N_("Look at a setting"), ADMIN, response=AdminSetting)
def admin_setting(name: str) -> dict[str, Any]:
    return _tell(changes.find(name))


@operation("PUT", _ONE, N_("Change a setting"), ADMIN, body=SettingChange, response=AdminSetting)
def admin_change_setting(name: str, body: SettingChange) -> dict[str, Any]:
    value = tuple(body.value) if isinstance(body.value, list) else body.value
    changes.change(me(), {name: changes.write_text(value)}, body.confirm)
    return _tell(changes.find(name))


@operation("DELETE", _ONE, N_("Take the change of a setting back"), ADMIN, query=Confirmation, response=AdminSetting)
def admin_take_back_setting(name: str, query: Confirmation) -> dict[str, Any]:
    changes.take_back(me(), name, query.confirm)
    return _tell(changes.find(name))


def _tell(listed: Listed) -> dict[str, Any]:
    return {
        "name": listed.setting.name,
        "title": tr(listed.setting.title),
        "about": tr(listed.setting.about),
        "value": _as_json(listed.value),
        "origin": listed.origin,
        "beneath": _as_json(listed.beneath),
        "changed_at": tell_time(listed.changed_at),
        "changed_by": listed.changed_by or None,
    }


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
