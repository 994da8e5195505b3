"""What generated arguments hold: what people send, and what nobody should."""

from graphql import NameNode, ObjectFieldNode, ObjectValueNode, ValueNode
from hypothesis import strategies as st
from hypothesis_graphql import nodes

AWKWARD = (
    "",
    " ",
    "a",
    "0",
    "-1",
    "null",
    "W1001",
    "é",
    "e\u0301",
    "😀",
    "漢字",
    "\u202eright to left",
    "\u2028\ufeff\uffff",
    "\n\t\r\b\x1b\x7f",
    "a\0b",
    "%_[]*?",
    "'; DROP TABLE orders; --",
    '"}{',
    "\\u0000\\",
    "x" * 256,
)
"""Texts: one with a NUL among them, which nothing keeps."""
INSTANTS = (
    "2026-03-02T09:00:00.000Z",
    "2099-12-31T23:59:59+14:00",
    "1970-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999Z",
    "2026-02-30T09:00:00Z",
    "2026-03-02",
    "now",
)
"""Times: some before the first year and after the last, some that are none."""
INTEGERS = (0, 1, 2, 19, 100, 101, 50_00, 163_60, -1, 200_000_001, 2**31 - 1, -(2**31))
"""Numbers: amounts, sizes of pages and the edges of 32 bits."""
ENTITIES = ("Order", "KlarnaPayment", "KlarnaGateway", "PaymentMethod", "Capture", "Address", "X")
"""Types that a router knows a representation of, and some of which there is none."""

TEXTS = st.sampled_from(AWKWARD) | st.text(max_size=6)
LEAVES: st.SearchStrategy[ValueNode] = st.one_of(
    TEXTS.map(nodes.String),
    st.sampled_from([*INTEGERS, 2**53 + 1, 2**63, -(2**63)]).map(nodes.Int),
    st.sampled_from([0.1, 1e300, -1e-300]).map(nodes.Float),
    st.booleans().map(nodes.Boolean),
    st.just(nodes.Null),
)
KEYS = st.sampled_from(["a", "b", "_", "metadata", "__proto__"])


def _object(members: dict[str, ValueNode]) -> ObjectValueNode:
    return nodes.Object(
        [ObjectFieldNode(name=NameNode(value=name), value=one) for name, one in members.items()]
    )


_ANY: st.SearchStrategy[ValueNode] = LEAVES | st.lists(LEAVES, max_size=2).map(nodes.List)
JSON = st.dictionaries(
    KEYS, _ANY | st.dictionaries(KEYS, _ANY, max_size=2).map(_object), max_size=3
).map(_object)
SCALARS: dict[str, st.SearchStrategy[ValueNode]] = {
    "ID": TEXTS.map(nodes.String),
    "String": TEXTS.map(nodes.String),
    "Int": st.sampled_from(INTEGERS).map(nodes.Int),
    "DateTime": st.sampled_from(INSTANTS).map(nodes.String),
    "JSON": JSON,
    "_Any": st.sampled_from(ENTITIES).map(lambda name: _object({"__typename": nodes.String(name)})),
}
"""How each scalar is written in a document."""
