"""Filters: inputs derived from the records, and the conditions that they mean."""

from dataclasses import dataclass
from typing import Annotated, Any

import strawberry

from graph.fields.comparisons import bad, comparable, comparison_input, comparisons, said
from graph.fields.relationships import Relationship, relationships_of
from graph.fields.taking import taken
from graph.fields.types import record_of
from resolvers.context import Context
from resolvers.errors import BadInput
from store.conditions import Condition, either, every, negated, through
from store.fields import Field, fields_of
from store.rows import rows_of
from store.tables import table_of, traits_of

MAX_DEPTH = 5
"""How deep `and`, `or` and `not` may stand in each other."""
MAX_CONDITIONS = 50
"""How many fields, relationships and `and`, `or` and `not` one filter may have in all."""

_TOGETHER = {
    "and_": ("and", "All of these are met."),
    "or_": ("or", "At least one of these is met."),
    "not_": ("not", "This is not met."),
}


_FIELDS_FILTERS: dict[type, Any] = {}


def fields_filter(record: type) -> Any:
    """Return the input that asks for records of a kind by their own fields."""
    made = _FIELDS_FILTERS.get(record)
    if made is None:
        about = f"What is asked of a {record.__name__}."
        made = _input(f"{record.__name__}FieldsFilter", about, _by_field(record))
        _FIELDS_FILTERS[record] = made
    return made


def filter_of(graph: type) -> Any:
    """Return the input that asks for a type by its fields and its relationships.

    The module of the type must keep it as `<Type>Filter`, where it looks for itself.
    """
    record = record_of(graph)
    name = f"{record.__name__}Filter"
    itself: Any = Annotated[name, strawberry.lazy(graph.__module__)]
    body = _by_field(record)
    for key, relationship in relationships_of(graph).items():
        meaning = "It has at least one that is so." if relationship.many else "It is so."
        body[key] = (fields_filter(relationship.lookup.record), meaning, None)
    for key, (shown, meaning) in _TOGETHER.items():
        body[key] = (itself if key == "not_" else list[itself], meaning, shown)
    about = f"What is asked of a {record.__name__} and of what it is related to."
    return _input(name, about, body)


def condition_of(graph: type, given: object | None, context: Context) -> Condition:
    """Return the condition that a filter means.

    Raises BadInput, and Forbidden for a relationship that the caller may not follow either.
    """
    reading = _Reading(graph, context)
    return every() if given is None else reading.all_of(given, ["filter"], 1)


@dataclass
class _Reading:
    """One filter being read."""

    graph: type
    context: Context
    count: int = 0

    def all_of(self, given: object, path: list[str], depth: int) -> Condition:
        """Return what a filter, or a filter inside it, says."""
        if depth > MAX_DEPTH:
            raise BadInput(
                f"The filter is nested deeper than {MAX_DEPTH} times.",
                {"argument": "filter", "limit": MAX_DEPTH, "value": depth},
            )
        self._count()
        related = relationships_of(self.graph)
        conditions = []
        for name, value in said(given, path):
            here = [*path, _TOGETHER.get(name, (name,))[0]]
            if name in _TOGETHER:
                conditions.append(self._together(name, value, here, depth + 1))
            elif name in related:
                conditions.append(self._related(related[name], value, here))
            else:
                conditions.append(self._field(record_of(self.graph), name, value, here))
        return every(*conditions)

    def _count(self) -> None:
        self.count += 1
        if self.count > MAX_CONDITIONS:
            raise BadInput(
                f"The filter has more than {MAX_CONDITIONS} parts.",
                {"argument": "filter", "limit": MAX_CONDITIONS, "value": self.count},
            )

    def _together(self, name: str, value: Any, path: list[str], depth: int) -> Condition:
        if name == "not_":
            return negated(self.all_of(value, path, depth))
        if not value:
            raise bad(path, "Name at least one condition.")
        parts = [self.all_of(part, [*path, str(place)], depth) for place, part in enumerate(value)]
        return every(*parts) if name == "and_" else either(*parts)

    def _related(self, relationship: Relationship, value: object, path: list[str]) -> Condition:
        self._count()
        self.context.caller.must_be(*relationship.seen_by)
        record = relationship.lookup.record
        parts = [self._field(record, name, part, [*path, name]) for name, part in said(value, path)]
        return through(relationship.key, relationship.lookup, every(*parts))

    def _field(self, record: type, name: str, value: object, path: list[str]) -> Condition:
        self._count()
        (field,) = (field for field in fields_of(record) if field.name == name)
        computed = traits_of(table_of(record)).computed.get(name)
        if computed is None:
            return comparisons(field, value, rows_of(record), path)
        now = self.context.now()
        return _computed(lambda word: computed(word, now), value, path)


def _computed(is_now: Any, given: object, path: list[str]) -> Condition:
    """Return what is said of a field that time changes: one condition for each of its words."""
    parts = []
    for operator, value in said(given, path):
        match operator:
            case "eq":
                parts.append(is_now(value))
            case "not_eq":
                parts.append(negated(is_now(value)))
            case "is_null":
                parts.append(either() if value else every())
            case _ if not value:
                raise bad([*path, operator.removesuffix("_")], "Name at least one value.")
            case "in_":
                parts.append(either(*map(is_now, sorted(set(value)))))
            case _:
                parts.append(negated(either(*map(is_now, sorted(set(value))))))
    return every(*parts)


def _by_field(record: type) -> dict[str, tuple[Any, str, str | None]]:
    shown = [one for one in fields_of(record) if _filterable(one)]
    return {
        one.name: (comparison_input(strawberry.ID if one.name == "id" else one.type), one.doc, None)
        for one in shown
    }


def _filterable(field: Field) -> bool:
    return not field.internal and not field.secret and not field.references and comparable(field)


def _input(name: str, about: str, body: dict[str, tuple[Any, str, str | None]]) -> Any:
    members: dict[str, Any] = {
        key: strawberry.field(description=doc, name=shown, default=strawberry.UNSET)
        for key, (_, doc, shown) in body.items()
    }
    members["__annotations__"] = {key: of | None for key, (of, _, _) in body.items()}
    return taken(strawberry.input(type(name, (), members), description=about))
