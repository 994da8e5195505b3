"""What a record's fields say of themselves: read once, used by every layer.

A field is declared as `name: Annotated[type, Doc("..."), marks...]`. Columns, GraphQL fields,
inputs and the log of changes are all derived from what `fields_of` returns.
"""

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from typing_extensions import Doc

from store.words import Word

Json = Mapping[str, Any]
"""A JSON object; its values are whatever its writer put there."""


class Mark(Enum):
    """A property that a field's type does not show."""

    INTERNAL = "kept, and never shown to a caller"
    SECRET = "kept, and never written to a version, an event or a log"
    MONEY = "minor units of the record's `currency_code`"


@dataclass(frozen=True, slots=True)
class References:
    """The field holds the id of a row in another table.

    The database enforces it, except where two tables refer to each other.
    """

    table: str
    enforced: bool = True


class Sealed:
    """The field holds an envelope, which opens with what these fields of its row say and no other.

    Whoever changes the keys finds every envelope by this.
    """

    def __init__(self, *bound_to: str) -> None:
        self.bound_to = bound_to


Cents = Annotated[int, Mark.MONEY]
"""An amount in minor units of the record's own currency: 9999 is 99.99 EUR."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record, as declared."""

    name: str
    type: Any
    """The bare type, without `None`: `str`, `int`, a `Word`, `Json` and so on."""
    optional: bool
    doc: str
    internal: bool
    """Whether callers never see it."""
    secret: bool
    """Whether the log of changes must not repeat it."""
    money: bool
    """Whether it is an amount in the record's own currency."""
    references: References | None
    sealed: Sealed | None
    default: Mapping[str, Any]
    """`default` or `default_factory`, as dataclasses take them; empty where a value is needed."""

    @property
    def is_json(self) -> bool:
        """Whether it is stored as JSON text."""
        return (get_origin(self.type) or self.type) in (Mapping, list, dict)

    @property
    def is_enum(self) -> bool:
        """Whether its values are one of a closed set of words."""
        return isinstance(self.type, type) and issubclass(self.type, Word)


_FIELDS: dict[type, tuple[Field, ...]] = {}


def fields_of(record: type) -> tuple[Field, ...]:
    """Return a record's fields in the order of declaration, inherited ones first."""
    fields = _FIELDS.get(record)
    if fields is None:
        hints = get_type_hints(record, include_extras=True)
        fields = _FIELDS[record] = tuple(
            _field(field, hints[field.name]) for field in dataclasses.fields(record)
        )
    return fields


def _field(declared: dataclasses.Field[Any], hint: Any) -> Field:
    notes: list[object] = []
    optional = False
    while True:
        origin = get_origin(hint)
        if origin is Annotated:
            hint, *metadata = get_args(hint)
            notes += metadata
        elif origin in (Union, types.UnionType):
            optional = True
            (hint,) = (option for option in get_args(hint) if option is not type(None))
        else:
            break
    return Field(
        name=declared.name,
        type=hint,
        optional=optional,
        doc=next((note.documentation for note in notes if isinstance(note, Doc)), ""),
        internal=Mark.INTERNAL in notes,
        secret=Mark.SECRET in notes,
        money=Mark.MONEY in notes,
        references=next((note for note in notes if isinstance(note, References)), None),
        sealed=next((note for note in notes if isinstance(note, Sealed)), None),
        default={
            name: value
            for name in ("default", "default_factory")
            if (value := getattr(declared, name)) is not dataclasses.MISSING
        },
    )
