"""Answers as they are kept, to be given again: records as their rows, and refusals."""

from dataclasses import fields
from typing import Any, TypeVar

from resolvers.errors import RefusalCode, Refused
from store.resources import Resource
from store.rows import Rows, rows_of
from store.tables import record_of_table, table_of

K = TypeVar("K", bound=type)

_KEPT: dict[str, type] = {}
_FLEETING: set[type] = set()


def fleeting(record: K) -> K:
    """Have a record never be kept: what it holds is soon worth nothing, and is made anew at will.

    The same request under the same key is done again, and another one still may not have its key.
    """
    _FLEETING.add(record)
    return record


def kept(record: K) -> K:
    """Have a record that no table holds be an answer that can be given again."""
    _KEPT[record.__name__] = record
    return record


def is_fleeting(result: object) -> bool:
    """Whether an answer is never kept."""
    return type(result) in _FLEETING


def is_told(result: object) -> bool:
    """Whether what a change returned is an answer as it is."""
    return isinstance(result, (Resource, *_KEPT.values()))


def told_of(result: object) -> dict[str, Any]:
    """Return an answer as JSON."""
    if isinstance(result, Refused):
        return {"refused": {field.name: getattr(result, field.name) for field in fields(result)}}
    kind = type(result)
    name = kind.__name__ if kind in _KEPT.values() else table_of(kind).name
    return {"kind": name, "row": rows_of(kind).plain(result)}


def restored(told: dict[str, Any]) -> Any:
    """Return the answer that `told_of` told. Raises the Refused that it was."""
    if "refused" in told:
        code = RefusalCode(told["refused"].pop("code"))
        raise Refused(code, **told["refused"])
    rows: Rows[Any] = rows_of(_KEPT.get(told["kind"]) or record_of_table(told["kind"]))
    return rows.restore(told["row"])
