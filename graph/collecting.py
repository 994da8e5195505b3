"""Garbage collection: what is kept for long is looked through no more, so that no pause is long.

Python stops everything while it looks for garbage in cycles, and a full look takes as long as there
is much to look through: a tenth of a second and more, with some hundred documents and their
statements kept. What is frozen is left out. It is freed all the same once nothing refers to it,
as documents are that are kept no more: they have no cycles (`graph/execution/reading.py`).
"""

import gc

MANY = 10_000
"""How many objects may be looked through in a pause: that takes a few milliseconds."""


def freeze() -> None:
    """Collect what is garbage, and look no more through the rest. For a process of its own only.

    The youngest objects are looked through when they are many, and not for each batch of requests,
    which hold some thousands at once and free them all.
    """
    gc.set_threshold(MANY)
    gc.collect()
    gc.freeze()


def freeze_if_many() -> None:
    """Do so if much is kept that was not when it was done last."""
    if len(gc.get_objects(generation=2)) > MANY:
        freeze()
