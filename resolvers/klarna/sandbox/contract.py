"""Klarna's wire contract: which fields a body may have, and what is wrong with one that differs.

The schemas are those of an OpenAPI 3.0 document, so integers are integers (1.0 is none) and a
format such as int64 is a bound. Fields that the contract does not know, or that only Klarna
sets, are left out of what is read: Klarna ignores them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft4Validator  # type: ignore[import-untyped]  # it ships no types

from resolvers.klarna.rules import dotted
from resolvers.klarna.sandbox.messages import Json

_BOUNDS = {"int32": 2**31, "int64": 2**63}


class ShapeError(ValueError):
    """A body is not what its schema says; `paths` are the fields, none if it is no object."""

    def __init__(self, paths: list[str]) -> None:
        super().__init__(f"Bad value: {', '.join(paths) or 'not an object'}")
        self.paths = paths


class Shape:
    """What a body must look like."""

    def __init__(self, schema: Json) -> None:
        self._schema = schema
        self._validator = Draft4Validator(schema)

    def read(self, value: object) -> Json:
        """Return what of a body counts. Raises ShapeError with the path of everything wrong."""
        if not isinstance(value, dict):
            raise ShapeError([])
        errors = sorted(
            self._validator.iter_errors(value),
            key=lambda error: [(isinstance(step, str), step) for step in error.absolute_path],
        )
        paths = [path for error in errors for path in _paths(error)]
        if paths:
            raise ShapeError(list(dict.fromkeys(paths)))
        kept: Json = _known(self._schema, value)
        return kept


@cache
def payments(schema: str) -> Shape:
    """Return one of the shapes of Klarna Payments: `session_create`."""
    return _shape("payments", schema)


@cache
def order_management(schema: str) -> Shape:
    """Return one of the shapes of Order Management: `CaptureObject`."""
    return _shape("order_management", schema)


def _shape(document: str, schema: str) -> Shape:
    schemas = _schemas(document)
    return Shape(_prepared(schemas[schema], schemas))


@cache
def _schemas(document: str) -> Json:
    contract = resources.files("resolvers.klarna") / "contract" / f"{document}.schema.json"
    schemas: Json = json.loads(contract.read_text("utf-8"))["components"]["schemas"]
    return schemas


def _prepared(schema: Mapping[str, Any], schemas: Json) -> Json:
    """Resolve references, drop what only Klarna sets, and say in Draft 4 what OpenAPI means."""
    if "$ref" in schema:
        return _prepared(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    prepared = dict(schema)
    if "properties" in schema:
        prepared["properties"] = {
            name: _prepared(part, schemas)
            for name, part in schema["properties"].items()
            if not part.get("readOnly")
        }
    if "items" in schema:
        prepared["items"] = _prepared(schema["items"], schemas)
    if "pattern" in schema:
        # `$` also matches before a final line break in Python; in OpenAPI it does not
        prepared["pattern"] = re.sub(r"\$$", r"\\Z", schema["pattern"])
    bound = _BOUNDS.get(schema.get("format", ""))
    if bound:
        prepared["minimum"] = schema.get("minimum", -bound)
        prepared["maximum"] = schema.get("maximum", bound - 1)
    return prepared


def _paths(error: Any) -> Iterator[str]:  # jsonschema's ValidationError, which is untyped
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
    elif error.validator == "additionalProperties":
        missing = sorted(set(error.instance) - set(error.schema.get("properties", ())))
    else:
        missing = []
    here = list(error.absolute_path)
    for name in missing:
        yield dotted([*here, name])
    if not missing:
        yield dotted(here)


def _known(schema: Mapping[str, Any], value: Any) -> Any:
    """Return the part of a valid value, of any kind, that its schema knows."""
    if isinstance(value, dict) and "properties" in schema:
        return {
            name: _known(part, value[name])
            for name, part in schema["properties"].items()
            if name in value
        }
    if isinstance(value, list) and "items" in schema:
        return [_known(schema["items"], item) for item in value]
    return value
