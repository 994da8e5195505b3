"""What conditions, orders and scopes mean, in plain Python, for the store to be compared with."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from store.conditions import Condition
from store.lookups import Lookup
from store.orders import Order, OrderStatus
from store.pages import Key, Page
from store.resources import Resource
from store.rows import rows_of
from store.scope import Scope
from store.tables import table_of, traits_of
from store.transactions import TransactionKind, captures_by_authorization, captures_by_order

OPEN_TO_CHECKOUTS = (OrderStatus.draft, OrderStatus.pending, OrderStatus.placed)


def stored(record: Resource, column: str) -> Any:
    """A record's value as a condition or an order sees it."""
    return rows_of(type(record)).value(column, getattr(record, column))


@dataclass(frozen=True)
class World:
    """Everything that is stored, and who sees it."""

    records: Sequence[Resource]
    scope: Scope

    def sees(self, record: Resource, named_by: str | None) -> bool:
        """Whether the scope shows a record to a question that gives a column's value, or none."""
        if self.scope.mode not in (None, record.mode):
            return False
        if self.scope.order_id is None and not self.scope.guest:
            return True
        owner = traits_of(table_of(type(record))).owner
        if owner is None or (self.scope.guest and named_by not in ("id", owner)):
            return False
        shown = getattr(record, owner)
        return any(
            isinstance(order, Order)
            and order.status in OPEN_TO_CHECKOUTS
            and order.id == shown == (shown if self.scope.guest else self.scope.order_id)
            for order in self.records
        )

    def listed(
        self, kind: type, condition: Condition, lookup: Lookup[Any] | None = None
    ) -> list[Resource]:
        """What a list of a kind has in it, at the root or where a lookup leads."""
        named_by = None if lookup is None else lookup.column.name
        return [
            record
            for record in self.records
            if type(record) is kind
            and self.sees(record, named_by)
            and self.meets(record, condition)
        ]

    def meets(self, record: Resource, condition: Condition) -> bool:
        """Whether a record meets a condition."""
        match condition.kind:
            case "all":
                return all(self.meets(record, one) for one in condition.inner)
            case "any":
                return any(self.meets(record, one) for one in condition.inner)
            case "not":
                return not self.meets(record, condition.inner[0])
        value = stored(record, condition.column)
        match condition.kind:
            case "is_null":
                return value is None
            case "through":
                return self._leads_to_one(value, condition)
        return value is not None and MEANINGS[condition.kind](value, condition.value)

    def _leads_to_one(self, key: Any, condition: Condition) -> bool:
        lookup = condition.lookup
        return (
            lookup is not None
            and key is not None
            and any(
                lookup.key_of(other) == key and is_of(lookup, other)
                for other in self.listed(lookup.record, condition.inner[0], lookup)
            )
        )


def is_of(lookup: Lookup[Any], record: object) -> bool:
    """Whether a record is of the kind that a lookup is restricted to, if it is."""
    restricted = lookup in (captures_by_order, captures_by_authorization)
    return not restricted or getattr(record, "kind", None) is TransactionKind.captures


def holds(value: Any, wanted: Any) -> bool:
    """Whether JSON holds all that other JSON says."""
    match wanted:
        case dict():
            return isinstance(value, dict) and all(
                any(key == name and holds(one, part) for key, one in value.items())
                for name, part in wanted.items()
            )
        case list():
            return isinstance(value, list) and all(
                any(holds(one, part) for one in value) for part in wanted
            )
        case bool() | None:
            return value is wanted
        case _:
            return not isinstance(value, bool) and bool(value == wanted)


MEANINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, wanted: bool(value == wanted),
    "not_eq": lambda value, wanted: bool(value != wanted),
    "lt": lambda value, wanted: bool(value < wanted),
    "lte": lambda value, wanted: bool(value <= wanted),
    "gt": lambda value, wanted: bool(value > wanted),
    "gte": lambda value, wanted: bool(value >= wanted),
    "in": lambda value, wanted: value in json.loads(wanted),
    "not_in": lambda value, wanted: value not in json.loads(wanted),
    "starts_with": lambda value, wanted: bool(value.startswith(wanted)),
    "ends_with": lambda value, wanted: bool(value.endswith(wanted)),
    "contains": lambda value, wanted: wanted in value,
    "holds": lambda value, wanted: holds(json.loads(value), json.loads(wanted)),
    "has_key": lambda value, wanted: wanted in json.loads(value),
}


def in_order(records: Iterable[Resource], order: Sequence[Key], tie: str = "id") -> list[Resource]:
    """Sort records: what is null last if ascending, and ties going on in the last direction."""
    keys = list(order)
    if all(key.column != tie for key in keys):
        keys.append(Key(tie, descending=bool(keys) and keys[-1].descending))
    ordered = list(records)
    for key in reversed(keys):
        ordered.sort(
            key=lambda record, column=key.column: _nulls_last(stored(record, column)),  # type: ignore[misc]
            reverse=key.descending,
        )
    return ordered


def _nulls_last(value: Any) -> tuple[bool, Any]:
    return value is None, value


def window(
    everyone: Sequence[Resource], among: Sequence[Resource], wanted: Page, at: Resource | None
) -> tuple[list[Resource], bool]:
    """The records of a page, and whether there are more, where it begins at a record.

    `everyone` is in the page's order, and `among` is what of it the page's list has.
    """
    place = {record.id: number for number, record in enumerate(everyone)}
    listed = sorted(among, key=lambda record: place[record.id], reverse=wanted.backward)
    if at is not None:
        here, sign = place[at.id], -1 if wanted.backward else 1
        listed = [record for record in listed if (place[record.id] - here) * sign > 0]
    kept = listed[: wanted.size]
    return kept[::-1] if wanted.backward else kept, len(listed) > wanted.size
