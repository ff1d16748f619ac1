"""What an administrator does to settings: list, change, and give back to the environment.

That whoever acts still may is looked at in the same transaction, before anything of it is read: two administrators who
change a setting at once come one after the other, and each line of the audit log has the value that was really there.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts.administration import Administrator
from accounts.errors import AccountError, FieldErrors
from accounts.security import audit, rights
from accounts.settings.current import forget_cached
from changeable_settings import CHANGEABLE
from models import ChangedSetting, db, utc_now
from setting_readers import Setting, Unusable

# Where a value comes from.
CHANGED, ENVIRONMENT, DEFAULT = "changed", "environment", "default"
# Of a longer text the audit log has the beginning.
_AUDITED_LENGTH = 90
RETENTION = "RETENTION_DAYS"


class NoSuchSetting(AccountError):
    """There is no setting of this name that can be changed here."""

    key, status = "not_found", 404
    message = _("There is no setting with this name that can be changed while the site runs.")


class ConfirmationNeeded(FieldErrors):
    """The change deletes something for good, and nobody said that it may."""

    def __init__(self) -> None:
        told = _("Older pictures are then deleted for good, within the hour. Confirm that you want this.")
        super().__init__({RETENTION: told})


@dataclass(frozen=True)
class Listed:
    """One setting, what it is now and where that comes from: CHANGED, ENVIRONMENT or DEFAULT.

    `beneath` is what it is once the change is taken back. `is_taken` is False for a changed value that this version
    cannot use.
    """

    setting: Setting
    value: Any
    origin: str
    beneath: Any
    changed_at: datetime | None = None
    changed_by: str = ""
    is_taken: bool = True


def list_settings() -> list[Listed]:
    """Return every setting that can be changed, in the order of the page, as the database has it at this moment."""
    rows = {row.name: row for row in db.session.scalars(select(ChangedSetting))}
    return [_describe(setting, rows.get(setting.name)) for setting in CHANGEABLE.values()]


def find(name: str) -> Listed:
    """Return one setting. Raises NoSuchSetting."""
    setting = _find_setting(name)
    return _describe(setting, db.session.get(ChangedSetting, name, populate_existing=True))


def change(by: Administrator, texts: Mapping[str, str], is_confirmed: bool = False) -> None:
    """Set settings to what their texts say, all of them or none.

    Raises NoSuchSetting, FieldErrors for what is no value, and ConfirmationNeeded where pictures would be deleted and
    `is_confirmed` is False.
    """
    values = _read_all({_find_setting(name): text for name, text in texts.items()})
    before = _begin(values)
    for name, value in values.items():
        _check(name, before[name].value, value, is_confirmed)
        row = db.session.get(ChangedSetting, name) or ChangedSetting(name=name)
        row.value, row.changed_at, row.changed_by = write_text(value), utc_now(), by.name
        db.session.add(row)
    _commit()
    for name, value in values.items():
        _record(by, "setting_changed", name, before[name].value, value)


def take_back(by: Administrator, name: str, is_confirmed: bool = False) -> None:
    """Let the environment, or the default, count again; what was not changed is no error.

    Raises NoSuchSetting and ConfirmationNeeded.
    """
    _find_setting(name)
    listed = _begin([name])[name]
    if listed.origin != CHANGED:
        return
    _check(name, listed.value, listed.beneath, is_confirmed)
    db.session.delete(db.session.get_one(ChangedSetting, name))
    _commit()
    _record(by, "setting_taken_back", name, listed.value, listed.beneath)


def write_text(value: Any) -> str:
    """Return the text of a value, as the environment would have it; "" for None."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else str(value)


def _begin(names: Collection[str]) -> dict[str, Listed]:
    """Begin a transaction that holds the administrators' rows; return what the settings are in it."""
    db.session.rollback()
    rights.verify()
    return {name: find(name) for name in names}


def _commit() -> None:
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        told = _("Somebody changed this in the same moment. Look at it again.")
        raise AccountError("changed_meanwhile", told) from None
    forget_cached()


def _find_setting(name: str) -> Setting:
    if name not in CHANGEABLE:
        raise NoSuchSetting()
    return CHANGEABLE[name]


def _read_all(texts: Mapping[Setting, str]) -> dict[str, Any]:
    values, wrong = {}, {}
    for setting, text in texts.items():
        try:
            values[setting.name] = setting.read(text.strip())
        except Unusable as error:
            advice = gettext(error.template).format(**error.values)
            wrong[setting.name] = gettext("Please %(advice)s.", advice=advice)
    if wrong:
        raise FieldErrors(wrong)
    return values


def _check(name: str, before: Any, after: Any, is_confirmed: bool) -> None:
    """Raise ConfirmationNeeded where pictures that are kept now would not be any more."""
    if name == RETENTION and after and not (before and after >= before) and not is_confirmed:
        db.session.rollback()
        raise ConfirmationNeeded()


def _describe(setting: Setting, row: ChangedSetting | None) -> Listed:
    beneath = current_app.config[setting.name]
    origin = ENVIRONMENT if setting.name in current_app.config["SET_IN_ENVIRONMENT"] else DEFAULT
    if row is None:
        return Listed(setting, beneath, origin, beneath)
    try:
        return Listed(setting, setting.read(row.value), CHANGED, beneath, row.changed_at, row.changed_by)
    except Unusable:
        return Listed(setting, beneath, CHANGED, beneath, row.changed_at, row.changed_by, is_taken=False)


def _record(by: Administrator, action: str, name: str, before: Any, after: Any) -> None:
    old, new = (_shorten(write_text(value)) for value in (before, after))
    audit.record(action, actor=by.name, address=by.address, detail=f"{name}: {old or '-'} -> {new or '-'}")


def _shorten(text: str) -> str:
    return text if len(text) <= _AUDITED_LENGTH else f"{text[:_AUDITED_LENGTH]}…"
