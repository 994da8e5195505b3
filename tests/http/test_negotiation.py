"""Which media type an answer is of."""

import time

import pytest

from graph.http.negotiation import GRAPHQL, JSON, preferred
from tests.gateway import Gateway
from tests.http.asking import send

OFFERED = (JSON, GRAPHQL)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/graphql-response+json", GRAPHQL),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL),
        ("application/json;q=0.9, application/graphql-response+json", GRAPHQL),
        ("application/graphql-response+json; charset=utf-8, application/json", GRAPHQL),
        ("application/graphql-response+json, application/json", GRAPHQL),
        ("application/json, application/graphql-response+json", JSON),
        ("application/graphql-response+json;q=0.1, application/json;q=0.2", JSON),
        ("application/graphql-response+json, */*", GRAPHQL),
        ("application/json;q=0, */*", GRAPHQL),
        ("application/json;q=0.1, */*;q=0.5", GRAPHQL),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
        ("text/event-stream, application/json", JSON),
        ('multipart/mixed;boundary="a,b;c",application/json', JSON),
        ('application/json; charset="UTF-8"', JSON),
        ("application/json;charset=utf-16", None),
        ("application/json;q=0", None),
        ("application/json;q=2", None),
        ("*/json", None),
        ("text/html", None),
        ("*/*;q=0", None),
        (';;;,=,"', None),
    ],
)
def test_an_answer_is_of_the_media_type_that_is_liked_best(
    accept: str | None, media: str | None
) -> None:
    assert preferred(accept, OFFERED) == media


def test_reading_the_header_takes_no_longer_than_its_length() -> None:
    begun = time.process_time()
    for text in (",", ";", '"', '",', '";', "a/b,", "*/*,", "q="):
        preferred(text * (8000 // len(text)), OFFERED)

    assert time.process_time() - begun < 1


async def test_a_client_that_takes_no_json_is_told_so_in_json(gateway: Gateway) -> None:
    for body in (b'{"query": "{ __typename }"}', b"nonsense"):
        answer = await send(gateway, body, accept="text/html")

        assert (answer.status, answer.code) == (406, "NOT_ACCEPTABLE")
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
