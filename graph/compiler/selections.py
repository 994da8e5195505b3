"""Selections: what is selected of each type, as graphql-core collects it.

Fragments, aliases, merged fields and directives are graphql-core's own matter here too. What each
field is in SQL, its declaration says: a column, a relationship, a connection, a computation.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from strawberry import Schema
from strawberry.types.field import StrawberryField

from graph.compiler.arguments import Arguments
from graph.compiler.coverage import NotCovered
from graph.compiler.members import (
    Computed,
    Kinds,
    Member,
    Members,
    OneOf,
    Related,
    Selected,
    Selection,
    Shown,
    Typename,
)
from graph.compiler.pages import Edges, Info, Paged, Part, Total
from graph.compiler.picking import Pick, attribute, constant, picked, picking
from graph.compiler.questions import PageQuestion, Question
from graph.fields import permissions
from graph.fields.computed import InSql
from graph.fields.connections import Connection
from graph.fields.relationships import Relationship
from graph.fields.types import record_of
from resolvers.identity.callers import CallerKind
from store.fields import Field, fields_of
from store.tables import table_of, traits_of

MAX_PARTS = 300
"""How many fields a statement may show; what may be of several types shows them for each."""


@dataclass
class Selecting:
    """One operation being read, for one kind of caller."""

    schema: Schema
    document: DocumentNode
    operation: OperationDefinitionNode
    kind: CallerKind
    values: VariableValues
    """The variables' values: those that decide what is skipped are the same for every request."""
    questions: list[Question] = field(default_factory=list)
    _parts: int = 0

    def __post_init__(self) -> None:
        self.graph = self.schema._schema  # noqa: SLF001  (Strawberry shows its own only)
        self._fragments = {
            one.name.value: FragmentDetails(one)
            for one in self.document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }

    def root(self, kind: GraphQLObjectType) -> GroupedFieldSet:
        """Return the fields of the operation itself."""
        return collect_fields(
            self.graph, self._fragments, self.values, kind, self.operation
        ).grouped_field_set

    def below(self, kind: GraphQLObjectType, details: FieldDetailsList) -> GroupedFieldSet:
        """Return the fields that are selected of a type below a field. Raises NotCovered."""
        found = collect_subfields(
            self.graph, self._fragments, self.values, self.operation, kind, details
        ).grouped_field_set
        self._parts += len(found)
        if self._parts > MAX_PARTS:
            raise NotCovered(f"It has more than {MAX_PARTS:,} parts, counted for each type.")
        return found

    def object(self, name: str) -> GraphQLObjectType:
        """Return a type by its name."""
        return cast("GraphQLObjectType", self.graph.type_map[name])

    def allowed(self, parent: GraphQLObjectType, name: str) -> StrawberryField:
        """Return a field's declaration. Raises NotCovered if the caller may not ask for it."""
        if self.kind not in permissions.of(parent.name, name):
            raise NotCovered(f"{parent}.{name} is not for callers of kind {self.kind}.")
        definition: StrawberryField = parent.fields[name].extensions["strawberry-definition"]
        return definition

    def arguments(self, parent: GraphQLObjectType, details: FieldDetailsList) -> Arguments:
        """Return the arguments that a field is given."""
        node = details[0].node
        return Arguments(self.schema, parent.fields[node.name.value], node)

    def selected(self, kind: Any, details: FieldDetailsList) -> Selected:
        """Return what is selected of records that are of a type, or of one of several."""
        if not is_abstract_type(kind):
            return self.selection(kind, details)
        (selected,) = self.by_table(kind, details).values()
        return selected

    def by_table(self, kind: Any, details: FieldDetailsList) -> dict[str, Selected]:
        """Return what is selected of each type that a type may be, by the names of its table."""
        found: dict[str, Selected] = {}
        kinds: dict[str, dict[str, Selection]] = {}
        for possible in self.graph.get_possible_types(kind):
            table = table_of(record_of(origin_of(possible)))
            selection = found[table.name] = self.selection(possible, details)
            if selection.kind is not None:
                column, word = selection.kind
                known = kinds.setdefault(table.name, {})
                known[word] = selection
                found[table.name] = Kinds(column, known)
        return found

    def selection(self, kind: GraphQLObjectType, details: FieldDetailsList) -> Selection:
        """Return what is selected of records of one type."""
        record = record_of(origin_of(kind))
        if record is None:
            raise NotCovered(f"{kind} is not stored.")
        members: Members = [
            (key, self.member(kind, record, found))
            for key, found in self.below(kind, details).items()
        ]
        named_by = traits_of(table_of(record)).named_by
        if named_by is None:
            return Selection(members)
        return Selection(members, (named_by, str(origin_of(kind).shows)))

    def member(self, parent: GraphQLObjectType, record: type, details: FieldDetailsList) -> Member:
        """Return a field of a record as its declaration has it."""
        name = details[0].node.name.value
        if name == "__typename":
            return Typename(parent.name)
        declared = self.allowed(parent, name)
        kind: Any = get_named_type(parent.fields[name].type)
        metadata = declared.metadata
        if "connection" in metadata:
            return self.connection(kind, parent, metadata["connection"], details)
        if "relationship" in metadata:
            way: Relationship = metadata["relationship"]
            return Related(way.lookup, way.key, way.many, self.selected(kind, details))
        if "kept_as" in metadata:
            by_kind, column, key = metadata["kept_as"]
            selections = self.by_table(kind, details)
            ways = {
                word: Related(
                    lookup, key, many=False, selected=selections[lookup.column.table.name]
                )
                for word, lookup in by_kind.items()
                if lookup.column.table.name in selections
            }
            return OneOf(column, key, ways)
        if "in_sql" in metadata:
            return self.computed(parent, name, metadata["in_sql"], details)
        columns = {one.name: one for one in fields_of(record)}
        if declared.base_resolver is None and declared.python_name in columns:
            return self.shown(columns[declared.python_name])
        raise NotCovered(f"{parent}.{name} is computed in Python.")

    def shown(self, column: Field) -> Shown:
        """Return a field that stands in a column as callers read it."""
        if column.is_enum and any(word.name != word.value for word in column.type):
            raise NotCovered(f"The words of {column.type} are stored by other names.")
        return Shown(column)

    def computed(
        self, parent: GraphQLObjectType, name: str, said: InSql, details: FieldDetailsList
    ) -> Member:
        """Return a field that SQL computes, or of which it finds what Python makes an object of."""
        kind = parent.fields[name].type
        if is_leaf_type(get_named_type(kind)):
            return Computed(said)
        pick = picking(kind, lambda made: self.picked(made, details))
        return Computed(
            InSql(said.needs, lambda columns, one: said.express(columns, _Picking(one, pick)))
        )

    def picked(self, kind: GraphQLObjectType, details: FieldDetailsList) -> Pick:
        """Return what picks the selected fields of an object that Python makes."""
        members: list[tuple[str, Pick]] = []
        for key, found in self.below(kind, details).items():
            name = found[0].node.name.value
            if name == "__typename":
                members.append((key, constant(kind.name)))
                continue
            declared = self.allowed(kind, name)
            if declared.base_resolver is not None:
                raise NotCovered(f"{kind}.{name} is computed in Python.")
            pick = picking(
                kind.fields[name].type,
                lambda inner, found=found: self.picked(inner, found),  # type: ignore[misc]  # each its own
            )
            members.append((key, attribute(declared.python_name, pick)))
        return picked(members)

    def connection(
        self,
        kind: GraphQLObjectType,
        parent: GraphQLObjectType,
        said: Connection,
        details: FieldDetailsList,
    ) -> Paged:
        """Return a connection."""
        number = len(self.questions)
        self.questions.append(PageQuestion(number, said, self.arguments(parent, details)))
        parts = [(key, self.part(kind, found)) for key, found in self.below(kind, details).items()]
        node: Any = get_named_type(kind.fields["nodes"].type)
        return Paged(said, number, record_of(origin_of(node)), parts)

    def part(self, kind: GraphQLObjectType, details: FieldDetailsList) -> Part:
        """Return a field of a connection."""
        name = details[0].node.name.value
        if name == "__typename":
            return Typename(kind.name)
        self.allowed(kind, name)
        of: Any = get_named_type(kind.fields[name].type)
        match name:
            case "totalCount":
                return Total()
            case "pageInfo":
                fields = self.below(of, details).items()
                return Info({key: found[0].node.name.value for key, found in fields})
            case "nodes":
                return Edges(None, self.selected(of, details))
            case "edges":
                return self.edges(of, details)
        raise NotCovered(f"{kind}.{name} is computed in Python.")

    def edges(self, kind: GraphQLObjectType, details: FieldDetailsList) -> Edges:
        """Return the edges of a connection."""
        members: list[tuple[str, Selected | Typename | None]] = []
        for key, found in self.below(kind, details).items():
            name = found[0].node.name.value
            if name == "__typename":
                members.append((key, Typename(kind.name)))
            elif name == "cursor":
                members.append((key, None))
            else:
                node: Any = get_named_type(kind.fields[name].type)
                members.append((key, self.selected(node, found)))
        return Edges(members, None)


@dataclass(frozen=True, slots=True)
class _Picking:
    """A statement whose finished values are picked from."""

    statement: Any
    pick: Pick

    @property
    def reach(self) -> Any:
        return self.statement.reach

    @property
    def now(self) -> Any:
        return self.statement.now

    def finished(self, finish: Callable[..., Any], *values: Any) -> Any:
        return self.statement.finished(lambda *given: self.pick(finish(*given)), *values)


def origin_of(kind: GraphQLObjectType) -> Any:
    """Return the class that declares a type."""
    return kind.extensions["strawberry-definition"].origin
