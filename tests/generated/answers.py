"""What every answer must be, whatever was asked."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson

from resolvers.codes import ErrorCode, RefusalCode

PYTHON = re.compile(
    r"Traceback|object at 0x|NoneType|NotImplemented|\b[A-Z]\w*(?:Error|Exception|Warning)\b(?!\w)"
    r"|\w\.py\b|site-packages|<class |<function|<coroutine|\bdict_\w+|graphql[._](?:error|core)"
    r"|\b(?:strawberry|aiohttp|aiosqlite|asyncio|sqlalchemy|orjson|sqlite3)\b|\bdatetime\.|\bUndefined\b"
    r"|\bErrno\b|'(?:str|int|float|dict|list|bool)' object|(?:positional|keyword) argument",
)
"""What Python says, and no caller of a gateway should read."""
OURS = re.compile(r"`[a-z]+(?:_[a-z]+)+`")
"""A name of our own in a message, which callers know by another one."""
CODES = {str(code) for code in (*ErrorCode, *RefusalCode)} - {"INTERNAL"}
TURNED_AWAY = {
    "BAD_REQUEST",
    "BAD_USER_INPUT",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "LIMIT_EXCEEDED",
    "RATE_LIMITED",
}
"""The codes of what was not carried out, since it could not be so."""
EXECUTED = {200, 294}
"""The statuses of what was carried out; 294 is for a part of it."""
ROOTS = {"data", "errors", "extensions"}


def codes(answer: dict[str, Any]) -> set[str]:
    """The codes of an answer's errors."""
    return {error["extensions"]["code"] for error in answer.get("errors", ())}


def check(status: int, text: str) -> dict[str, Any]:
    """The answer, in which nothing may be our fault or be said in Python."""
    assert status < 500
    found = PYTHON.search(text)
    assert found is None, f"This is Python: {found}"
    answer: dict[str, Any] = orjson.loads(text)
    assert answer, "an answer is either data or errors"
    assert set(answer) <= ROOTS
    assert status in EXECUTED or "data" not in answer
    assert "data" in answer or answer["errors"]
    for error in answer.get("errors", ()):
        assert set(error) <= {"message", "locations", "path", "extensions"}
        assert error["message"]
        assert not OURS.search(error["message"])
        assert error["extensions"]["code"] in CODES
    return answer


@dataclass
class Tally:
    """What came of the documents of one operation."""

    outcomes: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)

    def add(self, answer: dict[str, Any]) -> None:
        """Count an answer."""
        said = codes(answer)
        self.codes.update(said)
        (value,) = (answer.get("data") or {"": None}).values()
        if isinstance(value, dict) and value.get("__typename") == "Refusal":
            self.outcomes["refused"] += 1
            self.codes[value["refusedFor"]] += 1
            assert not OURS.search(value["told"])
        elif value is not None:
            self.outcomes["answered"] += 1
        else:
            self.outcomes["turned away" if said & TURNED_AWAY else "nothing"] += 1

    @property
    def carried_out(self) -> float:
        """The share of documents that were good enough to be carried out."""
        return 1 - self.outcomes["turned away"] / max(1, self.outcomes.total())
