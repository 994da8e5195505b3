"""Which document a request means: the one it holds, one sent earlier, or one that is trusted."""

from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from graph.http.faults import (
    DocumentNotFound,
    DocumentNotTrusted,
    PersistedQueryMismatch,
    PersistedQueryNotFound,
)
from graph.http.requests import Request
from resolvers.errors import BadInput

MAX_ENTRIES = 1_000
MAX_BYTES = 4 * 1024 * 1024
MAX_LENGTH = 20_000
"""How many documents that clients sent are kept by their hash, in how many bytes together, and up
to which length each; the one longest unused goes first."""


def hash_of(text: str) -> str:
    """Return the SHA-256 of a document, in hexadecimal digits."""
    return sha256(_encoded(text)).hexdigest()


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")  # what is no document either way must not raise


class Documents:
    """The documents that can be meant without being sent.

    `trusted` holds an operator's own by their ids, and `only` refuses all others. Otherwise clients
    have documents kept by hash, as Apollo's automatic persisted queries do.
    """

    def __init__(
        self, trusted: Mapping[str, str] = MappingProxyType({}), *, only: bool = False
    ) -> None:
        hashes = {hash_of(text): text for text in trusted.values()}
        prefixed = {f"sha256:{digits}": text for digits, text in hashes.items()}
        self._trusted = hashes | prefixed | dict(trusted)
        self._only = only
        self._sent: OrderedDict[str, str] = OrderedDict()
        self._bytes = 0

    def text_of(self, request: Request) -> str:
        """Return the text of the document that a request means.

        Raises BadInput, and a RequestFault for a document that is unknown, not trusted or not of
        its hash.
        """
        query, extensions, document_id = request.query, request.extensions, request.document_id
        if query and not extensions and document_id is None and not self._only:
            return _not_blank(query)
        if query and self._only:
            raise DocumentNotTrusted(
                "Only trusted documents are executed here: send the `documentId` of one."
            )
        if document_id is not None:
            if query:
                message = "Send `query` or `documentId`, not both."
                raise BadInput(message, {"argument": "documentId"})
            return self._of_id(document_id)
        persisted = None if extensions is None else extensions.get("persistedQuery")
        if persisted is not None:
            return self._of_hash(query, _hash_in(persisted))
        return _not_blank(query)

    def keep(self, request: Request) -> None:
        """Keep a document that came along with its hash, now that it is known to be a good one."""
        query = request.query
        if not query or not request.extensions or len(query) > MAX_LENGTH:
            return
        if "persistedQuery" not in request.extensions:
            return
        digits = hash_of(query)
        if digits not in self._sent:
            self._sent[digits] = query
            self._bytes += len(_encoded(query))
            while len(self._sent) > MAX_ENTRIES or self._bytes > MAX_BYTES:
                _, gone = self._sent.popitem(last=False)
                self._bytes -= len(_encoded(gone))

    def _of_id(self, document_id: str) -> str:
        text = self._trusted.get(document_id)
        if text is None:
            raise DocumentNotFound("There is no trusted document of this id.")
        return text

    def _of_hash(self, query: str | None, wanted: str) -> str:
        if query:
            if hash_of(query) != wanted.lower():
                raise PersistedQueryMismatch("`sha256Hash` is not the SHA-256 of `query`.")
            return _not_blank(query)
        # Apollo's clients send a trusted document's id in the place of its hash
        text = self._trusted.get(wanted) or self._sent.get(wanted.lower())
        if text is None and self._only:
            raise DocumentNotFound("There is no trusted document of this hash.")
        if text is None:
            raise PersistedQueryNotFound("PersistedQueryNotFound")
        if wanted.lower() in self._sent:
            self._sent.move_to_end(wanted.lower())
        return text


def _hash_in(persisted: Any) -> str:
    """Return the hash in `extensions.persistedQuery`. Raises BadInput."""
    path = "extensions.persistedQuery"
    if not isinstance(persisted, dict):
        raise BadInput(f"`{path}` must be an object.", {"argument": path})
    if persisted.get("version") != 1:
        raise BadInput(f"`{path}.version` must be 1.", {"argument": f"{path}.version"})
    wanted = persisted.get("sha256Hash")
    if not isinstance(wanted, str):
        raise BadInput(f"`{path}.sha256Hash` must be a text.", {"argument": f"{path}.sha256Hash"})
    return wanted


def _not_blank(query: str | None) -> str:
    if not query or query.isspace():
        raise BadInput("`query` must be the text of a GraphQL document.", {"argument": "query"})
    return query
