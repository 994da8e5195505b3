"""Computed fields: what a resolver computes in Python, said in SQL beside it.

Both must say the same, byte for byte: the tests of `graph/compiler` run whatever is declared here
both ways. A field without such a declaration is answered by its resolver alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement

from store.scope import Reach

Columns = Any
"""The columns of one record, as attributes and by the names of its fields."""
_METADATA = "in_sql"


class Statement(Protocol):
    """The statement that a field becomes a part of."""

    @property
    def reach(self) -> Reach:
        """How far the caller sees."""

    @property
    def now(self) -> ColumnElement[str]:
        """The present."""

    def finished(
        self, finish: Callable[..., Any], *values: ColumnElement[Any]
    ) -> ColumnElement[Any]:
        """Return what `finish` makes of values once the statement has found them."""


@dataclass(frozen=True, slots=True)
class InSql:
    """How a field is computed in SQL."""

    needs: tuple[str, ...]
    """The fields of the record that it is computed from."""
    express: Callable[[Columns, Statement], ColumnElement[Any]]
    """Returns the field's JSON."""


def in_sql(
    express: Callable[[Columns, Statement], ColumnElement[Any]], *needs: str
) -> dict[str, Any]:
    """Return the metadata of a field that SQL can compute too, from the fields it needs."""
    return {_METADATA: InSql(needs, express)}
