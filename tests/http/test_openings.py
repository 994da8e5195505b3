"""Bodies whose openings are known are read as they would be read whole."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.execution.executor import Executor
from graph.execution.limits import Limits
from graph.execution.reading import Prepared
from graph.http.faults import RequestFault
from graph.http.openings import KEPT, Opening, Openings
from graph.http.requests import Request, request_of
from graph.http.strict_json import MAX_DEPTH, read_json
from graph.schema import schema
from resolvers.errors import BadInput

QUERY = 'query A($id: ID!) { klarnaPayment(id: $id) { id } } # "variables":'
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


def body_of(**members: object) -> bytes:
    return orjson.dumps({"query": QUERY, **members})


@pytest.fixture(scope="module")
def opening() -> Opening:
    prepared = Executor(schema, Limits()).prepare(QUERY, None)
    assert isinstance(prepared, Prepared)
    return Opening(QUERY, prepared)


def learned(opening: Opening, body: bytes) -> Openings:
    openings = Openings()
    openings.learn(body, request_of(read_json(body, "It")), opening)
    return openings


def whole(body: bytes) -> Request | None:
    """The request as it is read from the beginning, if it is one."""
    try:
        return request_of(read_json(body, "It"))
    except (RequestFault, BadInput):
        return None


@given(variables=JSON)
def test_variables_are_read_as_in_a_whole_body(opening: Opening, variables: object) -> None:
    openings = learned(opening, body_of(variables={"id": "a"}))
    try:
        body = body_of(variables=variables)
    except TypeError:  # an integer that is none of JSON's
        return

    read = openings.read(body)

    assert (read is not None) == isinstance(variables, dict)
    if read is not None:
        assert whole(body) == Request(QUERY, read[1])
        assert read[0] is opening


@pytest.mark.parametrize(
    "rest",
    [
        b'{"id":"a"},"variables":{}}',
        b'{"id":"a"},"query":"{ other }"}',
        b'{"id":"a"},"extensions":{}}',
        b'{"id":"a","id":"b"}}',
        b'{"id":"a"}}}',
        b'{"id":"a"}',
        b'{"id":"a"',
        b"{}}{}",
        b"{} }",
        b"[]}",
        b"null}",
        b'{"id":NaN}}',
        b'{"id":"\xff"}}',
        b"}",
        b"",
        b'{"a":' * (MAX_DEPTH - 1) + b"{}" + b"}" * (MAX_DEPTH - 1) + b"}",
    ],
)
def test_what_is_not_variables_and_an_end_is_read_whole(opening: Opening, rest: bytes) -> None:
    known = body_of(variables={"id": "a"})
    start = known[: known.rfind(b'{"id"')]
    openings = learned(opening, known)

    assert openings.read(known) == (opening, {"id": "a"}, None)
    assert openings.read(start + rest) is None


@pytest.mark.parametrize(
    "body",
    [
        body_of(),
        body_of(extensions={"cost": True}, variables={}),
        b'{"variables":{},"query":"{ a }"}',
        b'{"x":{"y":1,"variables":{}},"query":"{ a }","variables":{}}',
        b'{"query" : "{ a }","variables":{"a":{"b":1,"variables":{}}}} ',
    ],
)
def test_what_says_more_or_says_it_elsewhere_is_not_remembered(
    opening: Opening, body: bytes
) -> None:
    assert learned(opening, body).read(body) is None


def test_no_more_openings_are_kept_than_there_is_room_for(opening: Opening) -> None:
    bodies = [body_of(number=number, variables={}) for number in range(KEPT + 1)]
    openings = Openings()
    for body in bodies:
        openings.learn(body, request_of(read_json(body, "It")), opening)

    assert openings.read(bodies[0]) is None
    assert openings.read(bodies[1]) is not None
