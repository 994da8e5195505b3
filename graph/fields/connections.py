"""Connections: lists that grow, in pages of keyset cursors, the same at the root and below it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry
from strawberry.types.field import StrawberryField
from typing_extensions import Doc

from graph.context import Info
from graph.federation import shareable
from graph.fields.comparisons import bad
from graph.fields.filters import condition_of
from graph.fields.permissions import open_to
from graph.fields.relationships import Relationship
from graph.fields.sorting import keys_of
from graph.fields.types import graph_type, record_of
from resolvers.context import Context
from resolvers.cursors import Cursors, Foreign
from resolvers.errors import BadInput
from resolvers.identity.permissions import EVERYONE, READERS, Kinds
from store.lookups import Lookup
from store.pages import Found, Key, Order, Page, count, page, position_of

MAX_PAGE = 100
DEFAULT_PAGE = 25
NEWEST: Order = (Key("created_at", descending=True),)
"""The order of resources where nobody asks for another."""

_GRAPHS: dict[str, type] = {}
"""The types that have connections, by their names."""


@shareable
@graph_type
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool = strawberry.field(description="Whether the list goes on after it.")
    has_previous_page: bool = strawberry.field(description="Whether the list begins before it.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of its first item, for `before`; null if it is empty."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of its last item, for `after`; null if it is empty."
    )


@dataclass(frozen=True, slots=True)
class Edge:
    """An item of a page, before anybody asked for its cursor."""

    node: object
    write: Callable[[object], str]


@dataclass(frozen=True, slots=True)
class Paged:
    """A page of a list, before anybody asked for its cursors or for the list's length."""

    found: Found
    wanted: Page
    write: Callable[[object], str]
    """Writes a record's cursor."""
    count: Callable[[], Awaitable[int]]
    """Counts the whole list."""

    @property
    def info(self) -> PageInfo:
        """Where the page stands."""
        records, wanted = self.found.records, self.wanted
        beyond = (self.found.more, wanted.position is not None)
        return PageInfo(
            has_next_page=beyond[wanted.backward],
            has_previous_page=beyond[not wanted.backward],
            start_cursor=self.write(records[0]) if records else None,
            end_cursor=self.write(records[-1]) if records else None,
        )


def connection_of(graph: type) -> Any:
    """Return the connection of a type. Its module must keep it as `<Type>Connection`."""
    name = graph.__name__
    _GRAPHS[name] = graph
    edge = _made(
        f"{name}Edge",
        f"A {name} in a list, and its place there.",
        node=(graph, lambda self: self.node, "The item."),
        cursor=(str, lambda self: self.write(self.node), "Its place, for `after` and `before`."),
    )
    return _made(
        f"{name}Connection",
        f"A page of a list of {name}.",
        edges=(list[edge], _edges, "The items, with their cursors."),  # type: ignore[valid-type]
        nodes=(list[graph], lambda self: self.found.records, "The items."),  # type: ignore[valid-type]
        page_info=(PageInfo, lambda self: self.info, "Where the page stands."),
        total_count=(
            int,
            lambda self: self.count(),
            "How many items the whole list has. It is counted only if asked for.",
        ),
    )


def _edges(self: Paged) -> list[Edge]:
    return [Edge(record, self.write) for record in self.found.records]


def _made(name: str, about: str, **fields: tuple[Any, Callable[[Any], Any], str]) -> Any:
    body = {
        key: strawberry.field(resolver=read, graphql_type=of, description=doc)
        for key, (of, read, doc) in fields.items()
    }
    return shareable(strawberry.type(type(name, (), body), description=about))


def listed(
    name: str,
    module: str,
    description: str,
    order: Order = NEWEST,
    *,
    seen_by: Kinds = READERS,
) -> Any:
    """Declare the connection of all records of a type, at the root and not for checkouts.

    The type's module is named, and not imported: types lead to each other in circles.
    """

    async def fetch(root: object, info: Info, asked: "Asked") -> Paged:
        del root
        context = info.context
        record = record_of(asked.graph)
        return Paged(
            await page(context.database, record, asked.page, context.scope),
            asked.page,
            asked.write,
            lambda: count(context.database, record, asked.page.condition, context.scope),
        )

    connection = Connection(name, name, order, None)
    return _field(connection, module, description, fetch, seen_by)


