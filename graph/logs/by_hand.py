"""The line of a usual request, made by hand: the same one in a tenth of the time.

There is one for each request, so it would cost more than all else that a small question needs.
"""

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256

import orjson

from graph.logs.asked import Asked
from graph.logs.lines import USUAL

OK = 200


def request_line(
    this: Asked, status: int | None, took: float, received: int, sent: int | None
) -> bytes | None:
    """Return the line of JSON of a request that was answered well; None for any other.

    It took so many seconds, and its bodies had so many bytes.
    """
    operation, caller, document = this.operation, this.caller, this.document
    if status != OK or this.codes or operation is None or caller is None or document is None:
        return None
    words, name = caller.words_as_json, operation.name
    if words is None or this.route is None:
        return None
    about = _about(None if name is None else name.value, operation.operation.value)
    at = datetime.now(UTC).isoformat()[:-6]  # orjson writes Z in the place of +00:00
    line = (
        f'{{"timestamp":"{at}Z","level":"info","event":"request","request_id":"{this.id}",'
        f'"route":"{this.route}",{about},{words},"method":"{this.method}","status":{status},'
        f'"ms":{int(took * 100_000 + 0.5) / 100},"document":"{digest(document)}","codes":[],'
        f'"bytes_in":{received},"bytes_out":{"null" if sent is None else sent}}}'
    )
    return line.encode() if len(line) <= USUAL else None


@lru_cache(maxsize=500)
def digest(document: str) -> str:
    """Return what a document is known by in the log."""
    return sha256(document.encode(errors="replace")).hexdigest()


@lru_cache(maxsize=500)
def _about(name: str | None, kind: str) -> str:
    said = {"operation_name": name, "operation_type": kind}
    return orjson.dumps(said).decode()[1:-1]
