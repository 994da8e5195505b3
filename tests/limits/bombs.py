"""Requests that are small to send and would be huge to answer."""

from dataclasses import dataclass, field
from typing import Any

LEVELS = 90
MEBIBYTE = 1024 * 1024
PUT = "mutation ($i: OrderInput!) { putOrder(input: $i) { __typename } }"
FILTERED = "query ($f: OrderFilter) { orders(filter: $f) { nodes { id } } }"


@dataclass(frozen=True)
class Bomb:
    """A request, and the limit that it passes; none if it is refused for another reason."""

    document: str
    exceeded: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)


def doubling(inside: str, levels: int = LEVELS) -> str:
    """Fragments of which each spreads the one before it twice: 2 to the power of so many."""
    one = "fragment F0 on Order { id }"
    more = [
        f"fragment F{level} on Order {{ {inside % (level - 1, level - 1)} }}"
        for level in range(1, levels)
    ]
    return "\n".join([f'{{ order(id: "x") {{ ...F{levels - 1} }} }}', one, *more])


def circle(length: int) -> str:
    """Fragments of which each spreads the next, and the last the first."""
    fragments = (
        f"fragment F{place} on Order {{ id ...F{(place + 1) % length} }}" for place in range(length)
    )
    return '{ order(id: "x") { ...F0 } } ' + " ".join(fragments)


def overlapping(inside: str, fragments: int = 48) -> str:
    """Fragments that hold the same, all of them spread in one place."""
    spread = " ".join(f"...F{n}" for n in range(fragments))
    each = " ".join(f"fragment F{n} on Order {{ {inside} }}" for n in range(fragments))
    return f"{of_order(spread)} {each}"


def of_order(selections: str) -> str:
    return f'{{ order(id: "x") {{ {selections} }} }}'


def deep(depth: int) -> Any:
    """Filters in filters, as JSON."""
    made: Any = {"id": {"eq": "x"}}
    for _ in range(depth):
        made = {"not": made}
    return made


