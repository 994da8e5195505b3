"""What a caller reads when something is not done: refusals, coded errors, masked bugs."""

import secrets
from typing import Any

import strawberry
import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from graph.context import Info
from graph.describe import graph_enum
from graph.types import graph_type
from resolvers.errors import Fault, RefusalCode, Refused, Unavailable
from store.database import StoreUnavailable

log = structlog.get_logger()

graph_enum(RefusalCode)


@graph_type
class Refusal:
    """A no that the client must handle: nothing was done, and this is why."""

    code: RefusalCode = strawberry.field(description="The reason, in a word that never changes.")
    message: str = strawberry.field(description="The reason in a sentence, for developers.")
    path: list[str] | None = strawberry.field(
        description='The field it is about, from the outside in: `["lineItems", "0", "name"]`.'
    )
    retryable: bool = strawberry.field(
        description="Whether the same request may succeed later, though nothing else changed."
    )
    hint: str | None = strawberry.field(
        description="What to do instead; it names the mutation that helps."
    )
    klarna_code: str | None = strawberry.field(
        description="Klarna's own code where Klarna refused, such as `REJECTED`."
    )
    correlation_id: str | None = strawberry.field(
        description="Klarna's id for its answer; quote it to Klarna's support."
    )


class RefusedHandler(strawberry.ExceptionHandler[Refused, Refusal]):
    """Turns a raised Refused into the union's Refusal, for every mutation at once."""

    def handle(self, exception: Refused, *, field: StrawberryField, info: Info) -> Refusal:
        """Return what the caller reads."""
        del field, info
        return told(exception)


def told(refused: Refused) -> Refusal:
    """Return a refusal as callers read it: its path in GraphQL's names."""
    path = refused.path
    return Refusal(
        code=refused.code,
        message=refused.message,
        path=None if path is None else [to_camel_case(step) for step in path],
        retryable=refused.retryable,
        hint=refused.hint,
        klarna_code=refused.klarna_code,
        correlation_id=refused.correlation_id,
    )


def fault_of(error: BaseException | None) -> Fault | None:
    """Return the coded error that an exception stands for; None for a bug."""
    if isinstance(error, Fault):
        return error
    if isinstance(error, StoreUnavailable):
        log.error("store_unavailable", error=str(error))
        return Unavailable(
            "The store cannot take or answer this at the moment: ask again, nothing is done twice.",
            {"retryable": True},
        )
    return None


def formatted(error: GraphQLError, *, executed: bool) -> dict[str, Any]:
    """Return an error as the answer's `errors` hold it: with a code, and bugs masked.

    `executed` says whether the document was good, so that what is wrong is in the variables.
    """
    answer: dict[str, Any] = dict(error.formatted)
    cause = error.original_error
    fault = fault_of(cause)
    extensions: dict[str, Any]
    if fault is not None:
        answer["message"] = fault.message
        extensions = {"code": fault.code, **fault.details}
    elif isinstance(cause, Refused):
        # A refusal where the schema has no place for one: the code is the refusal's own
        extensions = {"code": str(cause.code), "hint": cause.hint}
    elif isinstance(error, GraphQLSyntaxError):
        extensions = {"code": "GRAPHQL_PARSE_FAILED"}
    elif cause is None or isinstance(cause, GraphQLError):
        extensions = {"code": "BAD_USER_INPUT" if executed else "GRAPHQL_VALIDATION_FAILED"}
    else:
        return answer | masked(cause)
    return answer | {"extensions": extensions}


def masked(bug: BaseException) -> dict[str, Any]:
    """Log a bug with its traceback under a new id, and return the error that names only the id."""
    bug_id = secrets.token_hex(8)
    log.error("bug", id=bug_id, exc_info=bug)
    return {
        "message": "Something went wrong here. The operator finds it by this id.",
        "extensions": {"code": "INTERNAL", "id": bug_id},
    }
