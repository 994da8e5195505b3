"""Questions: what a plan must know of a request before its statement can be chosen and filled in.

Each is put once for every request, and answers with a shape, which makes the statement, and with
the parameters that fill it in. What it raises, the ordinary path raises again as it should read.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from graph.compiler.arguments import Arguments
from graph.compiler.coverage import Unusual
from graph.compiler.pages import PageShape
from graph.compiler.variables import Values
from graph.federation import MAX_REPRESENTATIONS, Entity
from graph.fields.connections import Connection, position
from graph.nodes import MAX_NODES
from resolvers.context import Context
from resolvers.identity.callers import CallerKind
from store.lookups import Lookup
from store.pages import parameters_of, places_of, shape_of
from store.rows import json_text

Put = tuple[Hashable, Mapping[str, Any]]
"""A shape, and the parameters that fill a statement of that shape in."""
_CURSORS = frozenset({"after", "before"})


class Question(Protocol):
    """Something to be known of a request."""

    def put(self, context: Context, values: Values) -> Put:
        """Answer for one request. Raises Unusual and whatever the field itself would raise."""


@dataclass(slots=True)
class PageQuestion:
    """Which page of a connection is wanted."""

    number: int
    connection: Connection
    arguments: Arguments
    _known: dict[tuple[bool, bool], tuple[PageShape, Mapping[str, Any]]] = field(
        default_factory=dict
    )
    """The answers, by which cursor is given, where nothing but that varies."""

    def put(self, context: Context, values: Values) -> Put:
        """Answer with the shape of the page."""
        given = self.arguments.read(values)
        after, before = given.get("after"), given.get("before")
        cursors = after is not None, before is not None
        known = self._known.get(cursors)
        if known is not None:
            shape, parameters = known
            if not any(cursors):
                return known
            place = position(context.services.cursors, shape.tag, after, before)
            return shape, {**parameters, **places_of(place or (), self._prefix)}
        asked = self.connection.asked(context, **given)
        parameters = parameters_of(asked.page, self._prefix)
        parameters[f"{self._prefix}kept"] = asked.page.size
        found = PageShape(shape_of(asked.page), asked.tag), parameters
        if self.arguments.variable <= _CURSORS and "filter" not in given:  # times go by
            self._known[cursors] = found
        return found

    @property
    def _prefix(self) -> str:
        return f"q{self.number}_"


@dataclass(frozen=True, slots=True)
class IdsQuestion:
    """Which ids are asked for."""

    number: int
    arguments: Arguments

    def put(self, context: Context, values: Values) -> Put:
        """Answer with the ids."""
        del context
        ids = self.arguments.read(values)["ids"]
        if len(ids) > MAX_NODES or any("\0" in one for one in ids):
            raise Unusual
        return "", {f"q{self.number}_ids": json_text(ids)}


@dataclass(frozen=True, slots=True)
class EntitiesQuestion:
    """Which entities are referred to, and by which of their keys."""

    number: int
    entities: Mapping[str, Entity]
    arguments: Arguments
    kind: CallerKind

    def put(self, context: Context, values: Values) -> Put:
        """Answer with their types and keys."""
        del context
        given = self.arguments.read(values)["representations"]
        if len(given) > MAX_REPRESENTATIONS:
            raise Unusual
        return "", {f"q{self.number}_ids": json_text([self._referred(one) for one in given])}

    def _referred(self, representation: Any) -> tuple[str, str]:
        entity = None
        if isinstance(representation, dict):
            entity = self.entities.get(str(representation.get("__typename")))
        if entity is None or self.kind not in entity.seen_by:
            raise Unusual
        name = next((name for name in entity.keys if name in representation), "")
        key = representation.get(name)
        if type(key) is not str or "\0" in key:
            raise Unusual
        return f"{representation['__typename']}.{name}", key


@dataclass(frozen=True, slots=True)
class FindQuestion:
    """By which of its keys one record is to be found."""

    number: int
    ways: Mapping[str, Lookup[Any]]
    """The lookup that each argument gives the key of."""
    arguments: Arguments

    def put(self, context: Context, values: Values) -> Put:
        """Answer with the argument that is given: exactly one."""
        del context
        given = self.arguments.read(values)
        if len(given) != 1:
            given = {name: value for name, value in given.items() if value is not None}
            if len(given) != 1:
                raise Unusual
        ((name, key),) = given.items()
        if name not in self.ways or type(key) is not str:
            raise Unusual
        return name, {f"q{self.number}_key": key}
