"""A request's body and head: their types, lengths and encodings, and the time they may take."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
import pytest_asyncio

from tests.gateway import Gateway, running_gateway
from tests.http.asking import send
from tests.http.wire import Reply, connected, head, sent
from tests.logs.reading import Lines

QUESTION = b'{"query": "{ __typename }"}'
CLOSING = "Connection: close"
TYPED = "Content-Type: application/json"


def chunked(body: bytes, size: int = 60_000) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def refusal(reply: Reply | None) -> tuple[int, str]:
    assert reply is not None
    return reply.status, reply.code


@pytest.mark.parametrize(
    "content_type",
    [
        "application/graphql",
        "application/graphql-response+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "nonsense",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "",
    ],
)
async def test_a_body_of_another_type_or_charset_is_a_coded_415(
    gateway: Gateway, content_type: str
) -> None:
    answer = await send(gateway, QUESTION, content_type=content_type)

    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", 'application/JSON;charset="UTF-8"', "application/json;x=y"],
)
async def test_json_in_utf_8_is_read_however_it_is_said_to_be(
    gateway: Gateway, content_type: str
) -> None:
    answer = await send(gateway, QUESTION, content_type=content_type)

    assert (answer.status, answer.body) == (200, {"data": {"__typename": "Query"}})


async def test_a_body_may_be_as_long_as_the_limit_and_no_longer(gateway: Gateway) -> None:
    full = QUESTION + b" " * (256 * 1024 - len(QUESTION))
    comment = orjson.dumps({"query": "{ __typename } #" + " " * 2 * 1024 * 1024})
    encoded = head(gateway, TYPED, CLOSING, "Transfer-Encoding: chunked")

    assert (await send(gateway, full)).status == 200
    for body in (full + b" ", comment):
        answer = await send(gateway, body)
        assert (answer.status, answer.code) == (413, "BODY_TOO_LARGE")
        assert answer.body["errors"][0]["extensions"]["limit"] == 256 * 1024
        packed = await send(gateway, gzip.compress(body), content_encoding="gzip")
        assert (packed.status, packed.code) == (413, "BODY_TOO_LARGE")
        assert refusal(await sent(gateway, encoded, chunked(body))) == (413, "BODY_TOO_LARGE")
    promised = head(gateway, TYPED, "Content-Length: 99999999999")
    assert refusal(await sent(gateway, promised)) == (413, "BODY_TOO_LARGE")


async def test_a_body_of_unknown_length_is_a_coded_411(gateway: Gateway) -> None:
    assert refusal(await sent(gateway, head(gateway, TYPED))) == (411, "LENGTH_REQUIRED")


async def test_a_body_is_read_in_the_encodings_it_may_have(gateway: Gateway) -> None:
    for encoding, body in (
        ("gzip", gzip.compress(QUESTION)),
        ("deflate", zlib.compress(QUESTION)),
        ("GZIP", gzip.compress(QUESTION)),
        ("identity", QUESTION),
    ):
        answer = await send(gateway, body, content_encoding=encoding)
        assert answer.status == 200, encoding
    for encoding in ("br", "zstd", "gzip, gzip", "nonsense"):
        answer = await send(gateway, QUESTION, content_encoding=encoding)
        assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE"), encoding
    for encoding, body in (
        ("gzip", b"no archive"),
        ("gzip", gzip.compress(QUESTION)[:-4]),
        ("gzip", gzip.compress(QUESTION)[:-4] + b"\0\0\0\0"),
        ("gzip", gzip.compress(QUESTION) + b"more"),
        ("gzip", b""),
        ("deflate", zlib.compress(QUESTION)[:-6]),
        ("deflate", b"no archive"),
    ):
        answer = await send(gateway, body, content_encoding=encoding)
        assert (answer.status, answer.code) == (400, "BAD_REQUEST"), (encoding, body)


async def test_a_body_that_breaks_off_is_a_coded_400_at_once(gateway: Gateway) -> None:
    encoded = head(gateway, TYPED, "Transfer-Encoding: chunked")
    async with connected(gateway) as wire:
        wire.send(encoded + b"5\r\n")
        await asyncio.sleep(0.05)
        wire.send(b"hello\r\nno length\r\n")

        assert refusal(await wire.reply()) == (400, "BAD_REQUEST")
        assert await wire.reply() is None


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"nonsense\r\n\r\n", 400, "BAD_REQUEST"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET /graphql HTTP/9.9\r\nHost: x\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET /graphql HTTP/1.1\r\nno colon\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET /graphql HTTP/1.1\r\nA: \x00\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET http://[/ HTTP/1.1\r\nHost: x\r\n\r\n", 400, "BAD_REQUEST"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, "BAD_REQUEST"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"a" * 9000), 431, "HEAD_TOO_LARGE"),
        (b"GET / HTTP/1.1\r\nA: %s\r\n\r\n" % (b"a" * 9000), 431, "HEAD_TOO_LARGE"),
        (b"GET / HTTP/1.1\r\n%s\r\n" % (b"A: a\r\n" * 200), 400, "BAD_REQUEST"),
    ],
)
async def test_what_is_no_http_is_refused_in_json_without_repeating_it(
    gateway: Gateway, data: bytes, status: int, code: str
) -> None:
    async with connected(gateway) as wire:
        wire.send(data)
        reply = await wire.reply()

        assert refusal(reply) == (status, code)
        assert reply is not None
        assert reply.headers["content-type"] == "application/json; charset=utf-8"
        assert reply.headers["server"] == "klarna-graph"
        assert b"aaaa" not in reply.body
        assert await wire.reply() is None


async def test_an_expectation_that_is_not_met_is_a_coded_417(gateway: Gateway) -> None:
    for target in ("/graphql", "/nowhere"):
        data = head(gateway, TYPED, "Expect: miracles", "Content-Length: 0", target=target)

        assert refusal(await sent(gateway, data)) == (417, "BAD_REQUEST")


async def test_a_client_that_waits_for_a_hundred_gets_it(gateway: Gateway) -> None:
    length = f"Content-Length: {len(QUESTION)}"
    async with connected(gateway) as wire:
        wire.send(head(gateway, TYPED, length, "Expect: 100-continue"))
        go_on = await wire.reply()
        wire.send(QUESTION)
        reply = await wire.reply()

    assert go_on is not None
    assert reply is not None
    assert (go_on.status, reply.status) == (100, 200)


@pytest_asyncio.fixture
async def hasty(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that waits for a fifth of a second."""
    async with running_gateway(tmp_path, body_timeout=0.2) as running:
        yield running


