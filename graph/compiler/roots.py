"""Roots: the fields of the operation itself, each a list or a record found by one of its keys."""

from dataclasses import dataclass
from typing import Any, cast

from graphql import GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetailsList
from sqlalchemy import BindParameter, ColumnElement, bindparam

from graph.compiler.anything import Entities, Node, Nodes, anything, entity_selections
from graph.compiler.building import Building
from graph.compiler.coverage import NotCovered
from graph.compiler.members import Selected, Typename, looked_up, one
from graph.compiler.pages import Paged
from graph.compiler.questions import EntitiesQuestion, FindQuestion, IdsQuestion
from graph.compiler.selections import Selecting
from graph.fields.lookups import Ways
from store.payments import payments_by_id


@dataclass(frozen=True, slots=True)
class Found:
    """One record, by whichever of its keys the request gives."""

    number: int
    """Its place among the plan's questions."""
    ways: Ways
    selected: Selected

    def express(self, rows: None, building: Building) -> ColumnElement[Any]:
        """Return the object, or null; of several records it is the last one."""
        del rows
        lookup = self.ways[building.shapes[self.number]]
        key: BindParameter[str] = bindparam(f"q{self.number}_key", required=True)
        found = looked_up(lookup, key, self.selected, building.reach)
        newest = found.order_by(*(column.desc() for column in lookup.order_by))
        others = building.rows(newest)
        return one(self.selected.express(others, building), others)


Root = Found | Node | Nodes | Entities | Paged | Typename


def roots(selecting: Selecting) -> list[tuple[str, Root]]:
    """Return what is asked for at the root, by the names that the caller gave.

    Raises NotCovered.
    """
    query = cast("GraphQLObjectType", selecting.graph.query_type)
    return [
        (key, _root(selecting, query, details)) for key, details in selecting.root(query).items()
    ]


def _root(selecting: Selecting, query: GraphQLObjectType, details: FieldDetailsList) -> Root:
    name = details[0].node.name.value
    if name == "__typename":
        return Typename(query.name)
    if name not in query.fields:
        raise NotCovered(f"{name} is introspection.")
    declared = selecting.allowed(query, name)
    kind: Any = get_named_type(query.fields[name].type)
    if "connection" in declared.metadata:
        return selecting.connection(kind, query, declared.metadata["connection"], details)
    number = len(selecting.questions)
    arguments = selecting.arguments(query, details)
    match declared.metadata:
        case {"found_by": ways}:
            selecting.questions.append(FindQuestion(number, ways, arguments))
            return Found(number, ways, selecting.selected(kind, details))
        case {"found_among": "ids"}:
            selecting.questions.append(IdsQuestion(number, arguments))
            return Nodes(number, anything(selecting, kind, details))
        case {"found_among": "id"}:
            selecting.questions.append(FindQuestion(number, {"id": payments_by_id}, arguments))
            return Node(number, anything(selecting, kind, details))
        case {"entities": entities}:
            selecting.questions.append(
                EntitiesQuestion(number, entities, arguments, selecting.kind)
            )
            return Entities(number, entity_selections(selecting, entities, details))
    raise NotCovered(f"{query}.{name} is computed in Python.")
