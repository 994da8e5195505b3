"""A schema of a part of the fields, since generating takes as long as there is to choose from.

Each operation is generated from one part, and the operations take turns with the parts.
"""

from copy import deepcopy
from typing import Any
from zlib import crc32

Json = dict[str, Any]
PARTS = 4
FEW = 8
"""Up to how many fields of a type are all kept."""
ROOTS = {"Query", "Mutation", "Subscription"}


def part_of(label: str) -> int:
    """The part that an operation is generated from."""
    return crc32(label.encode()) % PARTS


def narrowed(introspection: Json, part: int) -> Json:
    """A schema, as introspection tells it, with one part of the fields of types and of filters."""
    narrow = deepcopy(introspection)
    for kind in narrow["__schema"]["types"]:
        if kind["kind"] in ("OBJECT", "INTERFACE") and kind["name"] not in ROOTS:
            kind["fields"] = _some(kind["fields"], part)
        if kind["name"].endswith("Filter"):
            kind["inputFields"] = _some(kind["inputFields"], part)
    return narrow


def _some(fields: list[Json], part: int) -> list[Json]:
    if len(fields) <= FEW:
        return fields
    return [one for one in fields if one["name"] == "id" or part_of(one["name"]) == part]
