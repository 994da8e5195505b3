"""Documents that are not sent each time: kept by their hash, or trusted by their id."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest

from graph.execution.documents import MAX_BYTES, MAX_ENTRIES, MAX_LENGTH, Documents
from graph.execution.manifest import read_manifest
from graph.http.faults import PersistedQueryNotFound
from graph.http.requests import Request
from graph.settings import HalfConfigured, read_settings
from tests.commands.process import ran
from tests.commands.test_commands import environment
from tests.gateway import Gateway, running_gateway
from tests.http.asking import GRAPHQL, JSON, look, send
from tests.live.talk import talking

Json = dict[str, Any]
QUERY = "query Kind { __typename }"
NOT_FOUND = {
    "errors": [
        {
            "message": "PersistedQueryNotFound",
            "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"},
        }
    ]
}


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def persisted(text: str, **changes: object) -> Json:
    return {"persistedQuery": {"version": 1, "sha256Hash": hashed(text)} | changes}


async def test_a_document_is_kept_by_its_hash_once_it_was_sent_with_it(gateway: Gateway) -> None:
    only_hash = orjson.dumps({"extensions": persisted(QUERY)})
    with_text = orjson.dumps({"query": QUERY, "extensions": persisted(QUERY)})
    by_address = orjson.dumps(persisted(QUERY)).decode()

    unknown = await send(gateway, only_hash, accept=JSON)
    unknown_now = await send(gateway, only_hash, accept=GRAPHQL)
    unknown_there = await look(gateway, extensions=by_address)
    kept = await send(gateway, with_text)
    known = await send(gateway, only_hash)
    known_there = await look(gateway, extensions=by_address)

    assert (unknown.status, unknown.body) == (200, NOT_FOUND)
    assert (unknown_now.status, unknown_now.body) == (400, NOT_FOUND)
    assert unknown_there.body == NOT_FOUND
    for answer in (kept, known, known_there):
        assert (answer.status, answer.body) == (200, {"data": {"__typename": "Query"}})


async def test_a_document_may_be_kept_by_an_address_too(gateway: Gateway) -> None:
    extensions = orjson.dumps(persisted(QUERY)).decode()

    await look(gateway, query=QUERY, extensions=extensions)
    known = await send(gateway, orjson.dumps({"extensions": persisted(QUERY)}))

    assert known.body == {"data": {"__typename": "Query"}}


async def test_a_wrong_hash_is_a_coded_400_and_keeps_nothing(gateway: Gateway) -> None:
    body = {"query": QUERY, "extensions": persisted("{ another }")}

    for media in (JSON, GRAPHQL):
        answer = await send(gateway, orjson.dumps(body), accept=media)
        assert (answer.status, answer.code) == (400, "PERSISTED_QUERY_HASH_MISMATCH")
    found = await send(gateway, orjson.dumps({"extensions": persisted("{ another }")}))
    assert found.body == NOT_FOUND


@pytest.mark.parametrize(
    "extension",
    [1, [], {}, {"version": 2, "sha256Hash": "x"}, {"version": 1}, {"version": 1, "sha256Hash": 1}],
)
async def test_an_extension_that_is_none_is_a_coded_400_that_names_it(
    gateway: Gateway, extension: Any
) -> None:
    for query in ({}, {"query": QUERY}):
        body = query | {"extensions": {"persistedQuery": extension}}
        answer = await send(gateway, orjson.dumps(body))

        assert (answer.status, answer.code) == (400, "BAD_USER_INPUT")
        named = answer.body["errors"][0]["extensions"]["argument"]
        assert named.startswith("extensions.persistedQuery")


def keep(documents: Documents, text: str) -> None:
    documents.keep(Request(query=text, extensions=persisted(text)))


def keeps(documents: Documents, text: str) -> bool:
    try:
        return documents.text_of(Request(extensions=persisted(text))) == text
    except PersistedQueryNotFound:
        return False


def test_what_is_too_long_is_not_kept() -> None:
    documents = Documents()
    long = "{ a } #" + "x" * MAX_LENGTH

    keep(documents, long)

    assert not keeps(documents, long)


@pytest.mark.parametrize("query", ["{ a", "{ nothing }", "query A { __typename } query B { a }"])
async def test_what_cannot_be_executed_is_not_kept(gateway: Gateway, query: str) -> None:
    sent = await send(gateway, orjson.dumps({"query": query, "extensions": persisted(query)}))
    again = await send(gateway, orjson.dumps({"extensions": persisted(query)}))

    assert "errors" in sent.body
    assert again.body == NOT_FOUND


def test_only_so_many_documents_are_kept_and_the_longest_unused_goes_first() -> None:
    documents = Documents()
    texts = [f"{{ a{number} }}" for number in range(MAX_ENTRIES)]
    for text in texts:
        keep(documents, text)

    assert keeps(documents, texts[0])
    keep(documents, "{ another }")

    assert keeps(documents, texts[0])
    assert not keeps(documents, texts[1])
    assert keeps(documents, "{ another }")


def test_only_so_many_bytes_of_documents_are_kept() -> None:
    documents = Documents()
    length = MAX_LENGTH - 100
    texts = [f"{{ a{number} }} #".ljust(length, "x") for number in range(MAX_BYTES // length + 5)]
    for text in texts:
        keep(documents, text)

    kept = [text for text in texts if keeps(documents, text)]

    assert kept == texts[-(MAX_BYTES // length) :]


ORDERS = "query Orders { orders(first: 1) { nodes { id } } }"
HIVE = {"orders~1": ORDERS, "kind": QUERY}
APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [
        {"id": "orders~1", "name": "Orders", "type": "query", "body": ORDERS},
        {"id": "kind", "name": "Kind", "type": "query", "body": QUERY},
    ],
}


def written(folder: Path, held: object) -> Path:
    path = folder / "documents.json"
    path.write_bytes(held if isinstance(held, bytes) else orjson.dumps(held))
    return path


@pytest.mark.parametrize("manifest", [HIVE, APOLLO])
async def test_a_trusted_document_is_known_by_its_id_and_by_its_hash(
    tmp_path: Path, manifest: Json
) -> None:
    path = written(tmp_path, manifest)
    async with running_gateway(tmp_path, documents=path, trusted_documents="accept") as gateway:
        for id in ("kind", f"sha256:{hashed(QUERY)}"):
            answer = await send(gateway, orjson.dumps({"documentId": id}))
            assert answer.body == {"data": {"__typename": "Query"}}
            there = await look(gateway, documentId=id)
            assert there.body == {"data": {"__typename": "Query"}}
        for id in ("kind", hashed(QUERY)):  # as Apollo's clients send it
            extensions = {"persistedQuery": {"version": 1, "sha256Hash": id}}
            answer = await send(gateway, orjson.dumps({"extensions": extensions}))
            assert answer.body == {"data": {"__typename": "Query"}}
        free = await send(gateway, orjson.dumps({"query": QUERY}))
        both = await send(gateway, orjson.dumps({"query": QUERY, "documentId": "kind"}))
        unknown = await send(gateway, orjson.dumps({"documentId": "nothing"}))

    assert free.body == {"data": {"__typename": "Query"}}
    assert (both.status, both.code) == (400, "BAD_USER_INPUT")
    assert (unknown.status, unknown.code) == (400, "DOCUMENT_NOT_FOUND")


async def test_where_only_trusted_documents_count_every_other_is_refused(tmp_path: Path) -> None:
    settings = {"documents": written(tmp_path, HIVE), "trusted_documents": "only"}
    async with running_gateway(tmp_path, furnished=False, **settings) as gateway:
        trusted = await send(gateway, orjson.dumps({"documentId": "orders~1"}))
        by_hash = await send(gateway, orjson.dumps({"extensions": persisted(QUERY)}))
        for body, code in (
            ({"query": QUERY}, "DOCUMENT_NOT_TRUSTED"),
            ({"query": ORDERS, "documentId": "orders~1"}, "DOCUMENT_NOT_TRUSTED"),
            ({"query": QUERY, "extensions": persisted(QUERY)}, "DOCUMENT_NOT_TRUSTED"),
            ({"extensions": persisted("{ orders }")}, "DOCUMENT_NOT_FOUND"),
            ({"documentId": "nothing"}, "DOCUMENT_NOT_FOUND"),
            ({}, "BAD_USER_INPUT"),
        ):
            for media in (JSON, GRAPHQL):
                answer = await send(gateway, orjson.dumps(body), accept=media)
                assert (answer.status, answer.code) == (400, code), body
        there = await look(gateway, query=QUERY)
        async with talking(gateway) as talk:
            await talk.say("subscribe", "1", {"documentId": "orders~1"})
            assert await talk.next() == {"nodes": []}
            assert await talk.complete()
            for payload, code in (
                ({"query": QUERY}, "DOCUMENT_NOT_TRUSTED"),
                ({"query": QUERY, "extensions": persisted(QUERY)}, "DOCUMENT_NOT_TRUSTED"),
                ({"documentId": "nothing"}, "DOCUMENT_NOT_FOUND"),
            ):
                await talk.say("subscribe", "1", payload)
                assert (await talk.failed())["extensions"]["code"] == code, payload

    assert trusted.body == {"data": {"orders": {"nodes": []}}}
    assert by_hash.body == {"data": {"__typename": "Query"}}
    assert there.code == "DOCUMENT_NOT_TRUSTED"


async def test_without_the_mode_no_document_is_known_by_an_id(gateway: Gateway) -> None:
    answer = await send(gateway, orjson.dumps({"documentId": "kind"}))

    assert (answer.status, answer.code) == (400, "DOCUMENT_NOT_FOUND")


@pytest.mark.parametrize(
    ("held", "complaint"),
    [
        (None, "No such file"),
        (b"{", "The file is not JSON"),
        (b'{"a": "{ __typename }", "a": "{ __typename }"}', "a key twice"),
        ([], "it must be {id: text}"),
        ({"a": 1}, "it must be {id: text}"),
        (APOLLO | {"version": 2}, "its `version` must be 1"),
        (APOLLO | {"operations": None}, "operations[0]"),
        (APOLLO | {"operations": [{"id": "a"}]}, "operations[0]"),
        (
            APOLLO | {"operations": [{"id": "a", "body": ORDERS}, {"id": "a", "body": QUERY}]},
            "operations[1]",
        ),
        (HIVE | {"broken": "{ orders "}, "'broken': Syntax Error"),
        (HIVE | {"wrong": "{ nothing }"}, "'wrong': Cannot query field 'nothing'"),
        (HIVE | {"sha256:00": QUERY}, "'sha256:00': it is not the id of its document"),
        ({f"wrong{number}": "{ nothing }" for number in range(12)}, "and 2 more"),
    ],
)
def test_a_file_that_does_not_hold_trusted_documents_is_said_to_be_wrong(
    tmp_path: Path, held: object, complaint: str
) -> None:
    path = tmp_path / "documents.json" if held is None else written(tmp_path, held)

    with pytest.raises(HalfConfigured) as caught:
        read_manifest(path)

    assert f"KLARNA_GRAPH_DOCUMENTS: {path}" in str(caught.value)
    assert complaint in str(caught.value)


async def test_serving_does_not_begin_with_documents_that_cannot_be_trusted(
    tmp_path: Path,
) -> None:
    path = str(written(tmp_path, {"wrong": "{ nothing }"}))
    modes = {"KLARNA_GRAPH_TRUSTED_DOCUMENTS": "only"}

    status, _, complaints = await ran(
        "serve", **environment(tmp_path, KLARNA_GRAPH_DOCUMENTS=path, **modes)
    )

    assert status == 1
    assert "'wrong': Cannot query field 'nothing'" in complaints
    assert "Traceback" not in complaints


def test_trusted_documents_need_their_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLARNA_GRAPH_TRUSTED_DOCUMENTS", "only")

    with pytest.raises(HalfConfigured, match="it needs the file of documents, in KLARNA_GRAPH_DOC"):
        read_settings()
