"""What is asked: six operations that together are a shop's day."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from tests.benchmarks.load import NUMBER

Json = dict[str, Any]
Ask = Callable[[Json], Json]
"""Asks a server one operation, and returns its data."""
AT_ONCE = 200
PAGES = 60
OPAQUE = frozenset({"who", "payload"})
"""The fields whose value is JSON of its own."""


@dataclass(frozen=True, slots=True)
class Shop:
    """The ids of the payments: those that are only read, newest first, and those to be changed."""

    read: list[str]
    changed: list[str]


@dataclass(frozen=True, slots=True)
class Workload:
    """One operation, asked again and again with other variables."""

    name: str
    title: str
    query: str
    fields: int
    """How many fields a right answer has."""
    expects: str
    """What a right answer has in it, whatever it is asked of."""
    variables: Callable[[Shop, "Workload", Ask], Iterable[Json]]
    changes: bool = False
    """Whether it changes what it is asked of."""

    def body(self, variables: Json) -> Json:
        return {"query": self.query, "variables": variables}

    def bodies(self, shop: Shop, ask: Ask) -> list[bytes]:
        """The bodies to ask with, in an order that tells no cache what comes next."""
        made = [orjson.dumps(self.body(each)) for each in self.variables(shop, self, ask)]
        random.Random(7).shuffle(made)
        return made


def _one_payment(shop: Shop, workload: Workload, ask: Ask) -> Iterable[Json]:
    return ({"id": id} for id in shop.read[:4000])


def _pages(shop: Shop, workload: Workload, ask: Ask) -> Iterable[Json]:
    """Walk through the pages: a cursor comes from the server that it is shown to."""
    after = None
    for _ in range(PAGES):
        yield (variables := {"after": after})
        page = ask(workload.body(variables))["klarnaPayments"]["pageInfo"]
        if not page["hasNextPage"]:
            return
        after = page["endCursor"]


def _tokens(shop: Shop, workload: Workload, ask: Ask) -> Iterable[Json]:
    return ({"id": id, "token": f"token-{NUMBER}", "key": f"key-{NUMBER}"} for id in shop.changed)


def _references(shop: Shop, workload: Workload, ask: Ask) -> Iterable[Json]:
    for first in range(0, min(len(shop.read), AT_ONCE * PAGES) - AT_ONCE + 1, AT_ONCE):
        ids = shop.read[first : first + AT_ONCE]
        yield {"references": [{"__typename": "KlarnaPayment", "id": id} for id in ids]}


_ONE = """
query OnePayment($id: ID!) {
  klarnaPayment(id: $id) {
    id status intentAmountCents currencyCode countryCode reference sessionId createdAt
  }
}
"""
_WHOLE = """
query WholePayment($id: ID!) {
  klarnaPayment(id: $id) {
    id status intentAmountCents currencyCode countryCode locale reference sessionId clientToken
    authTokenExpiresAt createdAt updatedAt
    order {
      id number status countryCode currencyCode languageCode totalAmountWithTaxesCents
      totalTaxAmountCents reference customerEmail createdAt updatedAt
      lineItems {
        id reference name itemType quantity unitAmountCents totalAmountCents taxAmountCents
      }
    }
    paymentGateway { id name countryCode mode forcePayments disabledAt }
    versions { nodes { id event resourceType who createdAt } }
    eventStores { nodes { id event who payload createdAt } }
  }
}
"""
_PAGE = """
query Page($after: String) {
  klarnaPayments(first: 25, after: $after, orderBy: [{ field: CREATED_AT, direction: DESC }]) {
    edges {
      cursor
      node {
        id status intentAmountCents currencyCode countryCode locale reference sessionId
        authTokenExpiresAt sessionExpiresAt createdAt updatedAt
        order { number totalAmountWithTaxesCents totalTaxAmountCents }
        paymentGateway { name }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
_LARGE_PAGE = """
query LargePage($after: String) {
  klarnaPayments(first: 100, after: $after, orderBy: [{ field: CREATED_AT, direction: DESC }]) {
    edges {
      cursor
      node {
        id status intentAmountCents currencyCode countryCode reference createdAt updatedAt
        order {
          id number totalAmountWithTaxesCents totalTaxAmountCents customerEmail
          lineItems { id reference name quantity totalAmountCents }
        }
        versions { nodes { id event resourceType who } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
_SAVE = """
mutation SaveToken($id: ID!, $token: String!, $key: String!) {
  saveKlarnaAuthToken(id: $id, authToken: $token, key: $key) {
    ... on KlarnaPayment { id status authToken }
    ... on Refusal { code message }
  }
}
"""
_ENTITIES = """
query Entities($references: [_Any!]!) {
  _entities(representations: $references) {
    ... on KlarnaPayment { id status intentAmountCents order { id number } }
  }
}
"""

WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("w1", "one payment, 8 scalars", _ONE, 9, '"klarnaPayment"', _one_payment),
        Workload(
            "w2",
            "one payment with order, lines, gateway, versions and events",
            _WHOLE,
            82,
            '"klarnaPayment"',
            _one_payment,
        ),
        Workload(
            "w3",
            "a page of 25 payments with order and gateway",
            _PAGE,
            505,
            '"pageInfo"',
            _pages,
        ),
        Workload(
            "w4",
            "a page of 100 payments with order, lines and versions",
            _LARGE_PAGE,
            4205,
            '"pageInfo"',
            _pages,
        ),
        Workload(
            "w5",
            "save an authorization: row, version, event and key",
            _SAVE,
            4,
            '"AUTHORIZED"',
            _tokens,
            changes=True,
        ),
        Workload(
            "w6", f"{AT_ONCE} entities for a router", _ENTITIES, 1201, '"_entities"', _references
        ),
    )
}


def fields_of(value: object) -> int:
    """How many fields an answer has."""
    if isinstance(value, list):
        return sum(map(fields_of, value))
    if not isinstance(value, dict):
        return 0
    return sum(1 + (0 if name in OPAQUE else fields_of(below)) for name, below in value.items())
