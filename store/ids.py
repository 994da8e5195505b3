"""Ids: letters that begin with those of their hour, and later hours sort after earlier ones.

So what came into being together lies together in every index, and a page of a list is found side by
side. Where ids are all random each record of the page is looked up in another place.
"""

import os
import secrets
import string
import time
from collections.abc import Callable
from functools import lru_cache
from struct import Struct

NewId = Callable[[], str]
"""Where ids come from; simulations bring their own."""

_LETTERS = string.ascii_uppercase + string.ascii_lowercase
"""In the order in which databases sort them."""
_PAIRS = [first + second for first in _LETTERS for second in _LETTERS]
HOUR = 3600
"""How many seconds share the beginning of their ids."""
_HOUR_LENGTH, _DRAWN_LENGTH = 3, 7
_HOURS = len(_LETTERS) ** _HOUR_LENGTH
"""After so many, 16 years, beginnings come again, in February 2034 first: no id is left out."""
IDS = len(_LETTERS) ** _DRAWN_LENGTH
"""How many ids each hour has."""
_EVEN = 2**64 // IDS * IDS
"""Numbers below this stand for all ids alike."""
_DRAWS = Struct("64Q")
_drawn: list[int] = []
"""Random numbers for the next ids: to ask the system for one takes longer than all the rest."""
os.register_at_fork(after_in_child=_drawn.clear)


def new_id() -> str:
    """Return a fresh id: ten letters, of the hour and drawn at random by the system."""
    return id_of(int(time.time()) // HOUR, _draw() % IDS)


def random_id() -> str:
    """Return a fresh id whose ten letters are all drawn, for what whoever knows its id may see.

    One of a known hour is guessed 140,608 times as soon.
    """
    return "".join(secrets.choice(_LETTERS) for _ in range(_HOUR_LENGTH + _DRAWN_LENGTH))


def id_of(hour: int, drawn: int) -> str:
    """Return the id of an hour since 1970 and of a number below `IDS`."""
    return _beginning(hour) + in_letters(drawn, _DRAWN_LENGTH)


def in_letters(number: int, length: int = 0) -> str:
    """Write a number in letters, so many at the least: greater ones of a length sort later."""
    pairs = []
    while number:
        number, pair = divmod(number, len(_PAIRS))
        pairs.append(_PAIRS[pair])
    pairs.reverse()
    return "".join(pairs).lstrip(_LETTERS[0]).rjust(length, _LETTERS[0])


@lru_cache(maxsize=2)
def _beginning(hour: int) -> str:
    return in_letters(hour % _HOURS, _HOUR_LENGTH)


def _draw() -> int:
    """Return a random number below `_EVEN`. It may be asked on any thread."""
    while True:
        try:
            drawn = _drawn.pop()
        except IndexError:
            _drawn.extend(_DRAWS.unpack(os.urandom(_DRAWS.size)))
        else:
            if drawn < _EVEN:
                return drawn
