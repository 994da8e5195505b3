"""SQL statements: SQLAlchemy expressions, compiled once to each engine's text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ClauseElement, Dialect, Select
from sqlalchemy.sql.compiler import SQLCompiler

from store.rows import rows_of

R = TypeVar("R")

SHORT = 10_000
"""Up to how many characters a statement is short: an engine reads it in a millisecond or so."""


@dataclass(frozen=True, slots=True)
class Text:
    """A statement as a driver takes it."""

    sql: str
    constants: dict[str, Any]
    """The values that the expression itself brings along."""


class Statement:
    """An expression that is compiled when an engine first runs it."""

    def __init__(self, expression: ClauseElement, *, many: bool = False) -> None:
        self.expression: ClauseElement | None = expression
        self.many = many
        """Whether it may find many records: who asks for one does not wait behind it."""
        self.slow_until = math.inf
        """Until when, by the monotonic clock, it counts as one that takes long: not yet ready, or
        very long itself, or found to be slow."""
        self._texts: dict[str, Text] = {}

    def text(self, dialect: Dialect) -> Text:
        """Return the statement's text for an engine."""
        text = self._texts.get(dialect.name)
        if text is None:
            assert self.expression is not None  # noqa: S101  (settled for the engine there is)
            compiled = self.expression.compile(dialect=dialect)
            assert isinstance(compiled, SQLCompiler)  # noqa: S101  (every statement is SQL)
            constants = {
                name: bind.value for bind, name in compiled.bind_names.items() if not bind.required
            }
            text = self._texts[dialect.name] = Text(compiled.string, constants)
            self.slow_until = 0.0 if len(text.sql) <= SHORT else math.inf
        return text

    def settle(self, dialect: Dialect) -> str:
        """Compile it for the one engine that will run it, and forget the expression.

        The expression is many times larger than its text, which is returned.
        """
        text = self.text(dialect)
        self.expression = None
        return text.sql


class Query(Statement, Generic[R]):
    """A statement whose rows are records of one kind."""

    def __init__(self, record: type[R], expression: Select[Any], *, many: bool = False) -> None:
        super().__init__(expression, many=many)
        self._rows = rows_of(record)

    def records(self, rows: Sequence[Sequence[Any]]) -> list[R]:
        """Make records of the statement's rows."""
        return [self._rows.read(row) for row in rows]
