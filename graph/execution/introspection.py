"""A schema that is closed: it cannot be read through questions about itself."""

from typing import Any

from graphql import ASTValidationRule, FieldNode, GraphQLError, specified_rules

from resolvers.codes import ErrorCode
from resolvers.errors import Fault

QUESTIONS = {"__schema", "__type"}
"""The questions that lead into the schema; `__typename` says only what is seen anyway."""


class IntrospectionDisabled(Fault):
    """The schema cannot be asked about here."""

    code = ErrorCode.INTROSPECTION_DISABLED


class NoIntrospection(ASTValidationRule):
    """Refuses questions about the schema itself."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        """Refuse a field that leads into the schema."""
        if node.name.value in QUESTIONS:
            no = IntrospectionDisabled(f"`{node.name.value}` is not answered here.")
            self.report_error(GraphQLError(no.message, node, original_error=no))


CLOSED_RULES = (*specified_rules, NoIntrospection)
"""The rules for documents where the schema is closed."""
