"""The line of a usual request, made by hand: the same one in a tenth of the time.

There is one for each request, so it would cost more than all else that a small question needs.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256

import orjson

from graph.logs.asked import Asked

OK = 200
SHORT = 1_000
"""How many characters its words may have: a line of longer ones is to be cut."""


def request_line(
    this: Asked, status: int | None, took: float, received: int, sent: int | None
) -> Callable[[], bytes] | None:
    """Return what makes the line of JSON of a request that was answered well; None for any other.

    It took so many seconds, and its bodies had so many bytes. Many lines are made one after the
    other, when they are written: that is faster, and no answer waits for it.
    """
    operation, caller = this.operation, this.caller
    if status != OK or this.codes or operation is None or caller is None:
        return None
    words = caller.words_as_json
    if words is None or this.document is None or this.route is None:
        return None
    name = None if operation.name is None else operation.name.value
    if len(words) + len(name or "") > SHORT:
        return None
    at = time.time()

    def line() -> bytes:
        about = _about(name, operation.operation.value)
        document = digest(this.document or "")
        return (
            f'{{"timestamp":"{_written(at)}","level":"info","event":"request",'
            f'"request_id":"{this.id}","route":"{this.route}",{about},{words},'
            f'"method":"{this.method}","status":{status},"ms":{int(took * 100_000 + 0.5) / 100},'
            f'"document":"{document}","codes":[],'
            f'"bytes_in":{received},"bytes_out":{"null" if sent is None else sent}}}'
        ).encode()

    return line


def _written(at: float) -> str:
    """Return a time in seconds since 1970 as the log has it, with all digits of its second."""
    second, part = divmod(at, 1)
    return f"{_second(second)}.{int(part * 1_000_000):06}Z"


@lru_cache(maxsize=2)
def _second(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()[:-6]


@lru_cache(maxsize=500)
def digest(document: str) -> str:
    """Return what a document is known by in the log."""
    return sha256(document.encode(errors="replace")).hexdigest()


@lru_cache(maxsize=500)
def _about(name: str | None, kind: str) -> str:
    said = {"operation_name": name, "operation_type": kind}
    return orjson.dumps(said).decode()[1:-1]
