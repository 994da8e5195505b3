"""Finding one record: which argument of a question gives the key of which lookup."""

from collections.abc import Mapping
from typing import Any

from store.lookups import Lookup

Ways = Mapping[str, Lookup[Any]]
"""The lookups by the names of the parameters that give their keys."""


def found_by(**ways: Lookup[Any]) -> dict[str, Any]:
    """Return the metadata of a question that is answered with one record, found in one of ways.

    With any other argument, such as `asOf`, it is its resolver's to answer.
    """
    return {"found_by": ways}


def found_among(argument: str) -> dict[str, Any]:
    """Return the metadata of a question that is answered with anything of an id, or of several."""
    return {"found_among": argument}


def kept_as(lookups: Ways, kind: str, key: str) -> dict[str, Any]:
    """Return the metadata of a field that leads to a record whose `kind` says which lookup does."""
    return {"kept_as": (lookups, kind, key)}
