"""The fast lane: usual requests are answered there, exactly as they would be elsewhere."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import text
from yarl import URL

from graph.http.lane import Lane
from graph.http.rides import Ride
from resolvers.callers import CallerKind
from store.scope import Mode
from store.sqlite import SqliteDatabase
from store.statements import Statement
from tests import documents
from tests.gateway import Gateway, running_gateway
from tests.http.wire import Reply, Wire, connected, head
from tests.limits.test_time import ENDLESS_PAGE, QUICK_PAGE
from tests.logs.reading import Lines
from tests.test_keys import SAVE

LOOK = "{ klarnaGateways(first: 1) { nodes { id } } }"
PAYMENTS = Statement(text("SELECT count(*) FROM klarna_payments WHERE status = 'OPEN'"))
LATELY = {"date", "x-request-id", "ratelimit"}
"""The headers that differ from one answer to the next."""
OWN = {"timestamp", "request_id", "ms"}
"""What each line of the log says of its own."""


@pytest.fixture
def rides(monkeypatch: pytest.MonkeyPatch) -> list[Ride | None]:
    """What became of each request that came to the lane: None went the ordinary way."""
    taken: list[Ride | None] = []
    take = Lane.take

    def watched(lane: Lane, *given: Any) -> Ride | None:
        taken.append(take(lane, *given))
        return taken[-1]

    monkeypatch.setattr(Lane, "take", watched)
    return taken


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """What is logged."""
    return Lines(capsys)


@pytest.fixture(autouse=True)
def one_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client has a token, and not another one for each request."""
    made: dict[str, str] = {}
    issue = Gateway.token
    monkeypatch.setattr(
        Gateway, "token", lambda gateway: made.setdefault(gateway.url, issue(gateway))
    )


@pytest_asyncio.fixture
async def hasty(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(tmp_path, operation_timeout=0.3) as gateway:
        yield gateway


def request(gateway: Gateway, query: str = LOOK, *lines: str, **variables: object) -> bytes:
    """A usual request; the same head for bodies of the same length."""
    body = orjson.dumps({"query": query, "variables": variables})
    lines = ("Content-Type: application/json", f"Content-Length: {len(body)}", *lines)
    return head(gateway, *lines) + body


async def told(wire: Wire, *pieces: bytes) -> Reply:
    """The answer to a request that comes in pieces."""
    for piece in pieces:
        wire.send(piece)
        await asyncio.sleep(0.01)
    reply = await wire.reply()
    assert reply is not None
    return reply


async def settled(gateway: Gateway, wire: Wire, data: bytes) -> Reply:
    """The first answer, after which the head, the document and its plan are known."""
    first = await told(wire, data)
    for _ in range(3):
        await told(wire, data)
        await asyncio.sleep(0.05)
    return first


async def test_what_is_usual_takes_the_lane_and_is_answered_alike(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    async with connected(gateway) as wire:
        ordinary = await settled(gateway, wire, request(gateway))
        before = gateway.services.database.questions
        usual = await told(wire, request(gateway))

    assert rides[0] is None
    assert rides[-1] is not None
    assert gateway.services.database.questions - before == 1
    assert (usual.status, usual.body) == (ordinary.status, ordinary.body)
    assert usual.headers.keys() == ordinary.headers.keys()
    for name in ordinary.headers.keys() - LATELY:
        assert usual.headers[name] == ordinary.headers[name], name


async def test_what_proxies_add_to_each_request_keeps_it_from_no_lane(
    gateway: Gateway, rides: list[Ride | None], lines: Lines
) -> None:
    ids = ["one", "two", "no id", "four"]
    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway))
        del rides[:]
        replies = [
            await told(
                wire,
                request(
                    gateway,
                    LOOK,
                    f"X-Request-ID: {name}",
                    f"traceparent: 00-{number:032x}-{number:016x}-01",
                    f"X-Forwarded-For: 10.0.0.{number}, 10.1.1.1",
                    longer="." * number,
                ),
            )
            for number, name in enumerate(ids)
        ]
        twice = await told(wire, request(gateway, LOOK, "X-Request-ID: a", "X-Request-ID: b"))
    named = [reply.headers["x-request-id"] for reply in replies]

    assert [ride is not None for ride in rides] == [True, True, True, True, False]
    assert [named[place] for place in (0, 1, 3)] == ["one", "two", "four"]
    assert len(named[2]) == 16
    assert twice.headers["x-request-id"] == "a"
    assert [line["request_id"] for line in lines.of("request")][-5:] == [*named, "a"]


