"""What a request can be at fault for before any operation begins: an HTTP status and a code each.

The message says what to do, and `details` become the error's extensions. All of them are faults
as in `resolvers/errors.py`, so that every face can answer them.
"""

from dataclasses import dataclass
from typing import ClassVar

from resolvers.codes import ErrorCode
from resolvers.errors import Fault


class RequestFault(Fault):
    """The request, not the operation in it, is at fault."""

    code = ErrorCode.BAD_REQUEST
    status: ClassVar[int] = 400
    closes: ClassVar[bool] = False
    """Whether the connection ends with it, because nobody waits for the rest of the request."""


class BatchingUnsupported(RequestFault):
    """The body is a list of requests."""

    code = ErrorCode.BATCHING_UNSUPPORTED


class Unreadable(RequestFault):
    """What arrived is no HTTP, or does not end as it says."""

    closes = True


class NothingHere(RequestFault):
    """There is nothing at this address."""

    code = ErrorCode.NOT_FOUND
    status = 404


@dataclass(eq=False)
class MethodNotAllowed(RequestFault):
    """The method is not one of this address, or not one for this operation."""

    code = ErrorCode.METHOD_NOT_ALLOWED
    status = 405
    allow: str = ""
    """The methods that are, as the header `Allow` has them."""


class NotAcceptable(RequestFault):
    """The answer would be of no media type that the client takes."""

    code = ErrorCode.NOT_ACCEPTABLE
    status = 406


class TooSlow(RequestFault):
    """The head or the body did not arrive in time."""

    code = ErrorCode.REQUEST_TIMEOUT
    status = 408
    closes = True


class LengthRequired(RequestFault):
    """Nothing says how long the body is."""

    code = ErrorCode.LENGTH_REQUIRED
    status = 411


class BodyTooLarge(RequestFault):
    """The body is longer than the limit, as sent or once decoded."""

    code = ErrorCode.BODY_TOO_LARGE
    status = 413
    closes = True


class UnsupportedMediaType(RequestFault):
    """The body is of a media type, a charset or an encoding that is not read here."""

    code = ErrorCode.UNSUPPORTED_MEDIA_TYPE
    status = 415


class HeadTooLarge(RequestFault):
    """The request line or a header is longer than the limit."""

    code = ErrorCode.HEAD_TOO_LARGE
    status = 431
    closes = True


class PersistedQueryNotFound(RequestFault):
    """Nobody has sent the document of this hash yet; code and message are Apollo's."""

    code = ErrorCode.PERSISTED_QUERY_NOT_FOUND


class PersistedQueryMismatch(RequestFault):
    """The hash is not the document's."""

    code = ErrorCode.PERSISTED_QUERY_HASH_MISMATCH


class DocumentNotFound(RequestFault):
    """There is no trusted document of this id."""

    code = ErrorCode.DOCUMENT_NOT_FOUND


class DocumentNotTrusted(RequestFault):
    """Only trusted documents are executed, and this one is not."""

    code = ErrorCode.DOCUMENT_NOT_TRUSTED
