"""Openings of bodies that are known byte by byte: all that stands before their variables.

A client asks the same again and again, and only the variables differ:

    {"query":"query Payment($id: ID!) { ... }","variables":{"id":"WpKXDyMLDy"}}

One whose beginning was read before needs only its variables read. Nothing else can stand behind
that beginning: closed at once it was an object, and here one more member stands before the end.
"""

from collections import OrderedDict
from typing import Any, NamedTuple

from graph.execution.reading import Prepared
from graph.http.faults import RequestFault
from graph.http.requests import Request, request_of
from graph.http.strict_json import MAX_DEPTH, plainly, read_json
from resolvers.errors import BadInput

VARIABLES = b',"variables":'
"""What stands between an opening and the variables, which are the last member then.

Inside a text it cannot stand, where each of its quotes would have a stroke before it.
"""
END = b"}"
KEPT = 500
LONGEST = 10_000
"""How many openings are kept, and up to which length in bytes."""


class Opening(NamedTuple):
    """What an opening means."""

    text: str
    prepared: Prepared


Read = tuple[Opening, dict[str, Any], dict[str, Any] | None]
"""What a body says: its opening, its variables and its extensions."""


class Openings:
    """The openings that were read before. The one longest unused is forgotten first."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Opening] = OrderedDict()

    def read(self, body: bytes) -> Read | None:
        """Return what a body's opening means, and its variables; None if it is to be read whole."""
        place = body.find(VARIABLES)
        said = body[:place]
        opening = self._known.get(said)
        if opening is None or not body.endswith(END):
            return None
        variables = plainly(body[place + len(VARIABLES) : -1], MAX_DEPTH - 1)
        if type(variables) is not dict:
            return None
        self._known.move_to_end(said)
        return opening, variables, None

    def learn(self, body: bytes, asked: Request, opening: Opening) -> None:
        """Remember the opening of a body that was read whole, if it says all but the variables."""
        place = body.find(VARIABLES)
        if asked.variables is None or not 0 < place <= LONGEST:
            return
        try:
            alone = request_of(read_json(body[:place] + END, "The opening"))
        except (RequestFault, BadInput):
            return
        if alone == asked._replace(variables=None) and not asked.extensions:
            self._known[body[:place]] = opening
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
