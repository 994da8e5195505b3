"""What every resource has: identity, mode, references, times and a revision."""

from dataclasses import dataclass, field, fields
from typing import Annotated, TypeVar

from typing_extensions import Doc

from store.fields import Json, Mark
from store.instants import Instant
from store.scope import Mode


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
