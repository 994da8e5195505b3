"""Random stores, and random questions to ask them."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from hypothesis import strategies as st

from store.conditions import Condition, compare, either, every, is_null, negated, through
from store.fields import Field, fields_of
from store.gateways import KlarnaGateway, gateways_by_id
from store.instants import Instant
from store.line_items import LineItem, line_items_by_order
from store.lookups import Lookup
from store.orders import Order, orders_by_id, orders_by_reference
from store.pages import Key
from store.payments import (
    KlarnaPayment,
    payments_by_gateway,
    payments_by_id,
    payments_by_order,
)
from store.resources import Resource
from store.rows import Rows, json_text
from store.scope import EVERYTHING, Mode, Scope
from store.transactions import (
    Transaction,
    captures_by_authorization,
    captures_by_order,
    transactions_by_id,
)
from tests.store import records

ALPHABET = "aAbZé%_'\"\\*?[ 😀"
AWKWARD = (
    "",
    "a",
    "A",
    "aa",
    "ab",
    "é",
    "e\u0301",
    "É",
    "%",
    "_",
    "a%",
    "a_",
    "'",
    '"',
    "\\",
    "😀",
)
"""Texts that a pattern, a quotation or a collation would take for others."""
EDGES = (-(2**31), -1, 0, 1, 2, 2**31 - 1)
RATES = (0.0, 0.07, 0.1, 0.19, 0.1 + 0.2, 1 / 3, 1.0)
INSTANTS = tuple(records.minute(number) for number in range(3))

TEXTS = st.sampled_from(AWKWARD) | st.text(ALPHABET, max_size=4)
KEYS = st.sampled_from(["a", "b", "A", "é", "a.b", "$", '"', "\\", "0", ""])
_LEAVES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.sampled_from([0, 1, 1.5, 2**53 + 1])
)
JSON_VALUES = st.recursive(
    _LEAVES | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
JSON = st.dictionaries(KEYS, JSON_VALUES, max_size=3)

LINKS: Mapping[type, Sequence[tuple[str, Lookup[Any]]]] = {
    KlarnaGateway: [("id", payments_by_gateway)],
    Order: [
        ("id", payments_by_order),
        ("id", line_items_by_order),
        ("id", captures_by_order),
        ("payment_source_id", payments_by_id),
    ],
    LineItem: [("order_id", orders_by_id)],
    KlarnaPayment: [
        ("order_id", orders_by_id),
        ("payment_gateway_id", gateways_by_id),
        ("reference", orders_by_reference),
    ],
    Transaction: [
        ("id", captures_by_authorization),
        ("reference_authorization_id", transactions_by_id),
        ("order_id", orders_by_id),
    ],
}
"""Where conditions lead from each kind."""
COLUMNS: Mapping[type, Sequence[str]] = {
    KlarnaGateway: ["reference", "country_code", "force_payments", "metadata"],
    Order: [
        "reference",
        "number",
        "status",
        "tax_included",
        "total_amount_cents",
        "placed_at",
        "metadata",
    ],
    LineItem: ["name", "sku_code", "position", "tax_rate", "metadata"],
    KlarnaPayment: [
        "reference",
        "locale",
        "status",
        "created_at",
        "auth_token_expires_at",
        "intent_amount_cents",
        "metadata",
        "payment_instrument",
    ],
    Transaction: ["message", "kind", "succeeded", "amount_cents", "metadata"],
}
"""What conditions speak of, of each type that there is and with nulls where there are any."""

_ORDERED = ["lt", "lte", "gt", "gte"]
_SAME = ["eq", "not_eq"]
_AMONG = ["in", "not_in"]
_TEXT = ["starts_with", "ends_with", "contains"]


def _operators(field: Field) -> list[str]:
    if field.is_json:
        return ["holds", "has_key"]
    if field.is_enum:
        return _SAME + _AMONG
    if field.type is bool:
        return _SAME
    return _SAME + _AMONG + _ORDERED + (_TEXT if field.type is str else [])


def _values(field: Field) -> st.SearchStrategy[Any]:
    if field.is_enum:
        return st.sampled_from(list(field.type)[:3])
    if field.is_json:
        return JSON
    return {
        str: TEXTS,
        int: st.sampled_from(EDGES),
        float: st.sampled_from(RATES) | st.floats(0, 1),
        bool: st.booleans(),
        Instant: st.sampled_from(INSTANTS),
    }[field.type]


@cache
def _field(kind: type, name: str) -> Field:
    return next(field for field in fields_of(kind) if field.name == name)


def _changes(kind: type, names: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Values for some of a record's fields, null where they may be."""
    fields = [_field(kind, name) for name in names]
    return st.fixed_dictionaries(
        {
            field.name: st.none() | _values(field) if field.optional else _values(field)
            for field in fields
        }
    )


