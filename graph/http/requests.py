"""A GraphQL request as it is sent, whichever way: its members, each of its type."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from graph.http.faults import BatchingUnsupported, RequestFault
from graph.http.strict_json import read_json
from resolvers.errors import BadInput

Json = dict[str, Any]
MAX_PARAMETERS = 20
"""How many parameters an address may have; five have a meaning."""


class Request(NamedTuple):
    """What a client asks for; `graph/execution/documents.py` knows the document that is meant."""

    query: str | None = None
    """The document itself."""
    variables: Json | None = None
    operation_name: str | None = None
    """Which of the document's operations is meant, where it has several."""
    extensions: Json | None = None
    document_id: str | None = None
    """The id of a document that is known here."""


_MEMBERS = {
    "query": (str, "a text"),
    "variables": (dict, "an object"),
    "operationName": (str, "a text"),
    "extensions": (dict, "an object"),
    "documentId": (str, "a text"),
}
"""The members of a request in the order of its own, and of which type each is."""


def request_of(sent: object) -> Request:
    """Return the request that JSON holds; unknown members are ignored.

    Raises BatchingUnsupported for a list, RequestFault for another non-object, and BadInput for a
    member of another type, which it names.
    """
    if isinstance(sent, list):
        raise BatchingUnsupported("Send one operation in a request: lists of them are not read.")
    if not isinstance(sent, dict):
        raise RequestFault('The body must be an object: {"query": "...", "variables": {...}}.')
    members: list[Any] = []
    for name, (kind, said) in _MEMBERS.items():
        value = sent.get(name)
        if value is not None and not isinstance(value, kind):
            raise BadInput(f"`{name}` must be {said}.", {"argument": name})
        members.append(value)
    return Request(*members)


def request_of_address(query_string: str) -> Request:
    """Return the request in the query of an address. Raises RequestFault and BadInput."""
    try:
        query_string.encode()  # bytes that were no UTF-8 arrive as halves of surrogate pairs
        pairs = parse_qsl(
            query_string, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except UnicodeError:
        raise RequestFault("The address is not UTF-8.") from None
    except ValueError:
        message = f"The address has more than {MAX_PARAMETERS} parameters."
        raise RequestFault(message, {"limit": MAX_PARAMETERS}) from None
    given = dict(pairs)
    if len(given) != len(pairs):
        raise RequestFault("The address has a parameter twice.")
    return request_of(_decoded({name: value for name, value in given.items() if value}))


def _decoded(given: Mapping[str, str]) -> Json:
    return {
        name: read_json(value, f"`{name}`") if name in ("variables", "extensions") else value
        for name, value in given.items()
    }
