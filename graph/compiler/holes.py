"""Holes: the places in SQL's answer that Python fills in, such as cursors, which are sealed.

A hole is a list that begins and ends with a text that only this process knows:

    {"id": "xYZkjABcde", "cursor": ["<secret>", 3, "2026-01-31T09:30:00.000Z", "<secret>"]}

The number says which finisher is to make the hole's JSON of the values between.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

import orjson

SECRET = secrets.token_hex(8)
"""No stored text holds it, and none can come to: no answer does, nor what a plan is told as."""
_MARK = f'"{SECRET}"'.encode()

Finisher = Callable[[bytes], bytes]
"""Makes JSON of a hole's values, which are given as JSON with commas between."""


def filled(answer: bytes, finishers: Sequence[Finisher]) -> bytes:
    """Return an answer with its holes filled in."""
    pieces = answer.split(_MARK)
    last = len(pieces) - 1
    for place in range(0, last + 1, 2):
        # Without the brackets of the holes before and behind it
        pieces[place] = pieces[place][place > 0 : -1 if place < last else None]
    for place in range(1, last, 2):
        _, number, values = pieces[place].split(b",", 2)
        pieces[place] = finishers[int(number)](values[:-1])
    return b"".join(pieces)


def finisher(finish: Callable[..., Any]) -> Finisher:
    """Return the finisher that has a function make a value of a hole's values."""
    return lambda values: orjson.dumps(finish(*orjson.loads(b"[" + values + b"]")))