async def test_a_body_that_does_not_arrive_is_a_coded_408_and_lets_go(hasty: Gateway) -> None:
    async with connected(hasty) as wire:
        wire.send(head(hasty, TYPED, "Content-Length: 100") + b'{"query": "')
        reply = await wire.reply()

        assert refusal(reply) == (408, "REQUEST_TIMEOUT")
        assert reply is not None
        assert orjson.loads(reply.body)["errors"][0]["extensions"]["limit"] == 0.2
        assert await wire.reply() is None


@pytest.mark.parametrize("begun", [b"P", b"POST /graphql HTTP/1.1\r\n", b"\r\n"])
async def test_a_head_that_does_not_end_is_a_coded_408_and_closes_the_connection(
    hasty: Gateway, begun: bytes
) -> None:
    async with connected(hasty) as wire:
        wire.send(begun)
        reply = await wire.reply()

        assert refusal(reply) == (408, "REQUEST_TIMEOUT")
        assert reply is not None
        assert reply.headers["content-type"] == "application/json; charset=utf-8"
        assert reply.headers["connection"] == "close"
        assert reply.headers["server"] == "klarna-graph"
        assert await wire.reply() is None


async def test_a_connection_may_be_idle_between_two_requests(hasty: Gateway) -> None:
    request = head(hasty, TYPED, f"Content-Length: {len(QUESTION)}")
    async with connected(hasty) as wire:
        for _ in range(2):
            wire.send(request[:20])
            await asyncio.sleep(0.02)
            wire.send(request[20:])
            await asyncio.sleep(0.02)
            wire.send(QUESTION)
            reply = await wire.reply()
            assert reply is not None
            assert reply.status == 200
            await asyncio.sleep(0.3)


async def test_a_client_that_hangs_up_in_the_middle_is_no_bug_of_ours(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines(capsys)
    for _ in range(3):
        async with connected(gateway) as wire:
            wire.send(head(gateway, TYPED, "Content-Length: 100") + b'{"query": "')
            await asyncio.sleep(0.02)

    assert (await send(gateway, QUESTION)).status == 200
    assert {line["event"] for line in lines.all()} <= {"started", "request"}
