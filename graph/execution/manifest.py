"""The file of trusted documents: read, and checked against the schema, when the gateway starts."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from graphql import GraphQLError, parse, validate

from graph.execution.documents import Documents, hash_of
from graph.execution.limits import PREFIX
from graph.http.faults import RequestFault
from graph.http.strict_json import read_json
from graph.schema import schema
from graph.settings import HalfConfigured, Settings

APOLLO = "apollo-persisted-query-manifest"
SHOWN = 10
"""How many wrong documents a complaint names."""


def documents_of(settings: Settings) -> Documents:
    """Return the documents that can be meant without being sent. Raises HalfConfigured."""
    if settings.trusted_documents == "off" or settings.documents is None:
        return Documents()
    trusted = read_manifest(settings.documents)
    return Documents(trusted, only=settings.trusted_documents == "only")


def read_manifest(path: Path) -> dict[str, str]:
    """Return the documents of a file by their ids. Raises HalfConfigured, naming what is wrong."""
    try:
        held = read_json(path.read_bytes(), "The file")
    except OSError as error:
        raise _complaint(path, error.strerror or "it cannot be read") from None
    except RequestFault as no:
        raise _complaint(path, no.message) from None
    documents = _documents(path, held)
    wrong = list(_wrong(documents))
    if wrong:
        more = [f"and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
        raise _complaint(path, "\n  ".join([*wrong[:SHOWN], *more]))
    return documents


def _documents(path: Path, held: object) -> dict[str, str]:
    """Return the documents in either form of the file. Raises HalfConfigured."""
    if isinstance(held, dict) and held.get("format") == APOLLO:
        if held.get("version") != 1:
            raise _complaint(path, "its `version` must be 1")
        return _operations(path, held.get("operations"))
    if isinstance(held, dict) and all(isinstance(text, str) for text in held.values()):
        return held
    raise _complaint(path, f"it must be {{id: text}}, or have the `format` {APOLLO}")


def _operations(path: Path, listed: Any) -> dict[str, str]:
    documents: dict[str, str] = {}
    for number, operation in enumerate(listed if isinstance(listed, list) else [None]):
        match operation:
            case {"id": str(name), "body": str(text)} if documents.setdefault(name, text) == text:
                continue
            case _:
                raise _complaint(path, f"`operations[{number}]` must have its own `id`, and `body`")
    return documents


def _wrong(documents: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with documents, each by its id."""
    for name, text in documents.items():
        if not name or (name.startswith("sha256:") and name != f"sha256:{hash_of(text)}"):
            yield f"{name!r}: it is not the id of its document"
            continue
        try:
            errors = validate(schema._schema, parse(text))  # noqa: SLF001  (see graph/execution/executor.py)
        except GraphQLError as error:
            errors = [error]
        if errors:
            yield f"{name!r}: {errors[0].message}"


def _complaint(path: Path, what: str) -> HalfConfigured:
    return HalfConfigured(f"{PREFIX}DOCUMENTS: {path} does not hold trusted documents: {what}")
