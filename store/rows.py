"""The way of values between records and rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Generic, TypeVar

import orjson

from store.fields import Field, fields_of
from store.records import made

R = TypeVar("R")


class Rows(Generic[R]):
    """Reads one kind of record out of rows, and writes its values for binding.

    Rows hold the record's fields in the order of their declaration.
    """

    def __init__(self, record: type[R]) -> None:
        self.record = record
        fields = fields_of(record)
        self._names = tuple(field.name for field in fields)
        self.get: Callable[[R], tuple[Any, ...]] = attrgetter(*self._names)
        """Returns all of a record's values, as the record has them."""
        self._loads = [
            (index, load) for index, field in enumerate(fields) if (load := _load(field))
        ]
        self._dumps = {field.name: dump for field in fields if (dump := _dump(field))}

    def read(self, row: Sequence[Any]) -> R:
        """Make the record that a row holds."""
        values = list(row)
        for index, load in self._loads:
            if values[index] is not None:
                values[index] = load(values[index])
        return made(self.record, zip(self._names, values, strict=True))

    def restore(self, values: Mapping[str, Any]) -> R:
        """Make the record whose values these are, perhaps from before it had all its fields.

        They are as JSON has them: as `plain` returned them, or `values`.
        """
        given = {name: self._restored(name, values[name]) for name in self._names if name in values}
        missing = {
            field.name: None
            for field in fields_of(self.record)
            if field.name not in values and not field.default
        }
        return self.record(**given | missing)

    def _restored(self, name: str, value: Any) -> Any:
        return self.loaded(name, value) if isinstance(value, str) else value

    def loaded(self, name: str, value: Any) -> Any:
        """Return one field's value as the record has it."""
        index = self._names.index(name)
        load = dict(self._loads).get(index)
        return value if load is None or value is None else load(value)

    def value(self, name: str, value: object) -> Any:
        """Return one field's value as the database stores it."""
        dump = self._dumps.get(name)
        return value if dump is None or value is None else dump(value)

    def plain(self, record: R) -> dict[str, Any]:
        """Return all of a record's values as the record has them."""
        return dict(zip(self._names, self.get(record), strict=True))

    def values(self, record: R) -> dict[str, Any]:
        """Return all of a record's values as the database stores them."""
        values = self.plain(record)
        for name, dump in self._dumps.items():
            if values[name] is not None:
                values[name] = dump(values[name])
        return values


_ROWS: dict[type, Rows[Any]] = {}


def rows_of(record: type[R]) -> Rows[R]:
    """Return the reader and writer of one kind of record."""
    rows = _ROWS.get(record)
    if rows is None:
        rows = _ROWS[record] = Rows(record)
    return rows


def json_text(value: object) -> str:
    """Write JSON as it is stored and answered: compact, keys in the order given."""
    return orjson.dumps(value).decode()


def keys_text(keys: Iterable[str]) -> str:
    """Write keys down for a statement; SQLite would read one with a NUL no further than there."""
    return json_text([key for key in keys if "\0" not in key])


def _load(field: Field) -> Callable[[Any], Any] | None:
    if field.is_json:
        return orjson.loads
    if field.is_enum:
        words: Callable[[Any], Any] = field.type
        return words
    return bool if field.type is bool else None


def _dump(field: Field) -> Callable[[Any], Any] | None:
    if field.is_json:
        return json_text
    return str if field.is_enum else None
