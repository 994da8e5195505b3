"""Listings: an answer that is one page of the root, found line by line and put together in Python.

Inside a statement SQLite copies the whole page for each thing that it becomes a part of, and takes
fresh memory every time. A line for each item spares that, and where the page stands is known from
its items' places, so that they are read once. They all come in one row, since between two rows the
interpreter's lock changes hands.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, select

from graph.compiler.beside import Line, together
from graph.compiler.building import Building
from graph.compiler.holes import Finisher, filled
from graph.compiler.members import Selected, Typename
from graph.compiler.pages import Edges, Info, Page, Paged, Total
from store.building import built_list, following, lines
from store.dialect import place_in


class Found(NamedTuple):
    """A page as it was found."""

    columns: Sequence[Sequence[bytes]]
    """The JSON of its items in lines, for each way that they are asked for."""
    cursors: Sequence[bytes]
    """Those of its items, if they are asked for."""
    places: Sequence[bytes]
    """Where its items stand, as JSON."""
    more: bool
    """Whether there are items beyond it."""


Values = Callable[[Found], Sequence[bytes]]
"""Finds one thing for each item of a page: its cursor, or JSON."""
Writer = Callable[[Found], bytes]
"""Makes the JSON of one part of a page."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What makes an answer's `data` of the lines of a listing."""

    size: str
    """The parameter that says how many items the page has at the most."""
    backward: bool
    """Whether the lines come from the end of the list."""
    seal: Callable[[Sequence[bytes]], Sequence[bytes]] | None
    """What writes the cursors of places, if somebody asked for them."""
    whole: bytes
    """The answer but for the parts of the page."""
    writers: Sequence[Writer]
    finishers: Sequence[Finisher]

    def __call__(self, rows: Sequence[tuple[Any, ...]], parameters: Mapping[str, Any]) -> bytes:
        """Return `data` as JSON."""
        kept = parameters[self.size]
        *found, placed = rows[0]
        columns = [_lines(*one) for one in zip(found[::2], found[1::2], strict=True)]
        places = placed.split(b"\n") if placed else []
        more = len(places) > kept
        if more:
            columns, places = [column[:kept] for column in columns], places[:kept]
        if self.backward:
            columns, places = [column[::-1] for column in columns], places[::-1]
        page = Found(columns, self.seal(places) if self.seal else (), places, more)
        data = self.whole % tuple(write(page) for write in self.writers)
        data = data.replace(b"\n", b"")  # those behind the lines: JSON has none of its own
        return filled(data, self.finishers) if self.finishers else data


def can_be_listed(paged: Paged) -> bool:
    """Whether its items tell all of a page: how long the whole list is, they do not."""
    parts = [part for _, part in paged.parts]
    counted = any(isinstance(part, Total) for part in parts)
    return any(isinstance(part, Edges) for part in parts) and not counted


class Listing:
    """A page of the root as a question that is put together."""

    def __init__(self, paged: Paged, building: Building) -> None:
        self._page = page = Page(paged, None, building)
        self._building = building
        parts = [part for _, part in paged.parts if not isinstance(part, Total)]
        edges = [part for part in parts if isinstance(part, Edges)]
        self._sealed = any(part.sealed for part in edges)
        window = page.window([place_in(page.table.name).label("place")])
        looking = any(isinstance(part, Info) for part in parts)  # for one beyond it
        self._line = Line(page.table, window if looking else window.limit(page.kept), building)
        self._columns: list[tuple[ColumnElement[Any], Sequence[ColumnElement[str]]]] = []
        self._names = [name for name, _ in paged.parts]
        self._writers = [self._part(part) for part in parts]

    def question(self) -> Select[Any]:
        """Return the question for the page's items and their places."""
        found: list[ColumnElement[Any]] = []
        for column, lists in self._columns:
            found += (lines(column), following(lists))
        items = self._line.items([])
        place = built_list(*(items.c[key.column] for key in self._page.order))
        return select(*found, lines(place)).select_from(self._line.found)

    def listed(self, key: str) -> Listed:
        """Return what makes `data` of what is found; `key` is what the caller calls the page."""
        return Listed(
            size=self._page.size,
            backward=self._page.shape.backward,
            seal=self._page.writer() if self._sealed else None,
            whole=b'{"%b":%b}' % (key.encode(), _object(self._names)),
            writers=self._writers,
            finishers=self._building.finishers,
        )

    def _part(self, part: Edges | Info | Typename) -> Writer:
        match part:
            case Info():
                tell = self._page.told(part)
                return lambda found: tell(found.places, found.more)
            case Edges(members=None, node=node):
                nodes = self._values(node)
                return lambda found: b"[%b]" % b",".join(nodes(found))
            case Edges(members=[]):  # all that was asked for is skipped
                return lambda found: b"[%b]" % b",".join([b"{}"] * len(found.places))
            case Edges(members=members):
                return self._edges(members or ())
            case Typename():
                name = _quoted(part)
                return lambda _: name

    def _edges(self, members: Sequence[tuple[str, Selected | Typename | None]]) -> Writer:
        values = [self._values(member) for _, member in members]
        begin, *between, end = _gaps(members)
        gaps = [b"%b,%b" % (end, begin), b""]  # each with the place of a value behind it
        for gap in between:
            gaps += (gap, b"")

        def write(found: Found) -> bytes:
            if not found.places:
                return b"[]"
            edges = gaps * len(found.places)
            edges[0] = begin
            for number, of in enumerate(values):
                edges[2 * number + 1 :: len(gaps)] = of(found)
            return b"[%b%b]" % (b"".join(edges), end)

        return write

    def _values(self, member: Selected | Typename | None) -> Values:
        """Return what finds each item's JSON, or its cursor, or a name."""
        if member is None:
            return lambda found: found.cursors
        if isinstance(member, Typename):
            name = _quoted(member)
            return lambda found: [name] * len(found.places)
        lists: list[ColumnElement[str]] = []
        self._columns.append((member.express(self._line.items(lists), self._building), lists))
        place = len(self._columns) - 1
        return lambda found: found.columns[place]


def _lines(items: bytes | None, lists: bytes | None) -> Sequence[bytes]:
    """Return the JSON of each item, with a newline behind it."""
    whole = together(items, lists) if items and lists else items
    # As split would, but for the newlines, in a tenth of the time
    return BytesIO(whole or b"").readlines()


def _gaps(members: Sequence[tuple[str, Selected | Typename | None]]) -> list[bytes]:
    """Return what stands before, between and behind the values of an edge, cursors in quotes."""
    quotes = [b'"' if member is None else b"" for _, member in members]
    named = [
        b'"%b":%b' % (name.encode(), quote)
        for (name, _), quote in zip(members, quotes, strict=True)
    ]
    before = [b"{", *(b"%b," % quote for quote in quotes[:-1])]
    return [*(b"%b%b" % one for one in zip(before, named, strict=True)), quotes[-1] + b"}"]


def _object(names: Iterable[str]) -> bytes:
    """Return an object with a gap for the value of each name."""
    return b"{%b}" % b",".join([b'"%b":%%b' % name.encode() for name in names])


def _quoted(name: Typename) -> bytes:
    return b'"%b"' % name.name.encode()
