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
    """Return how many pairs there are in a document's operations, each written out in full.

    So it is with fragments that no operation spreads: they are compared before they are refused.
    A fragment counts once in one place. Of an operation no more than so many selections are looked
    at: if that is more than it has, fragments stand in a circle, and it is refused for that.
    """
    fragments = {
        node.name.value: node.selection_set
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    spread: set[str] = set()
    pairs = sum(
        _pairs(node.selection_set, fragments, most, spread)
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    )
    unused = {name: one for name, one in fragments.items() if name not in spread}
    return pairs + sum(_pairs(one, unused, most, spread) for one in unused.values())


def _pairs(
    top: SelectionSetNode, fragments: Mapping[str, SelectionSetNode], most: int, spread: set[str]
) -> int:
    """Return the pairs below a selection set, and note the fragments that are spread there."""
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
                name = one.name.value
                if (place, name) not in met and name in fragments:
                    met.add((place, name))
                    spread.add(name)
                    waiting.append((fragments[name], place))
    return pairs
