"""JSON as callers send it, read strictly: what two readers could take differently is refused."""

import json
import math
from typing import Any

import orjson

from graph.http.faults import RequestFault

MAX_DEPTH = 64
"""How deeply lists and objects may be nested."""
_LONG = 18
"""Integers of so many digits fit into 64 bits, whatever the digits."""
_RANGE = range(-(2**63), 2**63)


def read_json(sent: bytes | str, what: str) -> Any:
    """Return what a JSON text holds; `what` names it in the fault. Raises RequestFault.

    A key twice, an integer beyond 64 bits, NaN, half a surrogate pair and a byte order mark are
    faults, as is nesting beyond `MAX_DEPTH`.
    """
    value = plainly(sent.encode(errors="surrogatepass") if isinstance(sent, str) else sent)
    if value is not None:
        return value
    try:
        text = sent if isinstance(sent, str) else sent.decode()
        if "\\u" in text:
            orjson.loads(sent)  # it refuses half of a surrogate pair, which Python's reader keeps
        value = _DECODER.decode(text)
    except UnicodeDecodeError:
        raise RequestFault(f"{what} is not UTF-8.") from None
    except RecursionError:
        raise _too_deep(what) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise RequestFault(f"{what} is not JSON: see {where}.") from None
    except ValueError as no:
        raise RequestFault(f"{what} is not JSON that is read here: {no}") from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise _too_deep(what)
    return value


def plainly(sent: bytes, deepest: int = MAX_DEPTH) -> Any:
    """Return what a text holds that is written as orjson writes it, or None for any other.

    Nothing can stand in such a text twice, nor be lost in reading it: writing it again would show.
    It is as `JSON.stringify` and most libraries write, and read in a quarter of the time.
    """
    if sent.count(b"[") + sent.count(b"{") > deepest:
        return None
    try:
        value = orjson.loads(sent)
        again = orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
    except (ValueError, orjson.JSONEncodeError):  # no JSON, no UTF-8, or an integer so large
        return None
    return value if again == sent else None


def _too_deep(what: str) -> RequestFault:
    message = f"{what} nests lists and objects more than {MAX_DEPTH} deep."
    return RequestFault(message, {"limit": MAX_DEPTH})


def _depth(value: object) -> int:
    """Return how many lists and objects stand within each other at most."""
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [
            inner for one in level for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return depth


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("an object has a key twice.")
    return made


def _integer(digits: str) -> int:
    if len(digits) > _LONG and (len(digits) > _LONG + 2 or int(digits) not in _RANGE):
        raise ValueError("an integer is beyond 64 bits.")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError("a number is beyond what a float holds.")
    return value


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no number.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
