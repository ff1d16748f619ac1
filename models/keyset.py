"""Pages of long lists, each as cheap as the first: it begins after the last row of the one before."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from models.base import db

_BETWEEN, _NOTHING = "~", "-"


Column = InstrumentedAttribute[Any]


def fetch_page(
    query: Select[Any], key: Column, tie: Column, size: int, after: str = "", falling: bool = True
) -> tuple[list[Any], str | None]:
    """Return one page of `query`, sorted by `key` and then by the unique `tie`, and what to ask for the next one with.

    Rows without a key are the smallest, as databases have it: they come last when falling, else first.
    `after` comes from outside: an unknown mark begins at the first page.
    """
    columns: tuple[Column, ...] = (key, tie) if key is not tie else (tie,)
    mark = _read(after, columns)
    if mark is not None:
        query = query.where(_compare_beyond(columns, mark, falling))
    query = query.order_by(*(column.desc() if falling else column.asc() for column in columns))
    rows = list(db.session.scalars(query.limit(size + 1)))
    return rows[:size], _encode_value(rows[size - 1], columns) if len(rows) > size else None


def _compare_beyond(columns: tuple[Column, ...], mark: tuple[Any, ...], falling: bool) -> ColumnElement[bool]:
    """The first comparison alone bounds the range of the index; databases do not see through `(a, b) < (x, y)`."""

    def past(column: Column, value: Any) -> ColumnElement[bool]:
        compared: ColumnElement[bool] = column < value if falling else column > value
        return compared

    if len(columns) == 1:
        return past(columns[0], mark[0])
    (key, tie), (value, last) = columns, mark
    if value is None:
        after_it = and_(key.is_(None), past(tie, last))
        return after_it if falling else or_(after_it, key.is_not(None))
    upto = key <= value if falling else key >= value
    after_it = and_(upto, or_(past(key, value), past(tie, last)))
    return or_(after_it, key.is_(None)) if falling and key.expression.nullable else after_it


def _encode_value(row: Any, columns: tuple[Column, ...]) -> str:
    return _BETWEEN.join(_format_value(getattr(row, column.key)) for column in columns)


def _format_value(value: Any) -> str:
    if value is None:
        return _NOTHING
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _read(text: str, columns: tuple[Column, ...]) -> tuple[Any, ...] | None:
    parts = text.rsplit(_BETWEEN, len(columns) - 1) if text else []
    if len(parts) != len(columns) or not text.isascii() or len(text) > 200:
        return None
    try:
        return tuple(_decode_value(part, column) for part, column in zip(parts, columns, strict=True))
    except ValueError:
        return None


def _decode_value(part: str, column: Column) -> Any:
    if part == _NOTHING and column.expression.nullable:
        return None
    kind = column.type.python_type
    if kind is datetime:
        moment = datetime.fromisoformat(part)
        if moment.tzinfo:
            raise ValueError("our marks have no zone")
        return moment
    if kind is int and not (part.isdigit() and len(part) < 19):
        raise ValueError("not a number")
    return kind(part)