def connected(
    name: str,
    module: str,
    lookup: Lookup[Any],
    key: str,
    description: str,
    *,
    order: Order = NEWEST,
    seen_by: Kinds = EVERYONE,
    asked_as: str | None = None,
) -> Any:
    """Declare the connection of those records of a type that this record's `key` leads to.

    `asked_as` names the type whose filter and order it takes, where that is not its own.
    """
    relationship = Relationship(lookup, key, many=True, seen_by=seen_by)

    async def fetch(root: object, info: Info, asked: "Asked") -> Paged:
        loaders, parent = info.context.loaders_of(root), getattr(root, key)
        return Paged(
            await loaders.page(lookup, asked.page, parent),
            asked.page,
            asked.write,
            lambda: loaders.count(lookup, asked.page.condition, parent),
        )

    connection = Connection(name, asked_as or name, order, relationship)
    return _field(connection, module, description, fetch, seen_by)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the arguments of a connection ask for."""

    graph: type
    page: Page
    tag: str
    """What cursors of this list in this order are sealed with."""
    write: Callable[[object], str]


@dataclass(frozen=True, slots=True)
class Connection:
    """What a connection field says of itself; executing and compiling it both read this."""

    name: str
    asked_as: str
    """The type whose filter and order it takes."""
    default: Order
    relationship: Relationship | None
    """What leads to its records; at the root, nothing does."""

    def asked(  # noqa: PLR0917  (GraphQL gives the arguments by their names)
        self,
        context: Context,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: Any = None,
        order_by: Any = None,
    ) -> Asked:
        """Return what arguments ask for. Raises BadInput, and Forbidden as `condition_of` does."""
        size, backward = _size(first, last, after, before)
        graph = _GRAPHS[self.asked_as]
        order = keys_of(order_by, self.default)
        cursors, tag = context.services.cursors, _tag(self.name, order)
        condition = condition_of(graph, filter, context)
        wanted = Page(size, order, condition, backward, position(cursors, tag, after, before))
        return Asked(
            graph, wanted, tag, lambda record: cursors.write(tag, position_of(record, order))
        )


Fetch = Callable[[Any, Info, Asked], Awaitable[Paged]]


def _field(
    connection: Connection, module: str, description: str, fetch: Fetch, seen_by: Kinds
) -> Any:
    async def resolve(  # noqa: PLR0917  (GraphQL gives the arguments by their names)
        root: Any,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: Any = None,
        order_by: Any = None,
    ) -> Paged:
        asked = connection.asked(info.context, first, after, last, before, filter, order_by)
        return await fetch(root, info, asked)

    lazy = strawberry.lazy(module)
    taken: Any = Annotated[f"{connection.asked_as}Filter", lazy]
    key: Any = Annotated[f"{connection.asked_as}Order", lazy]
    made: Any = Annotated[f"{connection.name}Connection", lazy]
    resolve.__annotations__ |= {
        "first": Annotated[int | None, Doc(f"How many from the beginning, 1 to {MAX_PAGE}.")],
        "after": Annotated[str | None, Doc("Begin after this cursor; with `first`.")],
        "last": Annotated[int | None, Doc(f"How many from the end, 1 to {MAX_PAGE}.")],
        "before": Annotated[str | None, Doc("End before this cursor; with `last`.")],
        "filter": Annotated[taken | None, Doc("What the items must be like.")],
        "order_by": Annotated[list[key] | None, Doc("What to sort by, most important first.")],
    }
    relationship = connection.relationship
    field: StrawberryField = strawberry.field(
        resolver=resolve,
        graphql_type=made | None,
        description=description,
        metadata={
            "connection": connection,
            **(relationship.metadata if relationship else open_to(seen_by)),
        },
    )
    return field


def _size(
    first: int | None, last: int | None, after: str | None, before: str | None
) -> tuple[int, bool]:
    """Return how many are wanted, and whether from the end. Raises BadInput."""
    if first is not None and last is not None:
        raise bad(["last"], "Ask for `first` or for `last`, not for both.")
    if last is not None and after is not None:
        raise bad(["after"], "`after` goes with `first`, and `before` with `last`.")
    if last is None and before is not None:
        raise bad(["before"], "`before` goes with `last`, and `after` with `first`.")
    backward = last is not None
    size = last if last is not None else DEFAULT_PAGE if first is None else first
    if not 1 <= size <= MAX_PAGE:
        name = "last" if backward else "first"
        raise BadInput(
            f"`{name}` is {size}; it must be from 1 to {MAX_PAGE}.",
            {"argument": name, "limit": MAX_PAGE, "value": size},
        )
    return size, backward


def _tag(name: str, order: Order) -> str:
    """Name an order, so that its cursors are told from those of others."""
    return " ".join([name, *(f"{key.column}{'-' if key.descending else '+'}" for key in order)])


def position(
    cursors: Cursors, tag: str, after: str | None, before: str | None
) -> tuple[Any, ...] | None:
    """Return where a page begins; one argument at the most is given. Raises BadInput."""
    cursor = after if before is None else before
    if cursor is None:
        return None
    try:
        return cursors.read(tag, cursor)
    except Foreign:
        message = "This cursor is not one of this list in this order: begin without it."
        raise bad(["after" if before is None else "before"], message) from None
