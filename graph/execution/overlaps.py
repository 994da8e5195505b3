"""Overlaps: the pairs of fields that have one name in one place of an answer.

Validating a document compares each pair, whichever fragments bring it together, so that a short
document may be long to validate.
"""

from collections.abc import Mapping

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)


def overlaps(document: DocumentNode, most: int) -> int:
    """Return how many pairs there are in the operations of a document, each written out in full.

    A fragment counts once in one place. Of an operation no more than so many selections are looked
    at: if that is more than it has, fragments stand in a circle, and it is refused for that.
    """
    fragments = {
        node.name.value: node.selection_set
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    return sum(
        _pairs(node.selection_set, fragments, most)
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    )


def _pairs(top: SelectionSetNode, fragments: Mapping[str, SelectionSetNode], most: int) -> int:
    pairs = 0
    places: dict[tuple[int, str], int] = {}
    """Where each field leads, by where it stands and the name that it answers to."""
    times: dict[int, int] = {}
    """How many fields lead to each place."""
    met: set[tuple[int, str]] = set()
    """The fragments that were met, each by where."""
    waiting = [(top, 0)]
    while waiting and most > 0:
        selections, place = waiting.pop()
        most -= len(selections.selections)
        for one in selections.selections:
            if isinstance(one, FieldNode):
                name = (one.alias or one.name).value
                there = places.setdefault((place, name), len(places) + 1)
                before = times.get(there, 0)
                pairs += before
                times[there] = before + 1
                if one.selection_set is not None:
                    waiting.append((one.selection_set, there))
            elif isinstance(one, InlineFragmentNode):
                waiting.append((one.selection_set, place))
            elif isinstance(one, FragmentSpreadNode):
                spread = (place, one.name.value)
                if spread not in met and one.name.value in fragments:
                    met.add(spread)
                    waiting.append((fragments[one.name.value], place))
    return pairs
