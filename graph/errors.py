"""What a caller reads when something is not done: refusals, coded errors, masked bugs."""

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import strawberry
import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from graph.context import Info
from graph.fields.describe import graph_enum
from graph.fields.types import graph_type
from graph.logs.asked import note
from resolvers.codes import Code, ErrorCode, RefusalCode
from resolvers.errors import Fault, Refused, TimedOut, Unavailable
from store.database import StoreTooSlow, StoreUnavailable

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
        return refusal_of(exception)


def refusal_of(refused: Refused) -> Refusal:
    """Return a refusal as the caller reads it, and have the request's log line say its code."""
    note(refused.code)
    return told(refused)


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
    if isinstance(error, StoreTooSlow):
        log.warning("store_too_slow", error=str(error))
        return TimedOut(f"The store was asked for too much at once. {error} Ask for less.")
    if isinstance(error, StoreUnavailable):
        log.error("store_unavailable", error=str(error))
        return Unavailable(
            "The store cannot take or answer this at the moment: ask again, nothing is done twice.",
            {"retryable": True},
        )
    return None


def coded(code: Code, message: str, details: Mapping[str, object] | None = None) -> dict[str, Any]:
    """Return an error as an answer's `errors` hold it; `details` are what else it says."""
    note(code)
    return {"message": message, "extensions": {"code": str(code), **(details or {})}}


def formatted(error: GraphQLError, *, executed: bool) -> dict[str, Any]:
    """Return an error as the answer's `errors` hold it: with a code, and bugs masked.

    `executed` says whether the document was good, so that what is wrong is in the variables.
    """
    return dict(error.formatted) | _told(error, executed=executed)


_LITERAL = re.compile(r'"""(?:\\"""|.)*?"""|"(?:[^"\\]|\\.)*"|(?<=String )\'.*\'', re.DOTALL)
"""A text of the document's own, as graphql-core's messages repeat it."""


def _without_literals(message: str) -> str:
    """Return a message without the texts that it repeats: they may be credentials or tokens."""
    return _LITERAL.sub("(a text)", message)


def _told(error: GraphQLError, *, executed: bool) -> dict[str, Any]:
    cause = error.original_error
    fault = fault_of(cause)
    if fault is not None:
        return coded(fault.code, fault.message, fault.details)
    if isinstance(cause, Refused):
        # A refusal where the schema has no place for one: the code is the refusal's own
        return coded(cause.code, error.message, {"hint": cause.hint})
    if isinstance(error, GraphQLSyntaxError):
        return coded(ErrorCode.GRAPHQL_PARSE_FAILED, _without_literals(error.message))
    if cause is not None and not isinstance(cause, GraphQLError):
        return masked(cause, error.path)
    code = ErrorCode.BAD_USER_INPUT if executed else ErrorCode.GRAPHQL_VALIDATION_FAILED
    return coded(code, _without_literals(error.message))


def masked(bug: BaseException, path: Sequence[str | int] | None = None) -> dict[str, Any]:
    """Log a bug with its traceback under a new id, and return the error that names only the id.

    `path` is the field that it happened in, from the outside in.
    """
    bug_id = secrets.token_hex(8)
    log.error("bug", id=bug_id, path=path, exc_info=bug)
    message = "Something went wrong here. The operator finds it by this id."
    return coded(ErrorCode.INTERNAL, message, {"id": bug_id})