async def test_a_head_of_too_many_lines_is_refused_though_the_lane_knows_the_rest(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway))
        few = await told(wire, request(gateway, LOOK, *["b3: 0"] * 90))
        many = await told(wire, request(gateway, LOOK, *["b3: 0"] * 150))

    assert (few.status, many.status) == (200, 400)
    assert [ride is not None for ride in rides[-2:]] == [True, False]


async def test_an_empty_id_before_a_good_one_counts_on_the_lane_as_elsewhere(
    gateway: Gateway,
) -> None:
    good = "X-Request-ID: good"
    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway, LOOK, "X-Request-ID:"))
        usual = await told(wire, request(gateway, LOOK, "X-Request-ID:", good))
        ordinary = await told(wire, request(gateway, LOOK, "X-Request-ID:", good, "TE: trailers"))

    assert len(ordinary.headers["x-request-id"]) == len(usual.headers["x-request-id"]) == 16


@pytest.mark.parametrize("media", ["application/json", "application/graphql-response+json"])
@pytest.mark.parametrize(
    "query",
    [
        "{ klarnaPayment(id: 1) { id } }",
        '{ klarnaPayment(id: "nobody") { id } }',
        'mutation { deleteKlarnaPayment(id: "nobody") { __typename } }',
        'mutation { enableKlarnaGateway(id: "nobody", key: "k") { __typename } }',
        "{ __schema { queryType { name } } }",
        "{ nothing }",
        "{ klarnaGateways(first: 1000) { nodes { id } } }",
    ],
)
async def test_whatever_it_is_it_is_answered_and_logged_on_the_lane_as_elsewhere(
    gateway: Gateway, rides: list[Ride | None], lines: Lines, query: str, media: str
) -> None:
    accept = f"Accept: {media}"
    data = request(gateway, query, accept)
    async with connected(gateway) as wire:
        await told(wire, data)
        ordinary = await told(wire, request(gateway, query, accept, "TE: trailers"))
        usual = await told(wire, data)
    said = [
        [(name, value) for name, value in line.items() if name not in OWN]
        for line in lines.of("request")
    ]

    assert rides[-2] is None
    assert (rides[-1] is None) == ("nothing" in query)
    assert (usual.status, usual.body) == (ordinary.status, ordinary.body)
    assert usual.headers.keys() == ordinary.headers.keys()
    assert said[-1] == said[-2]


async def test_a_page_of_another_origin_is_told_that_it_may_read_it(
    tmp_path: Path, rides: list[Ride | None]
) -> None:
    async with running_gateway(tmp_path, cors_origins=["https://shop.example"]) as gateway:
        data = request(gateway, LOOK, "Origin: https://shop.example")
        other = request(gateway, LOOK, "Origin: https://evil.example")
        async with connected(gateway) as wire:
            await told(wire, data)
            welcome = await told(wire, data)
            await told(wire, other)
            stranger = await told(wire, other)

    assert [ride is not None for ride in rides[-4:]] == [False, True, False, True]
    assert welcome.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in stranger.headers


