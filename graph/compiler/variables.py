"""Variables: read as graphql-core reads them, the usual scalars by a look at their type alone.

Whatever is wrong, or is right in an unusual way such as `5.0` for an Int, is Unusual here: the
ordinary path reads it again, and says what is wrong with it.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLBoolean,
    GraphQLID,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    ListValueNode,
    ObjectFieldNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_nullable_type,
    is_non_null_type,
    type_from_ast,
    visit,
)
from graphql.execution.values import VariableValues, get_variable_values

from graph.compiler.coverage import Unusual

_INT = range(-(2**31), 2**31)
_USUAL: Mapping[Any, Callable[[Any], bool]] = {
    GraphQLString: lambda value: type(value) is str,
    GraphQLID: lambda value: type(value) is str,
    GraphQLBoolean: lambda value: type(value) is bool,
    GraphQLInt: lambda value: type(value) is int and value in _INT,
}
"""The scalars whose usual values are taken as they are."""


class Values(NamedTuple):
    """The values of an operation's variables, without those that were not given."""

    coerced: Mapping[str, Any]
    full: VariableValues | None = None
    """The same as graphql-core has them, where an argument has variables inside its value."""


class Variables:
    """The variables of an operation."""

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, used: "Used"
    ) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        usual = [self._one(definition) for definition in self._definitions]
        self._usual = [one for one in usual if one is not None]
        self._plain = not used.nested and len(self._usual) == len(usual)

    def _one(
        self, definition: VariableDefinitionNode
    ) -> tuple[str, Callable[[Any], bool], bool] | None:
        kind: Any = type_from_ast(self._schema, definition.type)
        usual = _USUAL.get(get_nullable_type(kind))
        if usual is None or definition.default_value is not None:
            return None
        return definition.variable.name.value, usual, is_non_null_type(kind)

    def read(self, given: Mapping[str, Any]) -> Values:
        """Return the variables' values. Raises Unusual."""
        if not self._plain:
            return self.read_fully(given)
        coerced = {}
        for name, usual, needed in self._usual:
            if name not in given:
                if needed:
                    raise Unusual
                continue
            value = given[name]
            if needed if value is None else not usual(value):
                raise Unusual
            coerced[name] = value
        return Values(coerced)

    def read_fully(self, given: Mapping[str, Any]) -> Values:
        """Return the variables' values as graphql-core reads them. Raises Unusual."""
        read = get_variable_values(
            self._schema, self._definitions, dict(given), max_errors=1, hide_suggestions=True
        )
        if isinstance(read, list):
            raise Unusual
        return Values(read.coerced, read)


class Used(Visitor):
    """How a document uses its variables."""

    def __init__(self, document: DocumentNode) -> None:
        super().__init__()
        self._deciding: set[str] = set()
        self.nested = False
        """Whether one stands inside a list or an object."""
        visit(document, self)

    @property
    def deciding(self) -> list[str]:
        """Those of `@skip` and `@include`."""
        return sorted(self._deciding)

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        """Note what decides."""
        values = [argument.value for argument in node.arguments or ()]
        self._deciding |= {one.name.value for one in values if isinstance(one, VariableNode)}

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
        """Note what is nested."""
        self.nested |= isinstance(node.value, VariableNode)

    def enter_list_value(self, node: ListValueNode, *_: Any) -> None:
        """Note what is nested."""
        self.nested |= any(isinstance(value, VariableNode) for value in node.values)
