"""The request that is being answered: what every line of the log says of it."""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from graphql import OperationDefinitionNode

from resolvers.codes import Code
from resolvers.identity.callers import Caller

REQUEST_ID = "X-Request-ID"
_GOOD_ID = re.compile(r"[A-Za-z0-9._:/=+@-]{1,128}", re.ASCII)


@dataclass(slots=True)
class Asked:
    """One request, as far as it is known by now."""

    id: str
    method: str
    route: str | None
    """The route's template: a path itself may hold secrets."""
    caller: Caller | None = None
    operation: OperationDefinitionNode | None = None
    document: str | None = None
    """The operation's text, which is logged as its SHA-256."""
    codes: dict[Code, None] = field(default_factory=dict)
    """The codes of the answer's refusals and errors."""

    def words(self) -> dict[str, object]:
        """Return what every line says that is logged meanwhile."""
        said: dict[str, object] = {"request_id": self.id, "route": self.route}
        if self.operation is not None:
            named = self.operation.name
            said["operation_name"] = None if named is None else named.value
            said["operation_type"] = self.operation.operation.value
        return said if self.caller is None else {**said, **self.caller.words}


_ASKED: ContextVar[Asked | None] = ContextVar("asked", default=None)


def begin(this: Asked) -> None:
    """Have all that is logged from now on say which request it is about.

    For one that runs in a context of its own.
    """
    _ASKED.set(this)


def asked() -> Asked | None:
    """Return the request that is being answered, if one is."""
    return _ASKED.get()


def identify(caller: Caller) -> None:
    """Say who is asking."""
    request = _ASKED.get()
    if request is not None:
        request.caller = caller


def describe(query: str, operation: OperationDefinitionNode | None) -> None:
    """Say what is asked for: a document, and the operation that was found in it."""
    request = _ASKED.get()
    if request is not None:
        request.document = query
        request.operation = operation


def note(code: Code) -> None:
    """Say that the answer holds a code."""
    request = _ASKED.get()
    if request is not None:
        request.codes[code] = None


@contextmanager
def apart() -> Iterator[None]:
    """Tell one operation of a socket from the others: it is described and logged by itself."""
    socket = _ASKED.get()
    token = _ASKED.set(socket and replace(socket, operation=None, document=None, codes={}))
    try:
        yield
    finally:
        _ASKED.reset(token)


@contextmanager
def answering(this: Asked) -> Iterator[None]:
    """Have what is logged meanwhile say which request it is about."""
    token = _ASKED.set(this)
    try:
        yield
    finally:
        _ASKED.reset(token)


def request_id(brought: str | None) -> str:
    """Return the id that a request brings, if it can stand in a header and a line, or a new one."""
    if brought is not None and _GOOD_ID.fullmatch(brought):
        return brought
    return "%016x" % random.getrandbits(64)  # noqa: UP031  (half again as fast as an f-string)
