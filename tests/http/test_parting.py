"""Heads are parted into what is steady and what is another with each request."""

import pytest

from graph.http.bodies import MAX_BODY
from graph.http.parting import LONGEST, MOST_LINES, VARYING, Parted, parted

BEGINNING = b"POST /graphql HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer t"
STEADY = BEGINNING + b"\r\nAccept: */*\r\n\r\n"
LENGTH = b"Content-Length: 17"


def head(*lines: bytes) -> bytes:
    return b"\r\n".join([BEGINNING, *lines, b"Accept: */*", b"", b""])


def test_a_head_is_steady_but_for_its_bodys_length() -> None:
    assert parted(head(LENGTH)) == Parted(STEADY, 17, None, [])


@pytest.mark.parametrize("name", [name for name in VARYING if name != b"content-length"])
def test_what_proxies_mark_a_request_with_is_not_steady(name: bytes) -> None:
    for spelt in (name, name.upper(), name.title()):
        parts = parted(head(spelt + b": 8a-f, b=1;q", LENGTH, spelt + b"s: other"))

        assert parts is not None
        assert parts.steady == head(spelt + b"s: other")
        assert parts.request_id == ("8a-f, b=1;q" if name == b"x-request-id" else None)
        assert parts.handed_on == (["8a-f, b=1;q"] if name == b"x-forwarded-for" else [])


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b"Content-Length: "],
        [b"Content-Length: 1x"],
        [b"Content-Length: +1"],
        [b"Content-Length: 17 "],
        [b"Content-Length : 17"],
        [b"Content-Length: \xb9"],
        [b"Content-Length: %d" % (MAX_BODY + 1)],
        [LENGTH, LENGTH],
        [LENGTH, b"X-Request-ID: a", b"x-request-id: b"],
        [LENGTH, b"X-Long: ".ljust(LONGEST, b"l")],
        [LENGTH, *[b"b3: 0"] * MOST_LINES],
    ],
)
def test_what_could_be_read_in_two_ways_is_not_parted(lines: list[bytes]) -> None:
    assert parted(head(*lines)) is None


@pytest.mark.parametrize(
    "line",
    [
        b"traceparent: one\r\n two",
        b"traceparent: one\r\n\ttwo",
        b"traceparent: \xff",
        b"traceparent: a\x00b",
        b"traceparent: a\rb",
        b"traceparent: a\nAuthorization: Bearer other",
        b"traceparent : one",
        b"X: traceparent: one",
        b"traceparent:",
        b"traceparent: ".ljust(1100, b"t"),
    ],
)
def test_what_is_no_plain_line_stays_where_it_is(line: bytes) -> None:
    parts = parted(head(line, LENGTH))

    assert parts is not None
    assert parts.steady == head(line)


def test_one_head_ends_where_its_lines_do() -> None:
    assert parted(head(LENGTH)[:-4]) == Parted(STEADY[:-4], 17, None, [])
    assert parted(BEGINNING + b"\r\n" + LENGTH) is None
