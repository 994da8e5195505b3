"""What a caller may see, as an argument of every question that is asked on its behalf."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Table,
    bindparam,
    column,
    false,
    literal,
    select,
    table,
    true,
)

from store.tables import traits_of
from store.words import Word


class Mode(Word):
    """Klarna's environments. A caller sees one of them only."""

    test = "test", "Klarna's playground: no money moves."
    live = "live", "Production: real shoppers, real money."


class Reach(Word):
    """How far a scope goes: statements are built once for each, so that none asks in vain."""

    everything = "everything", "Both modes, for the gateway itself only."
    mode = "mode", "All of one mode."
    order = "order", "One order of one mode, and what belongs to it."
    named = "named", "The orders of one mode that it names by their ids, and what belongs to them."


@dataclass(frozen=True)
class Scope:
    """The part of the store that one caller sees."""

    mode: Mode | None
    """The one mode it sees; None, for the gateway itself only, is both."""
    order_id: str | None = None
    """The one order that a checkout sees; None is every order."""
    guest: bool = False
    """Whether it is a checkout that sees whichever order it names, and has none of its own."""

    @cached_property
    def reach(self) -> Reach:
        """How far it goes."""
        if self.mode is None:
            return Reach.everything
        if self.guest:
            return Reach.named
        return Reach.mode if self.order_id is None else Reach.order

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The values that `visible` compares with; they are shared, and not to be changed."""
        match self.reach:
            case Reach.everything:
                return {}
            case Reach.order:
                return {"scope_mode": str(self.mode), "scope_order": self.order_id}
            case _:
                return {"scope_mode": str(self.mode)}


EVERYTHING = Scope(mode=None)
"""What the gateway itself sees when nobody asked: Klarna's callbacks, the reconciler."""

_OPEN_TO_CHECKOUTS = [literal(status) for status in ("draft", "pending", "placed")]
_orders = table("orders", column("id"), column("status"))


def visible(
    rows: Table, reach: Reach, named_by: Column[Any] | None, columns: Any = None
) -> ColumnElement[bool]:
    """Return the condition under which a scope that reaches so far shows a row.

    A checkout sees its own order while that is draft, pending or placed, and what belongs to it.
    A row that belongs to no order, such as a gateway, it does not see. `named_by` is the column
    whose values a question gives, or None where it gives none: a guest is shown only what it names
    by its id, or by its order's. `columns` are the table's where it goes by another name.
    """
    columns = rows.c if columns is None else columns
    if reach is Reach.everything:
        return true()
    in_mode: ColumnElement[bool] = columns.mode == bindparam("scope_mode", required=True)
    if reach is Reach.mode:
        return in_mode
    owner = traits_of(rows).owner
    if owner is None:
        return false()
    if reach is Reach.named:
        if named_by is None or named_by.name not in ("id", owner):
            return false()
        its = _orders.alias("its_order")
        open_one = select(its.c.id).where(
            its.c.id == columns[owner], its.c.status.in_(_OPEN_TO_CHECKOUTS)
        )
        return in_mode & open_one.exists()
    order: BindParameter[str] = bindparam("scope_order", required=True)
    open_order = select(_orders.c.id).where(
        _orders.c.id == order, _orders.c.status.in_(_OPEN_TO_CHECKOUTS)
    )
    its_own: ColumnElement[bool] = columns[owner] == open_order.scalar_subquery()
    return in_mode & its_own
