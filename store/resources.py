"""What every resource has: identity, mode, references, times and a revision."""

import os
import string
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from struct import Struct
from typing import Annotated, TypeVar

from typing_extensions import Doc

from store.fields import Json, Mark
from store.instants import Instant
from store.scope import Mode

NewId = Callable[[], str]
"""Where ids come from; simulations bring their own."""


_LETTERS = string.ascii_letters
_ID_LENGTH = 10
_IDS = len(_LETTERS) ** _ID_LENGTH


_EVEN = 2**64 // _IDS * _IDS
"""Numbers below this stand for all ids alike."""
_DRAWS = Struct("64Q")
_drawn: list[int] = []
"""Random numbers for the next ids: to ask the system for one takes longer than all the rest."""
os.register_at_fork(after_in_child=_drawn.clear)


def new_id() -> str:
    """Return a fresh id: ten letters, upper and lower case, drawn at random by the system."""
    drawn = _draw() % _IDS
    letters = []
    for _ in range(_ID_LENGTH):
        drawn, letter = divmod(drawn, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "".join(letters)


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


@dataclass(kw_only=True)
class Referable:
    """What the caller may say of any resource."""

    reference: Annotated[
        str | None, Doc("The caller's own id for it, free of form and not unique. Null when unset.")
    ] = None
    reference_origin: Annotated[
        str | None, Doc("The system that `reference` belongs to, for example `erp`.")
    ] = None
    metadata: Annotated[
        Json, Doc("Free keys and values, kept as given; `{}` when there are none.")
    ] = field(default_factory=dict)


C = TypeVar("C", bound=Referable)


def content_of(kind: type[C], source: object) -> C:
    """Return what a caller may say of a resource, taken from anything that has those fields."""
    return kind(**{field.name: getattr(source, field.name) for field in fields(kind)})


@dataclass(kw_only=True)
class Resource(Referable):
    """Something that is stored, versioned and found by its id."""

    id: Annotated[str, Doc("Ten letters, stable and opaque, for example `xYZkjABcde`.")]
    mode: Annotated[Mode, Doc("The Klarna environment it belongs to: `test` or `live`.")]
    created_at: Annotated[Instant, Doc("When it was created.")]
    updated_at: Annotated[Instant, Doc("When it was last changed.")]
    revision: Annotated[
        int, Doc("Counts the changes, from 1; a change names the one it read."), Mark.INTERNAL
    ] = 1
