"""Pages of the root, whose items the database finds line by line."""

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
import pytest_asyncio

from store.sqlite import open_sqlite
from tests.compiler.ways import Ways, caller, covered
from tests.store import records

ODD = 'a\nb\r\x0b\x85\u2028"\\n100 %b\x1f😀'
"""What would be several lines, if JSON did not write it as one."""
PARTS = [
    "nodes { id reference metadata }",
    "edges { __typename }",
    "edges { cursor @skip(if: true) }",
    "nodes { id @skip(if: true) } pageInfo { hasNextPage @skip(if: true) }",
    "edges { cursor } nodes { id }",
    "first: edges { at: cursor again: cursor } second: edges { node { id } also: node { token } }",
    "__typename pageInfo { hasNextPage hasPreviousPage } edges { node { id } }",
    "pageInfo { startCursor endCursor __typename } nodes { __typename }",
    "edges { cursor node { klarnaPayments(first: 1) { edges { cursor } } } }",
    "totalCount nodes { id }",
    "pageInfo { hasNextPage }",
]
PAGES = [
    "",
    "(first: 2)",
    "(first: 3)",
    "(last: 2)",
    "(last: 1, orderBy: [{ field: REFERENCE, direction: DESC }])",
    "(orderBy: [{ field: REFERENCE }, { field: CREATED_AT, direction: DESC }])",
    '(first: 1, filter: { reference: { eq: "none has this" } })',
    '(last: 1, filter: { reference: { eq: "none has this" } })',
]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def both(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ways]:
    """Both ways over three orders, one with payments."""
    file: Path = tmp_path_factory.mktemp("listing") / "store.sqlite"
    database = await open_sqlite(file)
    orders = [
        records.order("plain"),
        records.order("odd", reference=ODD, metadata={ODD: ODD}),
        records.order("other", reference="z"),
    ]
    payments = [records.payment(f"payment-{n}", "odd", "gateway") for n in range(2)]
    await records.keep_only(database, [records.gateway("gateway"), *orders, *payments])
    yield Ways(database)
    await database.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("parts", PARTS)
async def test_a_page_is_the_same_whichever_way_it_is_asked_for(
    both: Ways, parts: str, page: str
) -> None:
    asked = f"{{ page: orders{page} {{ {parts} }} }}"

    before = both.questions
    found = await both.either(caller(), asked, {})
    questions = both.questions - before

    ordinary = await both.ordinary(caller(), asked, {})
    assert covered(found)
    assert questions <= 2  # one the first time is whether this SQLite is sound
    assert orjson.dumps(found.body) == orjson.dumps(ordinary.body)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("here", "there"), [("first", "after"), ("last", "before")])
async def test_a_walk_from_page_to_page_meets_every_order_once(
    both: Ways, here: str, there: str
) -> None:
    ends = "startCursor endCursor hasNextPage hasPreviousPage"
    asked = (
        f"query ($at: String) {{ orders({here}: 1, {there}: $at) "
        f"{{ nodes {{ id }} pageInfo {{ {ends} }} }} }}"
    )

    met, at, more = [], None, True
    while more:
        found = await both.either(caller(), asked, {"at": at})
        page = orjson.loads(orjson.dumps(found.body))["data"]["orders"]
        met += [node["id"] for node in page["nodes"]]
        info = page["pageInfo"]
        at = info["endCursor" if here == "first" else "startCursor"]
        more = info["hasNextPage" if here == "first" else "hasPreviousPage"]
        assert covered(found)

    assert sorted(met) == ["odd", "other", "plain"]


@pytest.mark.asyncio(loop_scope="module")
async def test_where_a_page_begins_is_read_anew_for_each_request(both: Ways) -> None:
    asked = (
        "query ($after: String, $last: Int, $before: String) "
        "{ orders(after: $after, last: $last, before: $before) { edges { cursor node { id } } } }"
    )
    forward = "query ($after: String) { orders(after: $after, first: 1) { edges { cursor } } }"
    found = await both.ordinary(caller(), asked, {})
    cursors = [edge["cursor"] for edge in found.body["data"]["orders"]["edges"]]
    given: list[dict[str, str | int | None]] = [
        {},
        {"after": None},
        *({"after": cursor} for cursor in (*cursors, "", "foreign", cursors[0][:-2])),
        *({"before": cursor, "last": 2} for cursor in (*cursors, None)),
        {"before": cursors[0]},
        {"after": cursors[0], "last": 1},
    ]

    for variables in given * 2:
        for document in (asked, forward):
            known = {name: value for name, value in variables.items() if f"${name}" in document}
            either = await both.either(caller(), document, known)
            ordinary = await both.ordinary(caller(), document, known)
            assert orjson.dumps(either.body) == orjson.dumps(ordinary.body)
            assert covered(either) is ("errors" not in ordinary.body)