async def test_requests_that_do_not_wait_for_answers_get_them_in_their_order(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    names = [
        f"{{ q{number}: klarnaGateways(first: 1) {{ nodes {{ id }} }} }}" for number in range(6)
    ]
    database = gateway.services.database
    async with connected(gateway) as wire:
        for name in names:
            await settled(gateway, wire, request(gateway, name))
        held = asyncio.create_task(database.rows(ENDLESS_PAGE))
        for name in names:  # each in a piece of its own, while the first one is being answered
            wire.send(request(gateway, name))
            await asyncio.sleep(0.02)
        first_one = rides[-1]
        held.cancel()
        apart = [await wire.reply() for _ in names]
        wire.send(b"".join(request(gateway, name) for name in names))
        together = [await wire.reply() for _ in names]

    assert first_one is not None
    for replies in (apart, together):
        told_of = [list(orjson.loads(reply.body)["data"]) for reply in replies if reply]
        assert told_of == [[f"q{number}"] for number in range(6)]


async def test_a_request_in_pieces_goes_the_ordinary_way_and_the_next_one_does_not(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    data = request(gateway)
    begin, end = data[:-10], data[-10:]
    async with connected(gateway) as wire:
        await settled(gateway, wire, data)
        del rides[:]
        in_pieces = await told(wire, begin, end)
        whole = await told(wire, data)

    assert [ride is not None for ride in rides] == [False, True]
    assert in_pieces.body == whole.body


async def test_what_looks_like_a_request_in_the_middle_of_another_is_none(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    """Whoever shares a connection with others through a proxy must not make requests for them."""
    data = request(gateway)
    hiding = head(gateway, "Content-Type: application/json", f"Content-Length: {len(data)}")
    async with connected(gateway) as wire:
        await settled(gateway, wire, data)
        del rides[:]

        body = await told(wire, hiding, data)
        # aiohttp may have kept a piece of a head: what follows cannot be told from its rest
        wire.send(data + b"POST /gra")
        await wire.reply()
        wire.send(b"phql HTTP/1.1\r\nX-Rest: ")
        await asyncio.sleep(0.05)
        del rides[:]
        wire.send(data)
        rest = await wire.reply()

    assert orjson.loads(body.body)["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert rides == []
    assert rest is not None
    assert rest.status != 200 or b'"data"' in rest.body


async def test_what_comes_behind_a_waiting_request_is_none_either(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    """Empty lines that the parser skips, and a head that it holds a part of."""
    data = request(gateway)
    slow = request(gateway, "{ orders(first: 1) { nodes { id } } }", "TE: trailers")
    length = len(data) - data.find(b"\r\n\r\n") - 4
    part = b"POST /graphql HTTP/1.1\r\nX-Junk: ".ljust(length, b"j")
    database = gateway.services.database
    async with connected(gateway) as wire:
        await settled(gateway, wire, data)
        await told(wire, slow)
        held = asyncio.create_task(database.rows(ENDLESS_PAGE))
        for piece in (slow, data, b"\r\n\r\n", part):
            wire.send(piece)
            await asyncio.sleep(0.03)
        held.cancel()
        answered = [await wire.reply(), await wire.reply()]
        del rides[:]
        wire.send(data)
        await asyncio.sleep(0.1)

    assert [reply.status for reply in answered if reply] == [200, 200]
    assert rides == []


@pytest.mark.parametrize("token", [b"\xff", b"nobody"])
async def test_a_bad_token_is_told_so_however_often_it_comes(
    gateway: Gateway, rides: list[Ride | None], token: bytes
) -> None:
    data = request(gateway).replace(gateway.token().encode(), token)
    async with connected(gateway) as wire:
        replies = [await told(wire, data) for _ in range(3)]

    assert [(reply.status, reply.code) for reply in replies] == [(401, "UNAUTHENTICATED")] * 3
    assert rides == [None] * 3


async def test_whoever_is_not_let_in_takes_no_place_among_the_heads(
    gateway: Gateway, rides: list[Ride | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.http.heads.KEPT", 3)
    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway))
        for number in range(5):
            strangers = request(gateway, LOOK, f"X-Number: {number}")
            await told(wire, strangers.replace(gateway.token().encode(), b"nobody"))
        await told(wire, request(gateway))

    assert rides[-1] is not None


async def test_a_client_that_leaves_keeps_no_server_from_stopping(
    tmp_path: Path, rides: list[Ride | None]
) -> None:
    async with running_gateway(tmp_path) as gateway:
        url = URL(gateway.url)
        wire = Wire(*await asyncio.open_connection(url.host, url.port))
        await settled(gateway, wire, request(gateway))
        held = asyncio.create_task(gateway.services.database.rows(ENDLESS_PAGE))
        await asyncio.sleep(0)
        wire.send(request(gateway))
        await asyncio.sleep(0.05)
        asyncio.get_running_loop().call_later(0.2, wire.leave)
        asyncio.get_running_loop().call_later(0.4, held.cancel)
        begun = asyncio.get_running_loop().time()
    took = asyncio.get_running_loop().time() - begun

    assert rides[-1] is not None
    assert took < 5


async def test_a_token_is_looked_at_for_each_request(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway))
        gateway.services.access.revoke("tests")
        revoked = await told(wire, request(gateway))
        again = await told(wire, request(gateway))

    assert rides[-2:] == [None, None]
    assert (revoked.status, revoked.code) == (401, "UNAUTHENTICATED")
    assert (again.status, again.code) == (401, "UNAUTHENTICATED")


async def test_who_asks_too_much_is_told_so_on_the_lane_too(
    tmp_path: Path, rides: list[Ride | None]
) -> None:
    async with (
        running_gateway(tmp_path, rate=1, rate_burst=300) as gateway,
        connected(gateway) as w,
    ):
        replies: list[Reply] = []
        while not replies or replies[-1].status == 200:
            w.send(request(gateway, "{ __typename }"))
            replies.append(cast("Reply", await w.reply()))
    reply = replies[-1]

    assert rides[-1] is not None
    assert (reply.status, reply.code) == (429, "RATE_LIMITED")
    assert int(reply.headers["retry-after"]) >= 1


async def test_guests_are_told_apart_on_the_lane_by_where_they_ask_from(
    tmp_path: Path, rides: list[Ride | None]
) -> None:
    access: dict[str, Any] = {"guest_access": "order-id", "trusted_proxies": "127.0.0.0/8,::1"}
    async with (
        running_gateway(tmp_path, checkout_rate=1, rate_burst=30, **access) as gateway,
        connected(gateway) as wire,
    ):
        token = gateway.services.access.tokens.issue(
            CallerKind.sales_channel, Mode.test, application_id="shop", life=timedelta(days=1)
        )

        async def asked_from(address: str) -> tuple[int, bool]:
            data = request(gateway, "{ __typename }", f"X-Forwarded-For: {address}")
            reply = await told(wire, data.replace(gateway.token().encode(), token.encode()))
            return reply.status, rides[-1] is not None

        await asked_from("10.0.0.1")
        much = [await asked_from("10.0.0.1") for _ in range(30)]
        other = await asked_from("10.0.0.1, 10.0.0.2")
        odd = [await asked_from("10.0.0.3\xff, 10.0.0.1") for _ in range(2)]

    assert much[-1] == (429, True)
    assert other == (200, True)
    assert odd == [(429, False)] * 2


async def test_a_change_on_the_lane_is_made_once_though_its_client_leaves(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    order_id = await gateway.put()
    query = documents.CREATE_PAYMENT
    nobodys = request(gateway, query, input={"orderId": "nobodyhere"})
    async with connected(gateway) as wire:
        await told(wire, nobodys)
        gateway.fault("create_session", delay=0.3)
        wire.send(request(gateway, query, input={"orderId": order_id}))
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.6)

    ((rows,),) = await gateway.services.database.rows(PAYMENTS)

    assert rides[-1] is not None
    assert rows == 1


async def test_a_question_that_takes_too_long_is_given_up(
    hasty: Gateway, rides: list[Ride | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.http.lane.LOOKING", 0.05)
    database = hasty.services.database
    assert isinstance(database, SqliteDatabase)
    async with connected(hasty) as wire:
        await settled(hasty, wire, request(hasty))
        held = asyncio.create_task(database.rows(ENDLESS_PAGE))
        await asyncio.sleep(0)
        late = await told(wire, request(hasty))
        held.cancel()
        await database.rows(QUICK_PAGE)
        after = await told(wire, request(hasty))

    assert rides[-2] is not None
    assert (late.status, late.code) == (200, "TIMEOUT")
    assert late.headers.keys() == after.headers.keys()
    assert after.status == 200
    assert b"errors" not in after.body


async def test_a_change_that_takes_too_long_is_told_so_and_made_and_answered_once(
    hasty: Gateway, rides: list[Ride | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.http.lane.LOOKING", 0.05)
    payment = await hasty.open()
    database = hasty.services.database
    assert isinstance(database, SqliteDatabase)
    save = {"id": payment["id"], "authToken": "token-1", "key": "save"}
    async with connected(hasty) as wire:
        await settled(hasty, wire, request(hasty, SAVE, **save | {"key": "else"}))
        held = asyncio.create_task(database._writer._worker.hop(lambda _: time.sleep(1)))
        await asyncio.sleep(0)
        late = await told(wire, request(hasty, SAVE, **save | {"authToken": "token-2"}))
        looked = await told(wire, request(hasty))  # the connection is free for other requests
        await held
        taken = rides[-2]
        again = late
        for _ in range(20):  # a loaded machine may take too long once more
            if b'"TIMEOUT"' in again.body:
                again = await told(wire, request(hasty, SAVE, **save | {"authToken": "token-2"}))

    assert taken is not None
    assert (late.status, late.code) == (200, "TIMEOUT")
    assert looked.status == 200
    assert orjson.loads(again.body)["data"]["saveKlarnaAuthToken"]["id"] == payment["id"]
    assert await hasty.history("klarnaPayment", payment["id"]) == [
        "session_opened",
        "authorized",
        "authorized",
    ]


async def test_a_compiled_change_is_made_though_its_client_leaves(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    payment = await gateway.open()
    database = gateway.services.database
    assert isinstance(database, SqliteDatabase)
    save = {"id": payment["id"], "authToken": "token-1", "key": "save"}
    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway, SAVE, **save))
        held = asyncio.create_task(database._writer._worker.hop(lambda _: time.sleep(0.2)))
        await asyncio.sleep(0)
        wire.send(request(gateway, SAVE, **save | {"authToken": "token-2", "key": "left"}))
        await asyncio.sleep(0.05)
    await held
    await gateway.services.turns.finish()

    assert rides[-1] is not None
    assert (await gateway.history("klarnaPayment", payment["id"]))[-2:] == ["authorized"] * 2
    kept = await gateway.do(SAVE, **save | {"authToken": "token-2", "key": "left"})
    assert kept["id"] == payment["id"]


async def test_a_question_that_fails_late_is_not_given_its_time_again(
    hasty: Gateway, rides: list[Ride | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*_: object) -> bytes:
        time.sleep(0.4)
        raise ValueError

    async with connected(hasty) as wire:
        await settled(hasty, wire, request(hasty))
        monkeypatch.setattr("graph.compiler.plan.Ready.data", slowly)
        late = await told(wire, request(hasty))

    assert rides[-1] is not None
    assert (late.status, late.code) == (200, "TIMEOUT")


async def test_who_asks_for_one_record_does_not_wait_behind_pages(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    one = request(gateway, '{ klarnaPayment(id: "nobody") { id } node(id: "nobody") { id } }')
    database = gateway.services.database
    async with connected(gateway) as wire, connected(gateway) as other:
        await settled(gateway, wire, request(gateway))
        await settled(gateway, wire, one)
        held = asyncio.create_task(database.rows(ENDLESS_PAGE))
        await asyncio.sleep(0)
        other.send(request(gateway))
        turning = asyncio.create_task(other.reply())
        await asyncio.sleep(0.05)
        before = database.questions
        found = await told(wire, one)
        asked = database.questions - before
        waits = not turning.done()
        held.cancel()
        page = await turning

    assert found.status == 200
    assert orjson.loads(found.body) == {"data": {"klarnaPayment": None, "node": None}}
    assert (asked, waits) == (1, True)
    assert page is not None
    assert page.status == 200
    assert None not in rides[-2:]


async def test_a_question_is_taken_back_when_its_client_leaves(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    database = gateway.services.database
    assert isinstance(database, SqliteDatabase)
    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway))
        held = asyncio.create_task(database.rows(ENDLESS_PAGE))
        await asyncio.sleep(0)
        wire.send(request(gateway))
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.05)
    held.cancel()
    await database.rows(QUICK_PAGE)

    ride = rides[-1]
    assert ride is not None
    assert ride.withdrawn


async def test_a_client_that_leaves_before_it_is_asked_again_is_logged_too(
    gateway: Gateway,
    rides: list[Ride | None],
    lines: Lines,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def leave(*_: object) -> bytes:
        ride = rides[-1]
        assert ride is not None
        asyncio.get_running_loop().call_soon(ride.abandon)
        raise ValueError

    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway))
        lines.all()
        monkeypatch.setattr("graph.compiler.plan.Ready.data", leave)
        wire.send(request(gateway))
        await asyncio.sleep(0.1)
    gc.collect()

    assert [line["status"] for line in lines.of("request")] == [None]


async def test_a_question_that_fails_is_asked_the_ordinary_way(
    gateway: Gateway, rides: list[Ride | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(gateway) as wire:
        first = await settled(gateway, wire, request(gateway))
        monkeypatch.setattr("graph.compiler.plan.Ready.data", lambda *_: 1 / 0)
        answered = await told(wire, request(gateway))

    assert rides[-1] is not None
    assert answered.body == first.body


async def test_a_bug_on_the_lane_costs_nobody_the_answer(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lane, "take", lambda *_: 1 / 0)
    async with connected(gateway) as wire:
        answered = await told(wire, request(gateway))

    assert answered.status == 200
