"""Limits: what one operation may ask for, whichever face it comes by."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from strawberry.utils.str_converters import to_camel_case

from resolvers.errors import LimitExceeded

PREFIX = "KLARNA_GRAPH_"
"""What the variables of all settings begin with."""
_MAXIMUM = "max_"


class Limits(BaseModel):
    """What bounds one operation. Each is a setting of the same name."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    max_characters: Annotated[
        int, Field(ge=1, description="The longest document, in characters.")
    ] = 20_000
    max_tokens: Annotated[
        int,
        Field(ge=1, description="The most words, values and signs in a document; comments too."),
    ] = 1_500
    max_fragments: Annotated[
        int, Field(ge=0, description="The most fragments in a document, inline ones too.")
    ] = 50
    max_selections: Annotated[
        int,
        Field(
            ge=1,
            description="The most fields and fragments in a document's operations, each counted "
            "wherever it is spread.",
        ),
    ] = 1_000
    max_overlaps: Annotated[
        int,
        Field(
            ge=0,
            description="The most pairs of fields with one name in one place of an answer, as "
            "fragments bring them together.",
        ),
    ] = 3_000
    max_depth: Annotated[
        int, Field(ge=1, description="How deep fields may stand in each other.")
    ] = 12
    max_introspection_depth: Annotated[
        int, Field(ge=0, description="The same below `__schema` and `__type`; 0 forbids them.")
    ] = 20
    max_root_fields: Annotated[
        int, Field(ge=1, description="The most fields at the top of an operation.")
    ] = 20
    max_aliases: Annotated[
        int,
        Field(
            ge=0, description="The most aliases in an operation; a field asked for again is one."
        ),
    ] = 30
    max_directives: Annotated[
        int, Field(ge=0, description="The most directives in an operation.")
    ] = 50
    max_input_depth: Annotated[
        int, Field(ge=1, description="How deep lists and objects may stand in an argument.")
    ] = 32
    max_input_values: Annotated[
        int, Field(ge=1, description="The most values in an operation's variables.")
    ] = 25_000
    max_input_objects: Annotated[
        int,
        Field(
            ge=1,
            description="The most objects among them: each is held against all that it could have.",
        ),
    ] = 2_100
    max_cost: Annotated[
        int,
        Field(
            ge=1, description="The most objects that an answer may hold, and 10 for each change."
        ),
    ] = 1_000
    max_errors: Annotated[int, Field(ge=1, description="The most errors in one answer.")] = 10
    operation_timeout: Annotated[
        float, Field(gt=0, description="How long an operation may take, in seconds.")
    ] = 10.0
    statement_timeout: Annotated[
        float,
        Field(gt=0, description="How long the store may take for one question, in seconds."),
    ] = 5.0
    rate: Annotated[
        float,
        Field(
            ge=0,
            description="How much one integration may ask for, in cost per second; 0 is no limit.",
        ),
    ] = 5_000
    checkout_rate: Annotated[
        float,
        Field(ge=0, description="How much one checkout's token may ask for, likewise."),
    ] = 100
    rate_burst: Annotated[
        float,
        Field(gt=0, description="How many seconds' worth of that may be asked for at once."),
    ] = 10

    def breached(self, measures: Mapping[str, int]) -> list[LimitExceeded]:
        """Return what to tell of each measure that is beyond the limit of its name."""
        return [
            exceeded(name, getattr(self, _MAXIMUM + name), value)
            for name, value in measures.items()
            if value > getattr(self, _MAXIMUM + name)
        ]


def exceeded(name: str, maximum: int, value: int) -> LimitExceeded:
    """Return what to tell of a limit that is passed by a value, or by at least as much."""
    return LimitExceeded(
        f"Too much at once: {name.replace('_', ' ')} {value:,}, and {maximum:,} is the most.",
        {
            "exceeded": to_camel_case(name),
            "limit": maximum,
            "value": value,
            "setting": f"{PREFIX}{_MAXIMUM}{name}".upper(),
        },
    )
