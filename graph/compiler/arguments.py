"""Arguments: read as graphql-core and Strawberry read them, as early as they can be."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLString,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_nullable_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues, get_argument_values
from strawberry import Schema
from strawberry.types.arguments import convert_arguments

from graph.compiler.coverage import Unusual
from graph.compiler.variables import Values

_PLAIN = frozenset({GraphQLString, GraphQLID, GraphQLInt})
"""The types whose values resolvers are given as they are."""
_NOTHING = VariableValues({}, {})


class Arguments:
    """The arguments of one field of a document, by the names of the resolver's parameters."""

    def __init__(self, schema: Schema, field: GraphQLField, node: FieldNode) -> None:
        self._schema = schema
        self._field = field
        self._node = node
        self._definition = field.extensions["strawberry-definition"]
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        self._variables = [
            (name, value.name.value, is_non_null_type(field.args[name].type))
            for name, value in given.items()
            if isinstance(value, VariableNode)
        ]
        names = schema.config.name_converter.from_argument
        self._python = {names(one): one.python_name for one in self._definition.arguments}
        self.variable = frozenset(
            self._python[name] for name, value in given.items() if _varies(value)
        )
        """Those that depend on variables."""
        direct = {name for name, _, _ in self._variables}
        self._simple = len(direct) == len(self.variable) and all(
            get_nullable_type(field.args[name].type) in _PLAIN and not _defaults(field.args[name])
            for name in direct
        )
        self._constant = self._read_constant(direct) if self._simple else {}

    def _read_constant(self, variable: set[str]) -> dict[str, Any]:
        """Return the values that stand in the document, and the defaults of those left out."""
        fixed = FieldNode(
            name=self._node.name,
            arguments=tuple(
                one for one in self._node.arguments or () if one.name.value not in variable
            ),
        )
        lenient = GraphQLField(
            self._field.type,
            {name: one for name, one in self._field.args.items() if name not in variable},
        )
        return self._converted(get_argument_values(lenient, fixed, _NOTHING))

    def read(self, values: Values) -> Mapping[str, Any]:
        """Return the arguments that are given. Raises Unusual."""
        if not self._simple:
            return self._read_fully(values)
        if not self._variables:
            return self._constant
        read = dict(self._constant)
        for name, variable, needed in self._variables:
            if variable in values.coerced:
                value = values.coerced[variable]
                if needed and value is None:
                    raise Unusual
                read[self._python[name]] = value
            elif needed:
                raise Unusual
        return read

    def _read_fully(self, values: Values) -> dict[str, Any]:
        if values.full is None:
            raise Unusual
        try:
            return self._converted(get_argument_values(self._field, self._node, values.full))
        except GraphQLError:
            raise Unusual from None

    def _converted(self, read: dict[str, Any]) -> dict[str, Any]:
        registry = self._schema.schema_converter.scalar_registry
        arguments, config = self._definition.arguments, self._schema.config
        return convert_arguments(read, arguments, scalar_registry=registry, config=config)


def _defaults(argument: GraphQLArgument) -> bool:
    return argument.default is not None or argument.default_value is not Undefined


def _varies(value: ValueNode) -> bool:
    if isinstance(value, ListValueNode):
        return any(_varies(one) for one in value.values)
    if isinstance(value, ObjectValueNode):
        return any(_varies(one.value) for one in value.fields)
    return isinstance(value, VariableNode)