BOMBS = {
    "fragments that double 90 times": Bomb(doubling("...F%d ...F%d"), "selections"),
    "fragments that double, with fields": Bomb(
        doubling("a: billingAddress { id } ...F%d b: billingAddress { id } ...F%d", 60),
        "selections",
    ),
    "fragments that double, going deeper": Bomb(
        doubling("a: paymentSource { order { ...F%d } } b: paymentSource { order { ...F%d } }", 40),
        "cost",
    ),
    "fragments that go deeper each time": Bomb(
        of_order("...F30")
        + " fragment F0 on Order { id } "
        + " ".join(
            f"fragment F{n} on Order {{ paymentSource {{ order {{ ...F{n - 1} }} }} }}"
            for n in range(1, 31)
        ),
        "depth",
    ),
    "a fragment in itself": Bomb(circle(1)),
    "two fragments in a circle": Bomb(circle(2)),
    "forty fragments in a circle": Bomb(circle(40)),
    "a hundred fragments in a circle": Bomb(circle(100), "fragments"),
    "10,000 aliases": Bomb(
        "{ " + " ".join(f"a{n}:node(id:1){{id}}" for n in range(10_000)) + " }",
        "characters",
    ),
    "2,000 aliases": Bomb(of_order(" ".join(f"a{n}:id" for n in range(2_000))), "tokens"),
    "31 aliases": Bomb(of_order(" ".join(f"a{n}: id" for n in range(31))), "aliases"),
    "31 aliases by way of fragments": Bomb(
        of_order("...F ...F ...F ...F")
        + "fragment F on Order { "
        + " ".join(f"a{n}: id" for n in range(8))
        + " }",
        "aliases",
    ),
    "one field 700 times": Bomb(of_order("id " * 700), "aliases"),
    "one object 300 times": Bomb(of_order("billingAddress { id } " * 300), "aliases"),
    "one object 170 times in fragments": Bomb(
        of_order("... { billingAddress { id } } " * 170), "fragments"
    ),
    "100,000 tokens": Bomb("{ " + "a " * 100_000 + "}", "characters"),
    "9,000 tokens": Bomb("{ " + "a " * 9_000 + "}", "tokens"),
    "9,000 comments": Bomb("#\n" * 9_000 + "{ __typename }", "tokens"),
    "a comment of 200,000 letters": Bomb("#" + "x" * 200_000 + "\n{ __typename }", "characters"),
    "a text of 200,000 letters": Bomb(of_order("").replace("x", "x" * 200_000), "characters"),
    "200 directives": Bomb(of_order("id " + "@include(if: true) " * 200), "directives"),
    "700 unknown directives": Bomb(of_order("id " + "@a " * 700), "directives"),
    "directives by way of fragments": Bomb(
        of_order("...F ...F ...F") + "fragment F on Order { id " + "@include(if: true) " * 20 + "}",
        "directives",
    ),
    "21 root fields": Bomb(
        "{ " + " ".join(f"a{n}: __typename" for n in range(21)) + " }", "rootFields"
    ),
    "root fields by way of fragments": Bomb(
        "{ ...F ...F } fragment F on Query { "
        + " ".join(f"a{n}: __typename" for n in range(11))
        + " }",
        "rootFields",
    ),
    "fields 13 deep": Bomb(of_order("paymentSource { order { " * 6 + "id" + " } }" * 6), "depth"),
    "fields 199 deep": Bomb("{" + "a{" * 198 + "a" + "}" * 199, "depth"),
    "fields 400 deep": Bomb("{" + "a{" * 400 + "a" + "}" * 401, "nesting"),
    "1,400 braces": Bomb("{" * 1_400),
    "a list 100 deep": Bomb(
        "{ orders(filter: " + "[" * 100 + "]" * 100 + ") { totalCount } }", "inputDepth"
    ),
    "a list 700 deep": Bomb(
        "{ orders(filter: " + "[" * 700 + "]" * 700 + ") { totalCount } }", "nesting"
    ),
    "an object 300 deep": Bomb(
        "{ orders(filter: " + "{not:" * 300 + "1" + "}" * 300 + ") { totalCount } }", "nesting"
    ),
    "a type 700 deep": Bomb(
        "query ($a: " + "[" * 700 + "Int" + "]" * 700 + ") { __typename }", "nesting"
    ),
    "400 unknown fields": Bomb(of_order(" ".join(f"totalAmounx{n}" for n in range(400)))),
    "400 unknown input fields": Bomb(
        "{ orders(filter: { "
        + " ".join(f"statux{n}: 1" for n in range(400))
        + " }) { totalCount } }"
    ),
    "a thousand orders of a thousand payments": Bomb(
        "{ orders(first: 100) { nodes { klarnaPayments(first: 100) { nodes { id } } } } }", "cost"
    ),
    "a page as long as a variable says": Bomb(
        "query ($n: Int) { orders(first: $n) { nodes { captures(first: $n) { nodes { id } } } } }",
        "cost",
        {"n": 100},
    ),
    "the same fields in 48 fragments": Bomb(
        overlapping(
            "id mode status number reference currencyCode countryCode languageCode customerEmail "
            "token placedAt approvedAt createdAt updatedAt"
        ),
        "overlaps",
    ),
    "the same objects in 48 fragments": Bomb(
        overlapping(
            "billingAddress { id city phone zipCode } shippingAddress { id city } "
            "lineItems { id name } id nothing"
        ),
        "overlaps",
    ),
    "the same pages in 48 fragments": Bomb(
        overlapping(
            "klarnaPayments(first: 1, after: null, before: null) { nodes { id status } } id"
        ),
        "overlaps",
    ),
    "the same fields in 48 fragments of one that nothing spreads": Bomb(
        '{ order(id: "x") { id } } fragment Unused on Order { '
        + " ".join(f"...F{n}" for n in range(48))
        + " } "
        + " ".join(
            f"fragment F{n} on Order {{ id mode status number reference currencyCode countryCode "
            "languageCode customerEmail token placedAt approvedAt createdAt updatedAt }"
            for n in range(48)
        ),
        "overlaps",
    ),
    "ninety operations of forty fragments": Bomb(
        " ".join(f"query Q{n} {{ orders {{ nodes {{ ...F0 }} }} }}" for n in range(90))
        + " fragment F40 on Order { id } "
        + " ".join(f"fragment F{n} on Order {{ id status ...F{n + 1} }}" for n in range(40)),
        "selections",
    ),
    "introspection in circles": Bomb(
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }", "cost"
    ),
    "introspection in circles by way of fragments": Bomb(
        "{ __schema { types { ...F } } } "
        "fragment F on __Type { fields { type { ...G } } } "
        "fragment G on __Type { fields { type { ...H } } } "
        "fragment H on __Type { fields { type { name } } }",
        "cost",
    ),
    "introspection in circles of one type": Bomb(
        '{ __type(name: "Query") { fields { type { fields { type { fields { name } } } } } } }'
    ),
    "introspection again and again": Bomb(
        "{ "
        + " ".join(f"a{n}: __schema {{ types {{ fields {{ name }} }} }}" for n in range(20))
        + " }",
        "cost",
    ),
    "introspection 40 deep": Bomb(
        '{ __type(name: "Query") { ' + "ofType { " * 40 + "name" + " }" * 40 + " } }",
        "introspectionDepth",
    ),
    "variables 40 deep": Bomb(FILTERED, "inputDepth", {"f": deep(40)}),
    "variables 200 deep": Bomb(FILTERED, None, {"f": deep(200)}),
    "100,000 values in a variable": Bomb(
        "query ($i: [ID!]!) { nodes(ids: $i) { id } }", "inputValues", {"i": [1] * 100_000}
    ),
    "10,000 unknown fields in a variable": Bomb(
        PUT, None, {"i": {f"totalAmoun{n}": 1 for n in range(10_000)}}
    ),
    "10,000 unknown fields in a filter": Bomb(
        "query ($f: OrderFilter) { orders(filter: $f) { totalCount } }",
        None,
        {"f": {f"statux{n}": 1 for n in range(10_000)}},
    ),
    "20,000 lines that lack everything": Bomb(
        PUT, "inputObjects", {"i": {"lineItems": [{}] * 20_000}}
    ),
    "2,000 lines that lack everything": Bomb(PUT, None, {"i": {"lineItems": [{}] * 2_000}}),
    "8,000 filters in a list": Bomb(
        FILTERED, "inputObjects", {"f": {"and": [{"id": {"eq": "x"}}] * 8_000}}
    ),
}
