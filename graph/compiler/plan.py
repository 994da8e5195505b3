"""Plans: an operation compiled for one kind of caller, and the statements it has become so far."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select

from graph.compiler.anything import Node
from graph.compiler.building import Building
from graph.compiler.coverage import NotCovered
from graph.compiler.holes import Finisher, filled
from graph.compiler.listing import Listing, can_be_listed
from graph.compiler.members import Typename
from graph.compiler.pages import Paged
from graph.compiler.questions import Question
from graph.compiler.roots import Found, Root
from graph.compiler.variables import Values
from resolvers.context import Context
from resolvers.cursors import Cursors
from store.building import as_bytes, built_object
from store.executing import parses, settle
from store.scope import Reach
from store.statements import Statement

STATEMENTS = 16
"""How many statements a plan keeps: one for each shape that its arguments give it."""


Rows = Sequence[tuple[Any, ...]]
Write = Callable[[Rows, Mapping[str, Any]], bytes]
"""Makes an answer's `data` of what its statement found with some parameters."""


@dataclass(frozen=True, slots=True)
class Built:
    """A statement, and what makes `data` of its rows."""

    statement: Statement
    sql: str
    write: Write
    timed: bool
    """Whether it asks for the present."""

    def ready(self, context: Context, parameters: dict[str, Any]) -> "Ready":
        """Return it with all that one request fills in, beside what the questions answered."""
        parameters |= context.scope.parameters
        if self.timed:
            parameters["now"] = context.now()
        return Ready(self.statement, parameters, self.write)


class Ready(NamedTuple):
    """What is to be asked of the database for one request."""

    statement: Statement
    parameters: dict[str, Any]
    write: Write

    def data(self, rows: Rows) -> bytes:
        """Return the answer's `data` as JSON, from what the statement found."""
        return self.write(rows, self.parameters)


class Plan:
    """What is asked for at the root, and the questions that each request answers."""

    def __init__(
        self, members: Sequence[tuple[str, Root]], questions: Sequence[Question], reach: Reach
    ) -> None:
        self.members = members
        self._questions = questions
        self._reach = reach
        self._built: OrderedDict[Hashable, Built | NotCovered] = OrderedDict()

    @property
    def size(self) -> int:
        """How large its statements are, in characters."""
        known = self._built.values()
        return sum(len(built.sql) for built in known if isinstance(built, Built))

    def put(self, context: Context, values: Values) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the shapes and the parameters of one request. Raises as the questions do."""
        shapes = []
        parameters: dict[str, Any] = {}
        for question in self._questions:
            shape, given = question.put(context, values)
            shapes.append(shape)
            parameters |= given
        return tuple(shapes), parameters

    def known(self, shapes: Hashable) -> Built | NotCovered | None:
        """Return the statement for some shapes, or why there is none; None if nobody asked yet."""
        return self._built.get(shapes)

    def build(self, shapes: tuple[Any, ...], cursors: Cursors) -> Built | NotCovered:
        """Return the statement for some shapes, or why there is none."""
        building = Building(self._reach, shapes, cursors)
        question, write = self._said(building)
        one = all(isinstance(root, Found | Node | Typename) for _, root in self.members)
        statement = Statement(question, many=not one)
        sql = settle(statement)
        if not parses(sql):
            return NotCovered("It is nested deeper than this SQLite's parser goes.")
        return Built(statement, sql, write, building.timed)

    def _said(self, building: Building) -> tuple[Select[Any], Write]:
        """Return the question for all there is at the root, and what makes `data` of its rows."""
        match self.members:
            case [(key, Paged() as paged)] if can_be_listed(paged):
                listing = Listing(paged, building)
                return listing.question(), listing.listed(key)
        data = built_object([(key, root.express(None, building)) for key, root in self.members])
        return as_bytes(data), _whole(building.finishers)

    def keep(self, shapes: Hashable, built: Built | NotCovered) -> None:
        """Keep a statement, or why there is none, for the next request of these shapes."""
        self._built[shapes] = built
        if len(self._built) > STATEMENTS:
            self._built.popitem(last=False)


def _whole(finishers: Sequence[Finisher]) -> Write:
    """Return what takes one row's one value for `data`, once its holes are filled in."""
    if not finishers:
        return lambda rows, _: rows[0][0]
    return lambda rows, _: filled(rows[0][0], finishers)
