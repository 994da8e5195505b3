"""Mismatches: where an order is not what Klarna was told."""

import strawberry

from graph.fields.types import graph_type


@graph_type
class Mismatch:
    """One field of the order that is not what Klarna was told."""

    path: list[str] = strawberry.field(
        description='The field as Klarna calls it: `["order_lines", "0", "total_amount"]`.'
    )
    expected: str | None = strawberry.field(
        description="What Klarna was told; null if nothing, as of a line that came later."
    )
    actual: str | None = strawberry.field(
        description="What the order says now; null if nothing, as of a line that is gone."
    )
