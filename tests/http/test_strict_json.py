"""JSON as callers send it: the short way and the strict one read the same, or refuse the same."""

from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graph.http import strict_json
from graph.http.faults import RequestFault
from graph.http.strict_json import MAX_DEPTH, read_json

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def read(sent: bytes) -> Any:
    """What comes of reading it: a value, or why not."""
    try:
        return repr(read_json(sent, "It"))
    except RequestFault as no:
        return no.message


def read_strictly(sent: bytes) -> Any:
    """The same without the short way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict_json, "plainly", lambda _: None)
        return read(sent)


@given(JSON_VALUES)
@example(2**63)
@example(-(2**63) - 1)
@example(2**53)
@example({"": -0.0})
def test_any_value_is_read_alike_both_ways(value: object) -> None:
    try:
        sent = orjson.dumps(value)
    except TypeError:  # an integer beyond 64 bits, or half a surrogate pair
        sent = str(value).encode(errors="surrogatepass")

    assert read(sent) == read_strictly(sent)


@pytest.mark.parametrize(
    "sent",
    [
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b"9223372036854775808",
        b"18446744073709551615",
        b"-9223372036854775809",
        b"NaN",
        b"1e400",
        b'"\\ud800"',
        b"\xef\xbb\xbf{}",
        b'"\xff"',
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b"",
    ],
)
def test_what_two_readers_could_take_differently_is_refused_both_ways(sent: bytes) -> None:
    with pytest.raises(RequestFault):
        read_json(sent, "It")

    assert read(sent) == read_strictly(sent)


@given(st.binary(max_size=40) | st.text(alphabet='{}[]",:\\u0d8ea1.-+ \n', max_size=30))
def test_whatever_is_sent_is_read_alike_both_ways(sent: bytes | str) -> None:
    data = sent if isinstance(sent, bytes) else sent.encode()

    assert read(data) == read_strictly(data)