MODES = st.sampled_from([Mode.test, Mode.test, Mode.live])


@st.composite
def stores(draw: st.DrawFn) -> list[Resource]:
    """A handful of records of every kind that lead to each other."""

    def some(kind: type, most: int, **more: st.SearchStrategy[Any]) -> list[Any]:
        made = st.tuples(MODES, _changes(kind, COLUMNS[kind]), st.fixed_dictionaries(more))
        drawn = draw(st.lists(made, max_size=most))
        return [
            (f"{kind.__name__[0].lower()}{number}", {"mode": mode} | own | others)
            for number, (mode, own, others) in enumerate(drawn)
        ]

    gateways = [records.gateway("g"), records.gateway("h")]
    sources = st.sampled_from([None, "k0", "k1", "gone"])
    orders = [records.order("o"), records.order("p", mode=Mode.live)]
    orders += [
        records.order(id, **changes) for id, changes in some(Order, 3, payment_source_id=sources)
    ]
    of_order = st.sampled_from([one.id for one in orders])
    of_gateway = st.sampled_from([one.id for one in gateways])
    payments = [
        records.payment(id, **changes)
        for id, changes in some(KlarnaPayment, 6, order_id=of_order, gateway_id=of_gateway)
    ]
    lines = [records.line(id, **changes) for id, changes in some(LineItem, 3, order_id=of_order)]
    if not payments:
        return [*gateways, *orders, *lines]
    relations = {
        "order_id": of_order,
        "payment_id": st.sampled_from([one.id for one in payments]),
        "reference_authorization_id": st.sampled_from([None, "t0", "t1", "gone"]),
    }
    movements = [
        records.movement(id, **changes) for id, changes in some(Transaction, 3, **relations)
    ]
    return [*gateways, *orders, *lines, *payments, *movements]


SCOPES = st.sampled_from(
    [
        EVERYTHING,
        Scope(Mode.test),
        Scope(Mode.live),
        *(Scope(Mode.test, id) for id in ("o", "o0", "x")),
        Scope(Mode.test, guest=True),
    ]
)


@cache
def conditions(kind: type, depth: int = 3) -> st.SearchStrategy[Condition]:
    """Conditions on a kind, nested so deep and leading through others."""
    leaves = st.sampled_from(COLUMNS[kind]).flatmap(lambda name: _compared(kind, name))
    if depth == 0:
        return leaves
    inner = conditions(kind, depth - 1)
    several = st.lists(inner, max_size=3)
    led = [_led(column, lookup, depth - 1) for column, lookup in LINKS[kind]]
    return st.one_of(
        leaves,
        several.map(lambda these: every(*these)),
        several.map(lambda these: either(*these)),
        inner.map(negated),
        *led,
    )


def _led(column: str, lookup: Lookup[Any], depth: int) -> st.SearchStrategy[Condition]:
    kind: type = lookup.record
    return conditions(kind, depth).map(lambda condition: through(column, lookup, condition))


@cache
def _compared(kind: type, name: str) -> st.SearchStrategy[Condition]:
    """Every way of comparing a column with something that it may well hold."""
    field = _field(kind, name)
    values = _values(field)
    rows: Rows[Any] = Rows(kind)

    def comparison(operator: str) -> st.SearchStrategy[Condition]:
        taken: st.SearchStrategy[Any]
        if operator in _AMONG:
            taken = st.lists(values, max_size=3).map(
                lambda some: json_text([rows.value(name, one) for one in some])
            )
        elif operator == "has_key":
            taken = KEYS
        elif operator == "holds":
            taken = JSON.flatmap(part_of).map(json_text)
        else:
            taken = values.map(lambda one: rows.value(name, one))
        return taken.map(lambda value: compare(operator, name, value))

    absence = st.booleans().map(lambda null: is_null(name, null=null))
    return st.one_of(absence, *map(comparison, _operators(field)))


def part_of(value: Any) -> st.SearchStrategy[Any]:
    """JSON that leaves some of other JSON out, at any depth."""
    if isinstance(value, dict):
        parts = {key: part_of(one) for key, one in value.items()}
        return st.fixed_dictionaries({}, optional=parts)
    if isinstance(value, list) and value:
        return st.lists(st.sampled_from(value).flatmap(part_of), max_size=2)
    return st.just(value)


def orders_of(columns: Sequence[str]) -> st.SearchStrategy[tuple[Key, ...]]:
    """Orders by one to three of some columns, each in a direction of its own."""
    keys = st.builds(Key, st.sampled_from(columns), st.booleans())
    return st.lists(keys, min_size=1, max_size=3, unique_by=lambda key: key.column).map(tuple)
