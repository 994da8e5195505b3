"""Types from records: a graph type inherits its record and adds what no column holds.

Internal fields and the ids of other rows stay out of it; relationships stand in their place.
Every amount is shown three ways: in minor units, as a number, and as people read it.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, dataclass_transform

import strawberry
from sqlalchemy import ColumnElement, case, func
from strawberry.types.field import StrawberryField
from strawberry.types.private import StrawberryPrivate

from graph.context import Info
from graph.fields.computed import Columns, Statement, in_sql
from graph.fields.describe import describe, graph_enum
from resolvers.money import major, parts_of, written
from store.building import integer
from store.fields import Field, fields_of
from store.resources import Resource

T = TypeVar("T", bound=type)

_COMMON = [*(field.name for field in fields_of(Resource)), "versions", "event_stores"]


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def graph_type(cls: T) -> T:
    """Make a GraphQL object type of a class that inherits a record, or of a plain one.

    Records pass through as they are: the store's payment is the graph's payment.
    """
    record = record_of(cls)
    if record is not None:
        _take_over(cls, record)
        if "is_type_of" not in vars(cls):
            cls.is_type_of = classmethod(lambda _, value, __: isinstance(value, record))  # type: ignore[attr-defined]  # mypy sees the bound, not the class
    return _sorted(strawberry.type(cls, description=describe(cls, record)))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def graph_interface(cls: T) -> T:
    """Make a GraphQL interface of a class that inherits a record, or of a plain one."""
    record = record_of(cls)
    if record is not None:
        _take_over(cls, record)
    return _sorted(strawberry.interface(cls, description=describe(cls, record)))


def record_of(graph: type) -> Any:
    """Return the record that a graph type shows, or None."""
    return next((base for base in graph.__mro__ if base.__module__.startswith("store.")), None)


def _take_over(cls: type, record: type) -> None:
    """Declare a record's fields on the class that inherits it, with their descriptions."""
    if record not in cls.__bases__:
        return  # an interface has done so
    own = inspect.get_annotations(cls)
    taken: dict[str, Any] = {}
    for field in fields_of(record):
        if field.is_enum:
            graph_enum(field.type)
        if field.name in own | vars(cls):
            continue
        if field.internal or field.references:
            taken[field.name] = Annotated[field.type, StrawberryPrivate()]
            continue
        of = strawberry.ID if field.name == "id" else field.type
        taken[field.name] = of | None if field.optional else of
        setattr(cls, field.name, strawberry.field(description=field.doc))
        for name, shown in _money(field, record):
            setattr(cls, name, shown)
    cls.__annotations__ = taken | own


def _money(field: Field, record: type) -> Iterator[tuple[str, Any]]:
    """Yield the two other ways of showing an amount."""
    if not field.money:
        return
    cents, name = field.name, field.name.removesuffix("_cents")
    about = field.doc.replace(", in minor units", "").rstrip(".")
    currencies = (other for other in fields_of(record) if other.name == "currency_code")
    unknown = any(currency.optional for currency in currencies)

    def number(self: Any) -> float | None:
        return _number(self, getattr(self, cents))

    def text(self: Any) -> str | None:
        return _text(self, getattr(self, cents))

    cash = _Amount(lambda row: row[cents], "currency_code", (cents,))
    shown = _shown(number, float, f"{about}: as a number, 10.5.", cash.number, field.optional)
    yield f"{name}_float", shown
    words = f"{about}: as people read it, `€10,50`."
    optional = field.optional or unknown
    yield f"formatted_{name}", _shown(text, str, words, cash.text, optional)


def amounts(
    compute: Callable[[Any, Any], Awaitable[int]],
    in_sql: Callable[[Columns], ColumnElement[int]],
    about: str,
) -> tuple[Any, Any, Any]:
    """Declare an amount that is computed, in its three ways: minor units, number and text.

    `compute` is given the loaders of the record's time, and the record; `in_sql` says the same.
    """

    async def cents(self: Any, info: Info) -> int:
        return await compute(info.context.loaders_of(self), self)

    async def number(self: Any, info: Info) -> float | None:
        return _number(self, await cents(self, info))

    async def text(self: Any, info: Info) -> str | None:
        return _text(self, await cents(self, info))

    cash = _Amount(in_sql, "currency_code", ("id", "amount_cents", "succeeded"))
    return (
        _shown(cents, int, f"{about}, in minor units.", cash.cents, optional=False),
        _shown(number, float, f"{about}: as a number, 10.5.", cash.number, optional=False),
        _shown(text, str, f"{about}: as people read it, `€10,50`.", cash.text, optional=False),
    )


def _number(record: Any, amount: int | None) -> float | None:
    return None if amount is None else major(amount, record.currency_code or "EUR")


def _text(record: Any, amount: int | None) -> str | None:
    if amount is None or not record.currency_code:
        return None
    return written(amount, record.currency_code)


@dataclass(frozen=True, slots=True)
class _Amount:
    """An amount in SQL, in its three ways."""

    amount: Callable[[Columns], ColumnElement[int]]
    currency: str
    of: tuple[str, ...]
    """The fields that the amount is made of."""

    @property
    def cents(self) -> dict[str, Any]:
        return in_sql(lambda row, _: integer(self.amount(row)), *self.of)

    @property
    def number(self) -> dict[str, Any]:
        def express(row: Columns, _: object) -> ColumnElement[Any]:
            return self.amount(row) / parts_of(row[self.currency])

        return in_sql(express, *self.of, self.currency)

    @property
    def text(self) -> dict[str, Any]:
        def express(row: Columns, asked: Statement) -> ColumnElement[Any]:
            amount, currency = self.amount(row), row[self.currency]
            found = asked.finished(written, amount, currency)
            known = amount.is_not(None) & (func.coalesce(currency, "") != "")
            return case((known, found), else_=None)

        return in_sql(express, *self.of, self.currency)


def _shown(
    read: Any, of: Any, about: str, metadata: dict[str, Any], optional: bool
) -> StrawberryField:
    shown: StrawberryField = strawberry.field(
        resolver=read,
        graphql_type=of | None if optional else of,
        description=about,
        metadata=metadata,
    )
    return shown


def _sorted(made: T) -> T:
    """Have a type read from its id through what is its own to what every resource has."""

    def place(field: StrawberryField) -> int:
        if field.python_name == "id":
            return -1
        return _COMMON.index(field.python_name) + 1 if field.python_name in _COMMON else 0

    made.__strawberry_definition__.fields.sort(key=place)  # type: ignore[attr-defined]  # a type
    return made
