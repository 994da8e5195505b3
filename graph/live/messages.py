"""The messages of `graphql-transport-ws`, and the codes by which its sockets are closed."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import orjson

PROTOCOL = "graphql-transport-ws"
ID_LENGTH = 255
_FROM_CLIENTS = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})
_NAMED = frozenset({"subscribe", "complete"})

Json = dict[str, Any]


class Close(IntEnum):
    """Why a socket is closed: WebSocket's own codes, and those of the protocol."""

    GOING_AWAY = 1001
    TOO_SLOW = 1008
    TRY_AGAIN_LATER = 1013
    INVALID = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    NOT_THIS_PROTOCOL = 4406
    TOO_LATE = 4408
    ALREADY_EXISTS = 4409
    TOO_MANY_INITS = 4429


class Broken(Exception):
    """The client broke the protocol, or may not go on: its socket is closed at once."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Message:
    """What a client sent."""

    type: str
    id: str
    """The operation's id, given by the client; empty where the message is of none."""
    payload: Json


def message_of(text: str) -> Message:
    """Read a client's message. Raises Broken."""
    try:
        sent = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise invalid("The message is not JSON.") from None
    if not isinstance(sent, dict):
        raise invalid("The message must be an object.")
    kind, operation, payload = sent.get("type"), sent.get("id", ""), sent.get("payload")
    if not isinstance(kind, str) or kind not in _FROM_CLIENTS:
        raise invalid("`type` is none that a client sends.")
    if kind in _NAMED and not (isinstance(operation, str) and 0 < len(operation) <= ID_LENGTH):
        raise invalid(f"`id` must be a text of 1 to {ID_LENGTH} characters.")
    if payload is not None and not isinstance(payload, dict):
        raise invalid("`payload` must be an object.")
    return Message(kind, operation, payload or {})


def invalid(reason: str) -> Broken:
    """Return what ends a socket whose client sends what the protocol does not know."""
    return Broken(Close.INVALID, reason)
