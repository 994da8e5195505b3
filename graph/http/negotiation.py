"""Which media type an answer is of: the one that the `Accept` header likes best."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
SINGLE = (JSON, GRAPHQL)
"""The media types of a single answer; the first is for whoever has no preference."""
OFFERED = (*SINGLE, EVENT_STREAM)
"""All media types of answers."""

_TOKEN = r"[!#$%&'*+.^_`|~0-9a-z-]+"
_RANGE = re.compile(rf"({_TOKEN})/({_TOKEN})")
_QUALITY = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")


class _Range(NamedTuple):
    kind: str
    subtype: str
    quality: float
    place: int

    def specificity(self, media: str) -> int:
        """Return how closely a media type is named: 2 by its name, 1 by its kind, 0 by a star."""
        kind, _, subtype = media.partition("/")
        if (self.kind, self.subtype) == (kind, subtype):
            return 2
        if (self.kind, self.subtype) == (kind, "*"):
            return 1
        return 0 if (self.kind, self.subtype) == ("*", "*") else -1


@lru_cache(maxsize=256)
def preferred(accept: str | None, offered: Sequence[str]) -> str | None:
    """Return the media type to answer in, of those that are offered; None where none fits.

    The highest quality wins; then what is named over what a star stands for; then what the client
    names first, and what is offered first. Without the header everything fits. A range of another
    charset than UTF-8 fits nothing.
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = [
        found
        for place, part in enumerate(accept.split(","))
        if (found := _range(part, place)) is not None
    ]
    chosen: tuple[tuple[float, int, int, int], str] | None = None
    for place, media in enumerate(offered):
        fitting = [one for one in ranges if one.specificity(media) >= 0]
        if not fitting:
            continue
        # The closest range decides, so that `*/*, application/json;q=0` is no to JSON
        best = max(fitting, key=lambda one: (one.specificity(media), one.quality, -one.place))
        rank = (best.quality, best.specificity(media), -best.place, -place)
        if best.quality and (chosen is None or rank > chosen[0]):
            chosen = (rank, media)
    return chosen and chosen[1]


def _range(text: str, place: int) -> _Range | None:
    """Return a media range with its quality; None for what is none, or of another charset."""
    # A comma or semicolon within quotes makes pieces that are no ranges, and none that is offered
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    named = _RANGE.fullmatch(name)
    if named is None:
        return None
    quality = 1.0
    for parameter in parameters:
        key, _, value = (part.strip() for part in parameter.partition("="))
        if key == "q" and not _QUALITY.fullmatch(value):
            return None
        if key == "q":
            quality = float(value)
            break  # what follows is about the range, not the media type
        if key == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            return None
    return _Range(named[1], named[2], quality, place)
