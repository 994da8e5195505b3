"""JSON that the database builds: what another engine calls differently has its name here.

A text that is JSON already stays JSON inside what is built of it only as long as it comes straight
from one of these functions, or through a sub-select or a CASE around one; out of the column of a
sub-select it would come as mere text.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    LargeBinary,
    Select,
    String,
    Subquery,
    Table,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.util import ClauseAdapter

from store.fields import Field

MAX_MEMBERS = 60
"""How many members are built at once: SQLite's functions take 127 arguments."""
_ZERO: ColumnElement[int] = literal_column("0")
_LEAST: ColumnElement[int] = literal_column("-2147483648")
_MOST: ColumnElement[int] = literal_column("2147483647")
_PARTS: ColumnElement[float] = literal_column("1000000.0")
_DIGITS: ColumnElement[float] = literal_column("1e15")
"""A float that is so few millionths has 15 digits at most, which SQLite writes exactly."""
_SMALLEST: ColumnElement[float] = literal_column("0.0001")
"""Smaller ones SQLite writes with an exponent, and callers read without."""


class word(ColumnElement[str]):  # noqa: N801  (reads as the SQL it is)
    """A text that stands in the statement itself, so that nothing is bound for it."""

    inherit_cache = False
    type = String()

    def __init__(self, text: str) -> None:
        self.text = text


@compiles(word)
def _word(element: word, compiler: SQLCompiler, **_: Any) -> str:
    return compiler.render_literal_value(element.text, String())


def built_object(members: Sequence[tuple[str, ColumnElement[Any]]]) -> ColumnElement[Any]:
    """Return an object of its members, in their order."""
    parts = [
        func.json_object(*(part for name, value in few for part in (word(name), value)))
        for few in _few(members)
    ]
    whole, *rest = parts
    for part in rest:
        # Two objects' texts without the brace between them: a merge would drop what is null
        head = func.substr(whole, 1, func.length(whole) - 1)
        whole = func.json(head.concat(word(",")).concat(func.substr(part, 2)))
    return whole


def _few(
    members: Sequence[tuple[str, ColumnElement[Any]]],
) -> list[Sequence[tuple[str, ColumnElement[Any]]]]:
    return [
        members[start : start + MAX_MEMBERS]
        for start in range(0, max(1, len(members)), MAX_MEMBERS)
    ]


def built_list(*elements: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a list of these elements."""
    return func.json_array(*elements)


def gathered(element: ColumnElement[Any], rows: FromClause) -> ColumnElement[Any]:
    """Return the list of an element for each of some rows, in the order of the rows.

    Whoever asks sorts the rows: a sorting beside the gathering would sort nothing.
    """
    return select(func.json_group_array(element)).select_from(rows).scalar_subquery()


def elements(element: ColumnElement[Any], rows: FromClause) -> ColumnElement[str]:
    """Return the text that `gathered` would put between brackets, or null if there are no rows."""
    each = _made_there(element.label("element"), rows).subquery("each_one")
    listed = func.group_concat(literal_column("each_one.element"))
    return select(listed).select_from(each).scalar_subquery()


def _made_there(element: ColumnElement[Any], rows: FromClause) -> Select[Any]:
    """Return the question for an element of each row, made where a table's rows are read.

    Else SQLite would carry all columns of each to where the element is made. Where there is a LIMIT
    it does: it may have to sort all rows first, and would make the elements of all.
    """
    match rows:
        case Subquery(name=name, element=Select() as found) if not found._has_row_limiting_clause:  # noqa: SLF001  (it tells nobody else)
            match found.get_final_froms():
                case [Table() as table]:
                    # Not the element: what it reads of the same table is other rows
                    named: Select[Any] = ClauseAdapter(table.alias(name)).traverse(found)
                    return named.with_only_columns(element, maintain_column_froms=True)
    return select(element).select_from(rows)


def ended(text: ColumnElement[str]) -> ColumnElement[str]:
    """Return a text, or no text for null, on a line of its own."""
    return func.coalesce(text, word("")).concat(word("\n"))


def following(texts: Sequence[ColumnElement[str]]) -> ColumnElement[Any]:
    """Return some texts of each of some rows, one after the other. Of no texts it is null."""
    if not texts:
        return null()
    whole = texts[0]
    for text in texts[1:]:
        whole = whole.concat(text)
    return cast(func.group_concat(whole, word("")), LargeBinary)


def lines(element: ColumnElement[Any]) -> ColumnElement[bytes]:
    """Return JSON of each of some rows, in their order, each on a line: it has no other newlines.

    Of no rows it is null.
    """
    return cast(func.group_concat(element, word("\n")), LargeBinary)


def stored(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return JSON that is stored as text."""
    return func.json(column)


def truth(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    """Return true where a condition is met, and else false."""
    return func.json(case((condition, word("true")), else_=word("false")))


def text_in(column: ColumnElement[Any], name: str, *, optional: bool) -> ColumnElement[Any]:
    """Return a text out of a stored object, or null; anything else fails, and so does no text.

    None is well if it is `optional`.
    """
    path = word(f'$."{name}"')
    found, kind = func.json_extract(column, path), func.json_type(column, path)
    cases: list[tuple[ColumnElement[bool], Any]] = [(kind == word("text"), found)]
    if optional:
        cases.append((kind.is_(None), None))
    return case(*cases, else_=refused(column))


def refused(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return what has the statement fail where it is reached: the answer is not for SQL to give."""
    return func.json(word("!").concat(func.coalesce(column, word(""))))


def number(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a float as callers read it; one that SQLite would write otherwise fails."""
    parts = func.round(value * _PARTS)
    short = (func.abs(parts) < _DIGITS) & (parts / _PARTS == value)
    plain = (func.abs(value) >= _SMALLEST) | (value == _ZERO)
    return case((value.is_(None), None), (short & plain, value), else_=refused(value))


def integer(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a whole number that was computed; one beyond 32 bits fails."""
    return case((value.between(_LEAST, _MOST), value), else_=refused(value))


def shown(field: Field, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a field's value as JSON. What the column may hold, its constraints prove."""
    if field.is_json:
        return stored(column)
    if field.type is bool:
        yes = type_coerce(column, Boolean())
        if field.optional:
            return func.json(case((yes, word("true")), (~yes, word("false")), else_=None))
        return truth(yes)
    return number(column) if field.type is float else column


def as_bytes(value: ColumnElement[Any]) -> Select[Any]:
    """Return the question for a value alone, as the bytes of its text."""
    return select(cast(value, LargeBinary))
