"""Connections: a page below each record or at the root, with its edges, cursors and place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, bindparam, select

from graph.compiler.building import Building
from graph.compiler.members import Selected, Typename, columns
from graph.compiler.rows import Rows
from graph.fields.connections import Connection
from store.building import built_list, built_object, gathered, word
from store.pages import Shape, counting, sorting, window, with_ties
from store.tables import table_of

_ENDS = {"startCursor": slice(1), "endCursor": slice(-1, None)}
"""The items whose cursors PageInfo tells."""


@dataclass(frozen=True, slots=True)
class PageShape:
    """What the arguments of a connection make of its statement."""

    shape: Shape
    tag: str
    """What its cursors are sealed with."""


@dataclass(frozen=True, slots=True)
class Edges:
    """A connection's items: bare, or as edges whose members are nodes, cursors and type names."""

    members: Sequence[tuple[str, "Selected | Typename | None"]] | None
    """Of an edge; None stands for the cursor. Bare items have no such members."""
    node: Selected | None

    @property
    def sealed(self) -> bool:
        """Whether cursors are asked for."""
        return any(member is None for _, member in self.members or ())

    @property
    def needs(self) -> set[str]:
        """The fields of the records that they are made of."""
        parts = [member for _, member in self.members or () if member is not None]
        return set().union(*(part.needs for part in (*parts, self.node) if part is not None))


@dataclass(frozen=True, slots=True)
class Info:
    """Where a page stands: the names it is asked under, and the fields of PageInfo they mean."""

    names: Mapping[str, str]


class Total:
    """How many items the whole list has."""


Part = Edges | Info | Total | Typename


@dataclass(frozen=True, slots=True)
class Paged:
    """A connection."""

    connection: Connection
    number: int
    """Its place among the plan's questions."""
    record: type
    parts: Sequence[tuple[str, Part]]

    @property
    def needs(self) -> tuple[str, ...]:
        """The key that leads to its records; at the root, nothing does."""
        relationship = self.connection.relationship
        return (relationship.key,) if relationship else ()

    def express(self, rows: Rows | None, building: Building) -> ColumnElement[Any]:
        """Return the connection."""
        page = Page(self, rows, building)
        return built_object([(key, page.part(part)) for key, part in self.parts])


class Page:
    """One connection while it says itself in SQL."""

    def __init__(self, paged: Paged, parent: Rows | None, building: Building) -> None:
        self.parent = parent
        self.building = building
        self.relationship = paged.connection.relationship
        self.named_by = self.relationship.lookup.column if self.relationship else None
        self.table = table_of(paged.record)
        self.prefix = f"q{paged.number}_"
        asked: PageShape = building.shapes[paged.number]
        self.shape, self.tag = asked.shape, asked.tag
        self.order = with_ties(self.table, self.shape.order)
        self.size = f"{self.prefix}kept"
        """The parameter that says how many items it has at the most."""

    @property
    def sorted_by(self) -> Sequence[ColumnElement[Any]]:
        """The columns that say where an item stands."""
        return columns(self.table, {key.column for key in self.order})

    @property
    def kept(self) -> ColumnElement[int]:
        """How many items it has at the most."""
        return bindparam(self.size, required=True)

    def part(self, part: Part) -> ColumnElement[Any]:
        """Return one of its fields."""
        match part:
            case Typename():
                return word(part.name)
            case Total():
                return self.total()
            case Info():
                return self.info(part)
            case Edges():
                return self.items(part)

    def items(self, edges: Edges) -> ColumnElement[Any]:
        """Return the page's items in their order."""
        needs = edges.needs
        members = edges.members
        if self.shape.backward or edges.sealed:
            needs |= {key.column for key in self.order}
        rows = self.rows(self.window(columns(self.table, needs)).limit(self.kept))
        if members is None:
            assert edges.node is not None  # noqa: S101  (bare items are nothing else)
            return self.listed(edges.node.express(rows, self.building), rows)
        parts = [
            (key, self.cursor(rows) if member is None else member.express(rows, self.building))
            for key, member in members
        ]
        return self.listed(built_object(parts), rows)

    def listed(self, element: ColumnElement[Any], rows: Rows) -> ColumnElement[Any]:
        """Return the list of an element for each item."""
        return self.parent.listed(element, rows) if self.parent else gathered(element, rows.found)

    def rows(self, found: Select[Any]) -> Rows:
        """Return the rows of a window in the order of the list, whichever way they were read."""
        rows = self.building.rows(found)
        if not self.shape.backward:
            return rows
        forward = Shape(self.shape.order, self.shape.condition, backward=False, placed=False)
        turned = select(*rows.c.labelled()).select_from(rows.found)
        return self.building.rows(turned.order_by(*sorting(self.table, rows.c, forward)))

    def window(self, shown: Sequence[ColumnElement[Any]]) -> Select[Any]:
        """Return the question for the page's rows and one more."""
        reach = self.building.reach
        return self.below(window(self.table, self.named_by, reach, self.shape, shown, self.prefix))

    def below(self, found: Select[Any]) -> Select[Any]:
        """Return a question for those rows only that the connection leads to."""
        if self.relationship is None or self.parent is None:
            return found
        lookup, key = self.relationship.lookup, self.parent.c[self.relationship.key]
        return found.where(lookup.column == key, *lookup.where)

    def total(self) -> ColumnElement[Any]:
        """Return the length of the whole list."""
        reach, condition = self.building.reach, self.shape.condition
        found = counting(self.table, self.named_by, reach, condition, self.prefix)
        return self.below(found).scalar_subquery()

    def cursor(self, rows: Rows) -> ColumnElement[Any]:
        """Return the hole for an item's cursor."""
        write = self.writer()
        places = [rows.c[key.column] for key in self.order]
        return self.building.hole(lambda place: b'"%b"' % write([b"[%b]" % place])[0], *places)

    def info(self, info: Info) -> ColumnElement[Any]:
        """Return the hole for the place of the page: it is known from the places of its rows."""
        rows = self.building.rows(self.window(self.sorted_by))
        place = built_list(*(rows.c[key.column] for key in self.order))
        tell, backward = self.told(info), self.shape.backward

        def finish(values: bytes) -> bytes:
            kept, places = orjson.loads(b"[%b]" % values)
            shown = [orjson.dumps(place) for place in places[:kept]]
            return tell(shown[::-1] if backward else shown, len(places) > kept)

        return self.building.hole(finish, self.kept, gathered(place, rows.found))

    def told(self, info: Info) -> Callable[[Sequence[bytes], bool], bytes]:
        """Return what tells where a page stands, of its items' places and whether it is cut off."""
        write = self.writer()
        backward, placed = self.shape.backward, self.shape.placed
        ends = {field: end for field, end in _ENDS.items() if field in info.names.values()}

        def tell(places: Sequence[bytes], more: bool) -> bytes:
            beyond = (more, placed)
            found: dict[str, object] = {
                "hasNextPage": beyond[backward],
                "hasPreviousPage": beyond[not backward],
                "__typename": "PageInfo",
            }
            for field, end in ends.items():
                found[field] = next((one.decode() for one in write(places[end])), None)
            return orjson.dumps({name: found[field] for name, field in info.names.items()})

        return tell

    def writer(self) -> Callable[[Sequence[bytes]], list[bytes]]:
        """Return what writes cursors of places that are JSON."""
        return self.building.cursors.writer(self.tag)
